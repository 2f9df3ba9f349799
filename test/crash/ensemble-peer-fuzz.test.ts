/** The port that members connect to, under frames of those who are none. LAGOON_FRAMES says how many. */
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodePeerFrame, type PeerFrame } from '../../src-main/coordination/core/consensus/message-codec'
import type { EnsembleClient } from '../../src-main/coordination/ensemble-client'
import { nodeChecksum, SimRandom } from '../support/ensemble-world'
import { nodeEnsembleClient } from '../support/ensemble-process'
import { EnsembleProcesses } from '../support/ensemble-processes'

const frameCount = Number(process.env['LAGOON_FRAMES'] ?? 20_000)
const framesPerConnection = 50
const seed = Number(process.env['LAGOON_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

const random = new SimRandom(seed)
const below = (limit: number): number => random.uint32() % limit

describe('the port of members under hostile frames', () => {
  let ensemble: EnsembleProcesses
  let bystander: EnsembleClient
  beforeAll(async () => {
    ensemble = await EnsembleProcesses.start(3)
    bystander = nodeEnsembleClient(ensemble.ports, 20_000)
    bystander.start()
    await bystander.whenConnected()
    await bystander.create('/bystander', new Uint8Array(1))
  })
  afterAll(async () => {
    await bystander.close()
    expect(await ensemble.discard()).toEqual([0, 0, 0])
  })

  const hello = (change: Partial<Extract<PeerFrame, { type: 'hello' }>> = {}): PeerFrame => ({
    type: 'hello',
    ensembleId: ensemble.ensembleId,
    from: 2,
    to: 1,
    life: below(2 ** 31),
    ...change
  })

  function frame(): PeerFrame {
    const zxid = { epoch: below(2 ** 31), counter: below(2 ** 31) }
    const messages: readonly PeerFrame[] = [
      hello(),
      { type: 'alive' },
      { type: 'touched', sessionIds: [BigInt(below(1_000))] },
      { type: 'consensus', message: { type: 'vote', term: below(2 ** 31), last: zxid, isTransfer: true } },
      { type: 'consensus', message: { type: 'campaignNow', term: below(9) } },
      {
        type: 'consensus',
        message: { type: 'append', term: below(2 ** 31), previous: zxid, entries: [], committed: zxid, round: 1 }
      }
    ]
    return messages[below(messages.length)] ?? { type: 'alive' }
  }

  /** One to four bytes of it are others; a length may be out of all proportion. */
  function wrong(one: PeerFrame): Uint8Array {
    const bytes = encodePeerFrame(one, nodeChecksum).slice()
    if (below(20) === 0) new DataView(bytes.buffer).setInt32(0, [-1, 0, 3, 0x7fff_ffff, 4_194_305][below(5)] ?? 0)
    for (let wrongs = 1 + below(4); wrongs > 0; wrongs--) {
      const at = 4 + below(bytes.length - 4)
      bytes[at] = (bytes[at] ?? 0) ^ (1 + below(255))
    }
    return bytes
  }

  /** Resolves when the member has closed it, or has read all of it. */
  async function attack(frames: readonly Uint8Array[]): Promise<void> {
    const port = ensemble.peerPorts[0] ?? 0
    const socket: Socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.resume()
    await once(socket, 'connect')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    for (const one of frames) if (!socket.destroyed) socket.write(one)
    socket.end()
    await closed
  }

  it(`survives ${frameCount} (seed ${seed}), and clients do not notice`, async () => {
    const attacks = Math.ceil(frameCount / framesPerConnection)
    const many = (make: () => Uint8Array): Uint8Array[] => Array.from({ length: framesPerConnection }, make)
    const strangers: readonly (() => readonly Uint8Array[])[] = [
      () => many(() => random.bytes(1 + below(100))),
      () => many(() => wrong(frame())),
      // Frames that are right, of another ensemble, of nobody, to somebody else, and without a hello.
      () => [encodePeerFrame(hello({ ensembleId: 'another' }), nodeChecksum), ...many(() => wrong(frame()))],
      () => [encodePeerFrame(hello({ from: 9 }), nodeChecksum)],
      () => [encodePeerFrame(hello({ to: 3 }), nodeChecksum)],
      () => many(() => encodePeerFrame(frame(), nodeChecksum)).filter((bytes) => bytes[11] !== 1)
    ]
    const levels: number[] = []
    for (let done = 0; done < attacks; done++) {
      const make = strangers[done % strangers.length]
      if (make !== undefined) await attack(make())
      if (done % 20 === 0) await bystander.setData('/bystander', random.bytes(4))
      if (done === attacks >> 1) levels.push(ensemble.member(1).rssBytes)
    }
    expect(bystander.state).toBe('connected')
    expect(ensemble.member(1).rssBytes - (levels[0] ?? 0)).toBeLessThan(32 * 1024 * 1024)
  })

  it('is as wary of who knows how to say hello and no more', async () => {
    for (let round = 0; round < 20; round++)
      await attack([encodePeerFrame(hello(), nodeChecksum), ...Array.from({ length: 5 }, () => wrong(frame()))])

    // It took the link of a member: that one connects again.
    for (const id of [1, 2, 3]) expect(ensemble.member(id).child.exitCode).toBeNull()
    await bystander.whenConnected()
    for (;;) {
      try {
        await bystander.setData('/bystander', new Uint8Array(3))
        break
      } catch {
        await bystander.whenConnected()
      }
    }
  })
})
