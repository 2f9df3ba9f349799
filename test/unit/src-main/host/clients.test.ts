import { describe, expect, it } from 'vitest'
import { Clients, encodeMessage, type Connection } from '../../../../src-main/host/clients'

/** A connection that nobody reads. */
class Unread implements Connection {
  unsentBytes = 0
  isCutOff = false
  send(bytes: Uint8Array): void {
    this.unsentBytes += bytes.length
  }
  cutOff(): void {
    this.isCutOff = true
    this.unsentBytes = 0
  }
}

const limits = { clientsMax: 3, unsentBytesMax: 1000, unsentBytesOfAllMax: 2000 }
const large = new Uint8Array(300 * 1024)

describe('the clients of a host', () => {
  it('are no more than their limit', () => {
    const clients = new Clients(limits)
    const connections = [new Unread(), new Unread(), new Unread()]
    for (const connection of connections) clients.add(connection)
    expect(clients.isFull).toBe(true)

    for (const connection of connections.slice(1)) clients.remove(connection)

    expect(clients.isFull).toBe(false)
  })

  it('are cut off one by one when they do not read', () => {
    const clients = new Clients(limits)
    const [unread, other] = [new Unread(), new Unread()]
    for (const connection of [unread, other]) clients.add(connection)

    for (let i = 0; i < 3; i++) clients.send(unread, new Uint8Array(600))

    expect([unread.isCutOff, other.isCutOff]).toEqual([true, false])
  })

  it('wait for a limited number of bytes in all, and the one that waits for most is cut off first', () => {
    const clients = new Clients({ ...limits, unsentBytesMax: 1e9, unsentBytesOfAllMax: 2 * large.length })
    const [first, second, third] = [new Unread(), new Unread(), new Unread()]
    for (const connection of [first, second, third]) clients.add(connection)
    clients.send(first, large)
    clients.send(second, large)
    first.unsentBytes += 1

    clients.send(third, large)

    expect([first, second, third].map(({ isCutOff }) => isCutOff)).toEqual([true, false, false])
  })

  it('get a view that many watch from the same bytes', () => {
    const view = { topics: Array.from({ length: 10 }, (_, i) => `t${i}`) }

    const first = encodeMessage({ type: 'push', key: 'topics', value: view })

    expect(encodeMessage({ type: 'push', key: 'topics', value: view })).toBe(first)
    expect(JSON.parse(new TextDecoder().decode(first))).toEqual({ type: 'push', key: 'topics', value: view })
    const other = encodeMessage({ type: 'push', key: 'topic:t1', value: view })
    expect(JSON.parse(new TextDecoder().decode(other))).toMatchObject({ key: 'topic:t1' })
  })
})
