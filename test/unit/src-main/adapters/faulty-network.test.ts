import { describe, expect, it } from 'vitest'
import { faultyNetwork } from '../../../../src-main/adapters/faulty-network'
import { FaultSwitch, noFaults, wholeLeg, type LinkLeg } from '../../../../src-main/kernel/node-faults'
import type { Connection, Network } from '../../../../src-main/kernel/ports'
import { SimClock } from '../../../simulation/world/sim-clock'
import { SimNetwork } from '../../../simulation/world/sim-network'
import { SimRandom } from '../../../simulation/world/sim-random'

const address = { host: '127.0.0.1', port: 9092 }
const options = { ...address, frameBytesMax: 4 * 1024 * 1024, timeoutMs: 2000 }
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

function frame(body: string | Uint8Array): Uint8Array {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const whole = new Uint8Array(4 + bytes.length)
  new DataView(whole.buffer).setInt32(0, bytes.length)
  whole.set(bytes, 4)
  return whole
}

/** One end's connection through the faults, the other's plain; and what each has heard. */
async function linked(refusesWhoeverConnects = false) {
  const clock = new SimClock()
  const faults = new FaultSwitch()
  const network = new SimNetwork(clock)
  const faulty = (plain: Network): Network =>
    faultyNetwork(plain, { faults, clock, random: new SimRandom(7), refusesWhoeverConnects })
  const server = { heard: [] as string[], connections: [] as Connection[], closed: 0 }
  const client = { heard: [] as string[], closed: [] as (string | undefined)[], drained: 0 }
  const listens = refusesWhoeverConnects ? faulty(network) : network
  await listens.listen(options, (connection) => {
    server.connections.push(connection)
    return { frame: (bytes) => server.heard.push(text(bytes)), closed: () => (server.closed += 1) }
  })
  const connect = (): Promise<Connection> =>
    (refusesWhoeverConnects ? network : faulty(network)).connect(options, () => ({
      frame: (bytes) => client.heard.push(text(bytes)),
      drained: () => (client.drained += 1),
      closed: (error) => client.closed.push(error?.message)
    }))
  /** Both ends are there. */
  const connected = async (): Promise<Connection> => {
    const connection = await clock.until(connect())
    await clock.run(1)
    return connection
  }
  const link = (outward: Partial<LinkLeg>, inward: Partial<LinkLeg> = outward): void =>
    faults.set({
      ...noFaults,
      links: [{ peer: address, outward: { ...wholeLeg, ...outward }, inward: { ...wholeLeg, ...inward } }]
    })
  return { clock, faults, server, client, connect, connected, link, heal: () => faults.set(noFaults) }
}

