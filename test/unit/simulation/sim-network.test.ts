import { beforeEach, describe, expect, it } from 'vitest'
import type { Connection, FrameHandler, Network } from '../../../src-main/kernel/ports'
import { SimClock } from '../../simulation/world/sim-clock'
import { SimNetwork } from '../../simulation/world/sim-network'
import { SimNode } from '../../simulation/world/sim-node'
import { windowBytes } from '../../simulation/world/sim-pipe'

const frameBytesMax = 8 * 1024 * 1024

function framed(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + body.length)
  new DataView(bytes.buffer).setInt32(0, body.length)
  bytes.set(body, 4)
  return bytes
}
const text = (words: string): Uint8Array => framed(new TextEncoder().encode(words))

/** One end and what it heard. */
interface End {
  connection: Connection | undefined
  readonly heard: string[]
  readonly lengths: number[]
  readonly closed: (Error | undefined)[]
  drained: number
}

let clock: SimClock
let network: SimNetwork
let server: SimNode
let client: SimNode
let at: { readonly server: Network; readonly client: Network }
let near: End
let far: End

const handlerOf = (end: End) => (connection: Connection) => {
  end.connection = connection
  const handler: FrameHandler = {
    frame: (bytes) => {
      end.lengths.push(bytes.length)
      end.heard.push(new TextDecoder().decode(bytes.subarray(0, 40)))
    },
    drained: () => (end.drained += 1),
    closed: (error) => end.closed.push(error)
  }
  return handler
}
const newEnd = (): End => ({ connection: undefined, heard: [], lengths: [], closed: [], drained: 0 })

beforeEach(() => {
  clock = new SimClock()
  network = new SimNetwork(clock)
  server = new SimNode('server', clock, network)
  client = new SimNode('client', clock, network)
  at = { server: server.begin().network, client: client.begin().network }
  near = newEnd()
  far = newEnd()
})

async function connect(timeoutMs = 1000): Promise<void> {
  await at.server.listen({ host: 'sim', port: 1, frameBytesMax }, handlerOf(far))
  await clock.until(at.client.connect({ host: 'sim', port: 1, frameBytesMax, timeoutMs }, handlerOf(near)))
  await clock.run(0)
}

describe('a simulated connection', () => {
  it('carries frames in order, each after the delay of its direction', async () => {
    await connect()
    network.fault('client', 'server', { delayMs: 30 })
    near.connection?.send(text('one'))
    near.connection?.send(text('two'))
    await clock.run(29)
    expect(far.heard).toEqual([])
    await clock.run(2)
    expect(far.heard).toEqual(['one', 'two'])

    far.connection?.send(text('back'))
    await clock.run(1)
    expect(near.heard).toEqual(['back'])
  })

  it('takes no more than its window while the receiver does not read, and says when it took what', async () => {
    await connect()
    far.connection?.pause()
    const piece = framed(new Uint8Array(windowBytes / 4 - 4))
    let taken = 0
    for (let i = 0; i < 8; i++) near.connection?.send(piece, () => (taken += 1))
    await clock.run(100)
    // One was on its way up when reading stopped, as a chunk that was read already is.
    expect(far.lengths.length).toBeLessThanOrEqual(1)
    expect(taken).toBeLessThan(7)
    expect(near.connection?.unsentBytes).toBeGreaterThanOrEqual(3 * piece.length)

    far.connection?.resume()
    await clock.run(100)
    expect(far.lengths).toHaveLength(8)
    expect([taken, near.connection?.unsentBytes, near.drained]).toEqual([8, 0, 1])
  })

  it('carries what is larger than its window', async () => {
    await connect()
    near.connection?.send(framed(new Uint8Array(5 * windowBytes)))
    near.connection?.send(text('after it'))
    await clock.run(10)
    expect(far.lengths).toEqual([5 * windowBytes, 8])
  })

  it('loses nothing over a cut link, one way or both, and neither end hears of it', async () => {
    await connect()
    network.fault('client', 'server', { isCut: true })
    near.connection?.send(text('held'))
    far.connection?.send(text('other way'))
    await clock.run(60_000)
    expect([far.heard, near.heard, near.closed, far.closed]).toEqual([[], ['other way'], [], []])

    network.heal()
    await clock.run(1)
    expect(far.heard).toEqual(['held'])
  })

  it('breaks with what was on its way when it is reset, both ends hear of it, and it can be made again', async () => {
    network.fault('client', 'server', { delayMs: 50 })
    await connect()
    near.connection?.send(text('lost'))

    network.reset('server', 'client')
    await clock.run(20)
    expect([near.closed.length, far.closed.length]).toEqual([0, 0])

    network.reset('client', 'server')
    await clock.run(100)
    expect([near.closed, far.closed, far.heard]).toEqual([[undefined], [undefined], []])

    await clock.until(at.client.connect({ host: 'sim', port: 1, frameBytesMax, timeoutMs: 1_000 }, handlerOf(near)))
    near.connection?.send(text('heard'))
    await clock.run(100)
    expect(far.heard).toEqual(['heard'])
  })

  it('cannot be made over a cut link in its time, nor where nobody listens', async () => {
    await connect()
    network.fault('client', 'server', { isCut: true })
    const options = { host: 'sim', port: 1, frameBytesMax, timeoutMs: 500 }
    const before = clock.monotonicMs()
    await expect(clock.until(at.client.connect(options, handlerOf(newEnd())))).rejects.toMatchObject({
      code: 'TIMED_OUT'
    })
    expect(clock.monotonicMs() - before).toBeGreaterThanOrEqual(500)
    network.heal()
    await expect(clock.until(at.client.connect({ ...options, port: 2 }, handlerOf(newEnd())))).rejects.toMatchObject({
      code: 'CONNECTION_REFUSED'
    })
  })

  it('is heard in order by a process that was paused, also while it catches up', async () => {
    await connect()
    server.pause()
    for (const word of ['one', 'two', 'three']) near.connection?.send(text(word))
    await clock.run(100)
    expect(far.heard).toEqual([])

    server.resume()
    for (const word of ['four', 'five']) near.connection?.send(text(word))
    await clock.run(1)
    expect(far.heard).toEqual(['one', 'two', 'three', 'four', 'five'])
  })

  it('is late, never wrong, where packets are lost', async () => {
    await connect()
    network.fault('client', 'server', { delayMs: 1, jitterMs: 20, loss: 0.3 })
    const words = Array.from({ length: 50 }, (_, i) => `word ${i}`)
    for (const word of words) near.connection?.send(text(word))
    await clock.run(1)
    expect(far.heard.length).toBeLessThan(50)
    await clock.run(60_000)
    expect(far.heard).toEqual(words)
  })

  it('ends after all that was sent, and with destroy loses what the kernel had not taken', async () => {
    await connect()
    near.connection?.send(text('last words'))
    near.connection?.end()
    await clock.run(1)
    expect([far.heard, far.closed]).toEqual([['last words'], [undefined]])
  })
})

