/** The port that clients connect to, under frames that are almost right. LAGOON_FRAMES says how many, LAGOON_SEED repeats a run. */
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectRequestFrame } from '../../src-main/coordination/wire/connect'
import { JuteWriter } from '../../src-main/coordination/wire/jute-writer'
import { requestOp, writeRequest, type Request } from '../../src-main/coordination/wire/requests'
import { openAcl } from '../../src-main/coordination/wire/stat'
import { zxidZero } from '../../src-main/coordination/wire/zxid'
import type { EnsembleClient, SessionEvent } from '../../src-main/coordination/ensemble-client'
import { SimRandom } from '../support/ensemble-world'
import { EnsembleProcess, freePort, nodeEnsembleClient, temporaryFolder } from '../support/ensemble-process'

const frameCount = Number(process.env['LAGOON_FRAMES'] ?? 10_000)
const framesPerConnection = 20
const seed = Number(process.env['LAGOON_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
/** A hundred thousand take some minutes. */
const msMax = 60_000 + frameCount * 10

const random = new SimRandom(seed)
const below = (limit: number): number => random.uint32() % limit
const pick = <Item>(items: readonly [Item, ...Item[]]): Item => items[below(items.length)] ?? items[0]

const path = (): string => pick(['/fuzz', '/fuzz/a', '/fuzz/b', '/', '', '/fuzz//x', `/fuzz/${below(50)}`])
const data = (): Uint8Array => random.bytes(below(64))

const closedAcl = [
  { permissions: 31, scheme: 'auth', id: '' },
  { permissions: 1, scheme: 'world', id: 'anyone' },
  { permissions: 3, scheme: 'ip', id: '127.0.0.1/8' }
]

function validRequest(): Request {
  const create = {
    type: 'create',
    path: path(),
    data: data(),
    acl: openAcl,
    flags: below(4),
    withStat: below(2) === 0
  } as const
  const options: readonly [Request, ...Request[]] = [
    create,
    { type: 'delete', path: `${path()}x`, version: -1 },
    { type: 'setData', path: path(), data: data(), version: below(3) - 1 },
    { type: 'exists', path: path(), watch: true },
    { type: 'getData', path: path(), watch: true },
    { type: 'getChildren', path: path(), watch: true, withStat: below(2) === 0 },
    { type: pick(['getACL', 'sync', 'getAllChildrenNumber']), path: path() },
    { type: 'setACL', path: path(), acl: pick([openAcl, closedAcl]), version: below(3) - 1 },
    { ...create, ttlMs: 1 + below(2_000), flags: pick([5, 6]), withStat: true },
    { ...create, isContainer: true, withStat: true },
    { type: 'auth', scheme: pick(['digest', 'digest', 'ip', 'world']), credentials: data() },
    { type: 'addWatch', path: path(), mode: below(3) },
    { type: pick(['checkWatches', 'removeWatches']), path: path(), watcherType: pick([1, 2, 3]) },
    { type: 'getEphemerals', prefix: pick([null, path()]) },
    { type: 'multiRead', operations: [{ type: 'getData', path: path(), watch: true }] },
    { type: pick(['ping', 'whoAmI', 'sasl', 'reconfig', 'deleteContainer']) },
    { type: 'multi', operations: [create, { type: 'check', path: path(), version: 0 }] },
    { type: 'setWatches', relativeZxid: zxidZero, data: [path()], exist: [path()], child: [path()] },
    {
      type: 'setWatches',
      relativeZxid: zxidZero,
      data: [path()],
      exist: [],
      child: [],
      persistent: [path()],
      recursive: [path()]
    }
  ]
  return pick(options)
}

/** A frame of a valid request, then one to three wrongs. */
function mutatedFrame(): Uint8Array {
  const request = validRequest()
  const writer = JuteWriter.frame().int(below(1_000)).int(requestOp(request))
  writeRequest(writer, request)
  let frame: Uint8Array = writer.finishFrame().slice()
  for (let wrongs = 1 + below(3); wrongs > 0; wrongs--) frame = mutated(frame)
  return frame
}

function mutated(frame: Uint8Array): Uint8Array {
  const copy = frame.slice()
  const view = new DataView(copy.buffer)
  const kind = below(6)
  const at = copy.length > 8 ? 4 + below(copy.length - 7) : 0
  if (kind === 0) copy[below(copy.length)] = below(256)
  // A length or a count inside the body, out of all proportion.
  if (kind === 1 && at > 0) view.setInt32(at, pick([-1, -2, 0x7fff_ffff, -0x8000_0000, 0x000f_ffff, 0x0010_0000]))
  if (kind === 2 && copy.length >= 12) view.setInt32(8, below(220) - 20)
  if (kind === 3) {
    const cut = copy.slice(0, 4 + below(copy.length - 3))
    new DataView(cut.buffer).setInt32(0, cut.length - 4)
    return cut
  }
  // The length of the frame itself.
  if (kind === 4 && below(10) === 0) view.setInt32(0, pick([-1, 0, 0x7fff_ffff, 1_048_576, 1_048_575, copy.length]))
  if (kind === 5) copy.set(random.bytes(Math.min(copy.length - 4, 1 + below(16))), 4)
  return copy
}

describe('the client port under hostile frames', () => {
  const folder = temporaryFolder()
  let port: number
  let member: EnsembleProcess
  let bystander: EnsembleClient
  let writes = 0

  beforeAll(async () => {
    port = await freePort()
    // A small young generation, so that what stays is seen and not what the collector has not looked at yet.
    member = await EnsembleProcess.start({ dataDir: folder.path, port }, { youngGenerationMegabytes: 2 })
    bystander = nodeEnsembleClient(port)
    bystander.start()
    await bystander.whenConnected()
    await bystander.create('/fuzz', null)
    await bystander.create('/bystander', new Uint8Array(4))
  })

  afterAll(async () => {
    await bystander.close()
    await member.stop()
    folder.remove()
  })

  async function attacker(): Promise<Socket> {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.resume()
    await once(socket, 'connect')
    const handshake = connectRequestFrame({
      lastZxidSeen: zxidZero,
      timeoutMs: 4_000,
      sessionId: 0n,
      password: new Uint8Array(16),
      readOnly: false
    })
    socket.write(below(50) === 0 ? mutated(handshake) : handshake)
    return socket
  }

  async function framesRead(): Promise<number> {
    const socket = connect(port, '127.0.0.1')
    socket.write('mntr')
    let answer = ''
    for await (const chunk of socket) answer += String(chunk)
    return Number(/zk_packets_received\t(\d+)/.exec(answer)?.[1])
  }

  /** Until the member has read this many more: a frame that ends its connection takes those behind it along. */
  async function attack(frames: number): Promise<void> {
    const target = (await framesRead()) + frames
    while ((await framesRead()) < target) {
      writes++
      const socket = await attacker()
      const closed = new Promise((resolve) => socket.once('close', resolve))
      for (let index = 0; index < framesPerConnection && !socket.destroyed; index++) socket.write(mutatedFrame())
      socket.end()
      await bystander.setData('/bystander', random.bytes(4))
      // Our end of the stream is the server's cue, also in the middle of a frame: it has read all of it by then.
      await closed
    }
  }

  it(`survives ${frameCount} (seed ${seed}), others do not notice, memory is back`, { timeout: msMax }, async () => {
    const events: SessionEvent[] = []
    bystander.onSession((event) => events.push(event))
    await attack(frameCount / 2)
    const levelBytes = member.rssBytes

    await attack(frameCount)

    expect(member.child.exitCode).toBeNull()
    expect(events).toEqual([])
    expect((await bystander.getData('/bystander'))?.stat.version).toBe(writes)
    expect(member.messages.filter(({ type }) => type === 'problem')).toEqual([])
    expect(member.stderr).toBe('')
    expect(member.rssBytes - levelBytes).toBeLessThan(24 * 1024 * 1024)
  })

  it('takes random bytes, half a handshake and silence without harm to others', async () => {
    const sockets: Socket[] = []
    for (let index = 0; index < 200; index++) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.resume()
      await once(socket, 'connect')
      if (index % 2 === 0) socket.write(random.bytes(1 + below(100)))
      if (index % 4 === 1) socket.write(Uint8Array.of(0, 0, 0, 45, 0))
      sockets.push(socket)
    }

    expect(await bystander.exists('/bystander')).toBeDefined()
    for (const socket of sockets) socket.destroy()
    expect(bystander.state).toBe('connected')
  })
})