describe('a faulty network', () => {
  it('lets nothing through a cut link, and all of it in its order when it is healed', async () => {
    const { clock, server, client, link, heal, connected } = await linked()
    const connection = await connected()
    connection.send(frame('a'))
    await clock.run(10)
    link({ isCut: true })
    connection.send(frame('b'))
    server.connections[0]?.send(frame('1'))
    connection.send(frame('c'))
    await clock.run(60_000)
    expect([server.heard, client.heard]).toEqual([['a'], []])
    expect(connection.unsentBytes).toBe(10)

    heal()
    await clock.run(10)

    expect([server.heard, client.heard]).toEqual([['a', 'b', 'c'], ['1']])
    expect(connection.unsentBytes).toBe(0)
  })

  it('cuts one way only when it is told so', async () => {
    const { clock, server, client, link, connected } = await linked()
    const connection = await connected()
    link({ isCut: true }, {})
    connection.send(frame('lost'))
    server.connections[0]?.send(frame('found'))
    await clock.run(1000)

    expect([server.heard, client.heard]).toEqual([[], ['found']])
  })

  it('makes no connection across a cut: it times out, or is made when that is healed in time', async () => {
    const { clock, link, heal, connect } = await linked()
    link({ isCut: true })
    await expect(clock.until(connect())).rejects.toMatchObject({ code: 'TIMED_OUT' })

    const second = connect()
    await clock.run(1500)
    heal()

    await expect(clock.until(second)).resolves.toBeDefined()
  })

  it('does not let the end of a connection cross a cut, either way', async () => {
    const { clock, server, client, link, heal, connected } = await linked()
    const [ours, theirs] = [await connected(), await connected()]
    link({ isCut: true })
    ours.destroy()
    server.connections[1]?.destroy()
    await clock.run(1000)
    // Ours knows that it is over; the other one does not.
    expect([client.closed.length, server.closed]).toEqual([1, 1])

    heal()
    await clock.run(10)

    expect([client.closed.length, server.closed]).toEqual([2, 2])
    theirs.destroy()
    await clock.run(10)
    expect(client.closed).toHaveLength(2)
  })

  it('tells the owner who destroys it that it is over, though nothing comes in any more', async () => {
    const { clock, client, link, connected } = await linked()
    const connection = await connected()
    link({}, { isCut: true })
    connection.destroy()
    await clock.run(10)

    expect(client.closed).toHaveLength(1)
  })

  it('delays each way and keeps the order', async () => {
    const { clock, server, client, link, connect } = await linked()
    link({ delayMs: 100 }, { delayMs: 30 })
    const connecting = connect()
    await clock.run(129)
    expect(server.connections).toHaveLength(0)
    await clock.run(2)
    const connection = await clock.until(connecting)
    connection.send(frame('a'))
    connection.send(frame('b'))
    await clock.run(99)
    expect(server.heard).toEqual([])
    await clock.run(3)
    expect(server.heard).toEqual(['a', 'b'])
    server.connections[0]?.send(frame('1'))
    await clock.run(29)
    expect(client.heard).toEqual([])
    await clock.run(3)

    expect(client.heard).toEqual(['1'])
  })

  it('loses time where bytes are lost, never bytes', async () => {
    const { clock, server, link, connected } = await linked()
    const connection = await connected()
    link({ lossPercent: 50 }, {})
    const sent = Array.from({ length: 40 }, (_, i) => `record ${i}`)
    for (const one of sent) connection.send(frame(one))
    await clock.run(150)
    expect(server.heard.length).toBeLessThan(40)
    await clock.run(60_000)

    expect(server.heard).toEqual(sent)
  })

  it('goes on at once when a slow link is healed', async () => {
    const { clock, server, link, heal, connected } = await linked()
    const connection = await connected()
    link({ delayMs: 10_000 })
    connection.send(frame('late'))
    await clock.run(1000)
    heal()
    await clock.run(10)

    expect(server.heard).toEqual(['late'])
  })

  it('reads no more of a slow link than it can keep', async () => {
    const { clock, server, client, link, connected } = await linked()
    const connection = await connected()
    link({}, { delayMs: 500 })
    const big = frame(new Uint8Array(600_000).fill(65))
    for (let i = 0; i < 6; i++) server.connections[0]?.send(big)
    await clock.run(400)
    expect(client.heard).toEqual([])
    expect(server.connections[0]?.unsentBytes).toBeGreaterThan(0)
    await clock.run(10_000)

    expect(client.heard.map((one) => one.length)).toEqual([600_000, 600_000, 600_000, 600_000, 600_000, 600_000])
    connection.destroy()
  })

  it('holds what arrives late while its owner takes nothing', async () => {
    const { clock, server, client, link, connected } = await linked()
    const connection = await connected()
    link({}, { delayMs: 100 })
    server.connections[0]?.send(frame('1'))
    await clock.run(50)
    connection.pause()
    await clock.run(1000)
    expect(client.heard).toEqual([])
    connection.resume()
    await clock.run(1)

    expect(client.heard).toEqual(['1'])
  })

  it('says when a full queue is empty again, and gives back bytes that never left', async () => {
    const { clock, client, link, heal, connected } = await linked()
    const connection = await connected()
    link({ isCut: true })
    const taken: string[] = []
    connection.send(new Uint8Array(20_000), () => taken.push('first'))
    expect(client.drained).toBe(0)
    heal()
    await clock.run(10)
    expect([client.drained, taken]).toEqual([expect.any(Number), ['first']])
    expect(client.drained).toBeGreaterThan(0)

    link({ isCut: true })
    connection.send(new Uint8Array(20_000), () => taken.push('second'))
    connection.destroy()
    await clock.run(10)
    expect(taken).toEqual(['first', 'second'])
  })

  it('refuses whoever connects, and lets go of those who were there', async () => {
    const { clock, faults, server, client, connected } = await linked(true)
    await connected()
    faults.set({ ...noFaults, refusesClients: true })
    await clock.run(10)
    expect([client.closed.length, server.closed]).toEqual([1, 1])
    await connected()
    await clock.run(10)
    expect(client.closed).toHaveLength(2)
    expect(server.connections).toHaveLength(1)

    faults.set(noFaults)
    const connection = await connected()
    connection.send(frame('back'))
    await clock.run(10)

    expect(server.heard).toEqual(['back'])
  })
})