describe('a simulated machine', () => {
  it('paused hears nothing and runs no timer, and does both in order when it goes on', async () => {
    await connect()
    const order: string[] = []
    const { clock: own } = server.begin()
    own.after(10, () => order.push('timer'))
    server.pause()
    await clock.run(1000)
    expect(order).toEqual([])
    server.resume()
    await clock.run(0)
    expect(order).toEqual(['timer'])
  })

  it('paused takes frames of its peers and accepts connections afterwards', async () => {
    await connect()
    server.pause()
    near.connection?.send(text('while it slept'))
    await clock.run(1000)
    expect([far.heard, near.closed]).toEqual([[], []])
    server.resume()
    await clock.run(1)
    expect(far.heard).toEqual(['while it slept'])
  })

  it('killed tells its peers, keeps what it wrote, and is not heard of again', async () => {
    await connect()
    const { clock: own, disk } = server.begin()
    let isRun = false
    own.after(10, () => (isRun = true))
    disk.open('/a', 'append').append(Uint8Array.of(1, 2, 3))
    server.kill()
    await clock.run(1000)
    expect([near.closed, far.closed, isRun, server.disk.sizeOf('/a')]).toEqual([[undefined], [], false, 3])
    // Its port is free for the next process.
    await server.begin().network.listen({ host: 'sim', port: 1, frameBytesMax }, handlerOf(newEnd()))
  })

  it('without power tells nobody and loses what was not synced', async () => {
    await connect()
    const { disk } = server.begin()
    const file = disk.open('/a', 'append')
    file.append(Uint8Array.of(1, 2, 3))
    await clock.until(file.sync())
    file.append(Uint8Array.of(4))
    const lost = file.sync()
    server.crash()
    let isSynced = false
    void lost.then(() => (isSynced = true))
    await clock.run(1000)
    expect([near.closed, server.disk.sizeOf('/a'), isSynced]).toEqual([[], 3, false])
  })

  it('has a clock of its own, which may be wrong and drift', async () => {
    const { clock: own } = client.begin()
    client.skewMs = 5000
    client.rate = 1.25
    let atMs = 0
    const begunMs = clock.monotonicMs()
    own.after(1000, () => (atMs = clock.monotonicMs()))
    await clock.run(2000)
    expect(own.nowMs() - clock.nowMs()).toBe(5000)
    expect(atMs - begunMs).toBe(800)
  })

  it('has a monotonic clock that goes on from where it is, whatever its rate becomes', async () => {
    const { clock: own } = client.begin()
    const begunMs = own.monotonicMs()
    client.rate = 0.95
    expect(own.monotonicMs()).toBe(begunMs)
    await clock.run(1000)
    client.rate = 1.05
    await clock.run(1000)
    expect(own.monotonicMs() - begunMs).toBeCloseTo(2000)
  })
})

describe('simulated time', () => {
  it('runs what is due in order, and what was asked for first of the same moment first', async () => {
    const order: number[] = []
    const delays = Array.from({ length: 200 }, (_, i) => (i * 7919) % 50)
    delays.forEach((delay, i) => clock.after(delay, () => order.push(i)))
    clock.after(25, () => order.push(-1)).cancel()
    await clock.run(50)
    const expected = delays.map((delay, i) => ({ delay, i })).sort((a, b) => a.delay - b.delay || a.i - b.i)
    expect(order).toEqual(expected.map(({ i }) => i))
  })
})
