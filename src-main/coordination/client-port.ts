/**
 * The port that clients connect to: ZooKeeper's protocol and its four-letter words (ZooKeeper
 * Administrator's Guide, "The Four Letter Words"). It owns the connections; what they ask for is the member's to decide.
 */
import type { Address, Connection, FrameHandler, Listener, Log, Network } from '../kernel/ports'
import { ServerConnection, type MemberFace } from './server-connection'
import type { SessionId } from '../kernel/ids'
import type { ConnectionFigures } from './core/admin-words'
import type { LogEntry } from './core/log-entry'
import type { Outcome } from './core/replicated-state'
import type { FiredWatch } from './core/tree/watch-table'
import { juteBytesMax } from './wire/jute-reader'

export const words = [
  'ruok',
  'srvr',
  'stat',
  'mntr',
  'envi',
  'conf',
  'cons',
  'crst',
  'srst',
  'dump',
  'dirs',
  'wchs',
  'wchc',
  'wchp',
  'isro',
  'gtmk',
  'stmk'
] as const
export type Word = (typeof words)[number]

/** 10,000 sessions and whoever asks about them. */
const connectionsMax = 20_000
/** Of a member, but for its clients: log, snapshots, links to others and whoever says that he is one, what the runtime has. */
const ownDescriptors = 128
const handshakeTimeoutMs = 10_000

/** So many that the member can still open its own files: it ends where it cannot. `descriptorsMax`: undefined where the system does not tell. */
export function connectionsMaxOf(descriptorsMax: number | undefined): number {
  if (descriptorsMax === undefined) return connectionsMax
  return Math.min(connectionsMax, descriptorsMax - Math.min(ownDescriptors, Math.floor(descriptorsMax / 2)))
}

export interface PortCounts {
  readonly connections: number
  readonly received: number
  readonly sent: number
  readonly outstanding: number
}

export class ClientPort {
  readonly connectionsMax: number
  readonly #network: Network
  readonly #log: Log
  readonly #member: MemberFace
  readonly #nextConnectionId: () => number
  readonly #tellWord: (word: Word) => string
  readonly #connectionClosed: (connectionId: number) => void
  readonly #connections = new Map<number, ServerConnection>()
  readonly #strangers = new Set<ServerConnection>()
  #listener: Listener | undefined
  #received = 0
  #sent = 0

  constructor(options: {
    readonly network: Network
    readonly log: Log
    readonly member: MemberFace
    readonly nextConnectionId: () => number
    readonly tellWord: (word: Word) => string
    readonly connectionClosed: (connectionId: number) => void
    readonly connectionsMax: number
  }) {
    this.connectionsMax = options.connectionsMax
    this.#network = options.network
    this.#log = options.log
    this.#member = options.member
    this.#nextConnectionId = options.nextConnectionId
    this.#tellWord = options.tellWord
    this.#connectionClosed = options.connectionClosed
  }

  async start(address: Address): Promise<Address> {
    this.#listener = await this.#network.listen({ ...address, frameBytesMax: juteBytesMax, words }, (connection) =>
      this.#accepted(connection)
    )
    return this.#listener.address
  }

  /** Where it listens. */
  get address(): Address | undefined {
    return this.#listener?.address
  }

  async stop(): Promise<void> {
    const listener = this.#listener
    this.#listener = undefined
    for (const connection of [...this.#connections.values()]) connection.destroy()
    await listener?.close()
  }

  /** To the connection that proposed the entry, if it is still there. */
  committed(connectionId: number, { proposalId, zxid }: LogEntry, outcome: Outcome): void {
    const connection = this.#connections.get(connectionId)
    if (connection === undefined) return
    this.#sent++
    connection.committed(proposalId, zxid, outcome)
  }

  /** To the connection that proposed it: it will never happen. */
  refused(connectionId: number, proposalId: number): void {
    const connection = this.#connections.get(connectionId)
    if (connection === undefined) return
    this.#sent++
    connection.refused(proposalId)
  }

  fired(watch: FiredWatch): void {
    this.#sent++
    this.#connections.get(watch.connectionId)?.fired(watch)
  }

  /** What was read in the middle of a change is answered now. */
  changed(): void {
    for (const connection of [...this.#connections.values()]) connection.changed()
  }

  close(connectionId: number): void {
    this.#connections.get(connectionId)?.destroy()
  }

  /** Of what they asked nothing will be known here. */
  closeAll(): void {
    for (const connection of [...this.#connections.values()]) connection.destroy()
  }

  /** Drops those that connected and then said nothing. */
  tick(nowMs: number): void {
    for (const stranger of this.#strangers) {
      if (stranger.isShaken) this.#strangers.delete(stranger)
      else if (nowMs - stranger.openedAtMs > handshakeTimeoutMs) stranger.destroy()
    }
  }

  answered(): void {
    this.#sent++
  }

  counts(): PortCounts {
    let outstanding = 0
    for (const connection of this.#connections.values()) outstanding += connection.outstanding
    return { connections: this.#connections.size, received: this.#received, sent: this.#sent, outstanding }
  }

  *figures(): IterableIterator<ConnectionFigures> {
    for (const connection of this.#connections.values()) yield connection.figures()
  }

  /** Of connections; its own are the member's. */
  resetFigures(): void {
    for (const connection of this.#connections.values()) connection.resetFigures()
  }

  /** What was received and sent is counted anew. */
  resetCounts(): void {
    this.#received = 0
    this.#sent = 0
  }

  sessionOf(connectionId: number): SessionId | undefined {
    return this.#connections.get(connectionId)?.sessionId
  }

  /** Clients that have said who they are. */
  get sessionCount(): number {
    return [...this.#connections.values()].filter(({ isShaken }) => isShaken).length
  }

  /** Whoever said nothing yet, for the longest time, goes first: a client says who it is with the connection. */
  #hasMadeRoom(): boolean {
    for (const stranger of this.#strangers) {
      this.#strangers.delete(stranger)
      if (stranger.isShaken) continue
      stranger.destroy()
      this.#connections.delete(stranger.connectionId)
      return true
    }
    return false
  }

  #accepted(connection: Connection): FrameHandler {
    const { connectionsMax } = this
    if (this.#connections.size >= connectionsMax && !this.#hasMadeRoom()) {
      this.#log('warn', 'connection refused: too many', { connectionsMax })
      connection.destroy()
      return { frame: () => undefined, closed: () => undefined }
    }
    const client = new ServerConnection(connection, this.#nextConnectionId(), this.#member)
    this.#connections.set(client.connectionId, client)
    this.#strangers.add(client)
    return {
      frame: (bytes) => {
        this.#received++
        client.frame(bytes)
      },
      word: (word) => {
        this.#received++
        const known = words.find((one) => one === word)
        if (known !== undefined) connection.send(new TextEncoder().encode(this.#tellWord(known)))
        connection.end()
      },
      drained: () => client.drained(),
      closed: (error) => {
        if (error !== undefined) {
          this.#log('debug', 'connection closed', { remote: connection.remote.host, reason: error.message })
        }
        client.destroy()
        this.#connections.delete(client.connectionId)
        this.#strangers.delete(client)
        this.#connectionClosed(client.connectionId)
      }
    }
  }
}
