/**
 * The links between members: each connects to every other and speaks on that connection, and listens on those that others made,
 * on which it says nothing but, now and then, that it is alive: a machine that is gone tells nobody. What cannot be sent is dropped: consensus says it again, and who forwarded a client's request is told that the link is gone.
 *
 * A link begins with a hello: a member of another ensemble, of another version, or one that means somebody else is not listened
 * to. Limits: frames of peerFrameBytesMax, unsentBytesMax under way on a link, one link a member in each direction; of those that
 * have not said hello yet strangersMax, for helloTimeoutMs each, and first frames of firstFrameBytesMax.
 */
import { ignore } from '../kernel/errors'
import type { Address, Checksum, Clock, Connection, FrameHandler, Listener, Log, Network, Timer } from '../kernel/ports'
import { decodePeerFrame, encodePeerFrame, peerFrameBytesMax, type PeerFrame } from './core/consensus/message-codec'
import type { MemberId } from './core/consensus/messages'
import { copyOfBytes, DecodeError } from './wire/jute-reader'

const reconnectDelayMinMs = 20
const reconnectDelayMaxMs = 500
const connectTimeoutMs = 1_000
const unsentBytesMax = 32 * 1024 * 1024
const aliveEveryMs = 500
/** Nobody listens at the other end of a link that is silent for so long. */
const silenceMaxMs = 2_000
/** A member says hello with the connection. */
const helloTimeoutMs = 2_000
export const strangersMax = 32
const firstFrameBytesMax = 4 * 1024

export interface Peer {
  readonly memberId: MemberId
  readonly address: Address
}

type Told = Exclude<PeerFrame, { readonly type: 'hello' | 'alive' }>

export interface PeerLinksOptions {
  readonly memberId: MemberId
  /** Of this process, never the same twice. */
  readonly life: number
  readonly ensembleId: string
  /** Where others connect to. */
  readonly address: Address
  readonly others: readonly Peer[]
  readonly network: Network
  readonly clock: Clock
  readonly checksum: Checksum
  readonly log: Log
  /** Why what came is no word of a member: its link is closed. Undefined of what is to be heard. */
  readonly problemOf: (from: MemberId, frame: Told) => string | undefined
  readonly heard: (from: MemberId, frame: Told) => void
  /** What was sent to it last may not have come. */
  readonly lost: (memberId: MemberId) => void
}

interface Link {
  readonly peer: Peer
  connection: Connection | undefined
  delayMs: number
  timer: Timer | undefined
  heardAtMs: number
}

export class PeerLinks {
  readonly #options: PeerLinksOptions
  readonly #links: ReadonlyMap<MemberId, Link>
  readonly #incoming = new Map<MemberId, Connection>()
  /** Who has not said hello, oldest first, and since when. */
  readonly #strangers = new Map<Connection, number>()
  readonly #lives = new Map<MemberId, number>()
  #aliveDueMs = 0
  #listener: Listener | undefined
  #isOver = false

  constructor(options: PeerLinksOptions) {
    this.#options = options
    const links = options.others.map((peer) => {
      return { peer, connection: undefined, delayMs: reconnectDelayMinMs, timer: undefined, heardAtMs: 0 }
    })
    this.#links = new Map(links.map((link) => [link.peer.memberId, link]))
  }

  /** Listens, and connects to whoever listens. Throws ADDRESS_IN_USE. */
  async start(): Promise<void> {
    const { network, address } = this.#options
    const limits = { frameBytesMax: peerFrameBytesMax, firstFrameBytesMax }
    this.#listener = await network.listen({ ...address, ...limits }, (connection) => this.#accepted(connection))
    for (const link of this.#links.values()) this.#connect(link)
  }

  async stop(): Promise<void> {
    this.#isOver = true
    for (const link of this.#links.values()) {
      link.timer?.cancel()
      link.connection?.destroy()
    }
    const listener = this.#listener
    this.#listener = undefined
    await listener?.close()
  }

  /** False when it was dropped: there is no link, or too much is under way on it. */
  send(to: MemberId, frame: Told): boolean {
    const connection = this.#links.get(to)?.connection
    if (connection === undefined || connection.unsentBytes > unsentBytesMax) return false
    connection.send(encodePeerFrame(frame, this.#options.checksum))
    return true
  }

  /** What was sent leaves before this returns, not with the end of the callback. */
  flush(): void {
    for (const { connection } of this.#links.values()) connection?.flush()
  }

  tick(nowMs: number): void {
    for (const { connection, heardAtMs } of this.#links.values())
      if (connection !== undefined && nowMs - heardAtMs > silenceMaxMs) connection.destroy()
    for (const [stranger, cameAtMs] of this.#strangers)
      if (nowMs - cameAtMs > helloTimeoutMs) this.#turnAway(stranger, 'it said nothing of itself')
    if (nowMs < this.#aliveDueMs) return
    this.#aliveDueMs = nowMs + aliveEveryMs
    const alive = encodePeerFrame({ type: 'alive' }, this.#options.checksum)
    for (const connection of this.#incoming.values()) connection.send(alive)
  }

  /** Members that can be told something. */
  get count(): number {
    let count = 0
    for (const { connection } of this.#links.values()) if (connection !== undefined) count++
    return count
  }

  inspect(): Readonly<Record<string, unknown>> {
    const to = [...this.#links.values()].filter(({ connection }) => connection !== undefined)
    return { to: to.map(({ peer }) => peer.memberId), from: [...this.#incoming.keys()] }
  }

  // ── to others ──────────────────────────────────────────────────────────────────────────────────────────────────

  #connect(link: Link): void {
    const { network, clock, checksum, memberId, ensembleId, life } = this.#options
    const { peer } = link
    const handler: FrameHandler = {
      frame: () => {
        link.heardAtMs = clock.monotonicMs()
      },
      closed: () => {
        link.connection = undefined
        if (this.#isOver) return
        this.#options.lost(peer.memberId)
        this.#later(link)
      }
    }
    const options = { ...peer.address, frameBytesMax: peerFrameBytesMax, timeoutMs: connectTimeoutMs }
    network
      .connect(options, () => handler)
      .then(
        (connection) => {
          if (this.#isOver) {
            connection.destroy()
            return
          }
          link.connection = connection
          link.delayMs = reconnectDelayMinMs
          link.heardAtMs = clock.monotonicMs()
          const hello = { type: 'hello', ensembleId, from: memberId, to: peer.memberId, life } as const
          connection.send(encodePeerFrame(hello, checksum))
        },
        (error: unknown) => {
          ignore(error, 'a member that is not there is asked again')
          this.#later(link)
        }
      )
  }

  #later(link: Link): void {
    if (this.#isOver) return
    link.timer = this.#options.clock.after(link.delayMs, () => this.#connect(link))
    link.delayMs = Math.min(reconnectDelayMaxMs, link.delayMs * 2)
  }

  // ── from others ────────────────────────────────────────────────────────────────────────────────────────────────

  #accepted(connection: Connection): FrameHandler {
    let from: MemberId | undefined
    // The oldest goes, not the newest: whoever is a member has said so by then.
    const [oldest] = this.#strangers.keys()
    if (oldest !== undefined && this.#strangers.size >= strangersMax) this.#turnAway(oldest, 'too many say nothing')
    this.#strangers.set(connection, this.#options.clock.monotonicMs())
    return {
      frame: (bytes) => {
        try {
          // The frame lies in a shared buffer, and entries are kept.
          const frame = decodePeerFrame(copyOfBytes(bytes), this.#options.checksum)
          if (frame.type === 'hello') {
            if (from !== undefined) throw new DecodeError('a second hello')
            from = this.#welcomed(frame)
            this.#strangers.delete(connection)
            this.#incoming.get(from)?.destroy()
            this.#incoming.set(from, connection)
          } else if (from === undefined) {
            throw new DecodeError('no hello')
          } else if (!this.#isOver && frame.type !== 'alive') {
            const problem = this.#options.problemOf(from, frame)
            if (problem !== undefined) throw new DecodeError(problem)
            this.#options.heard(from, frame)
          }
        } catch (error) {
          if (!(error instanceof DecodeError)) throw error
          this.#options.log('warn', 'a link from a member was closed', { member: from, reason: error.message })
          connection.destroy()
        }
      },
      closed: () => {
        this.#strangers.delete(connection)
        if (from !== undefined && this.#incoming.get(from) === connection) this.#incoming.delete(from)
      }
    }
  }

  #turnAway(stranger: Connection, reason: string): void {
    this.#strangers.delete(stranger)
    this.#options.log('debug', 'a connection to the port of members was closed', { reason })
    stranger.destroy()
  }

  #welcomed({ ensembleId, from, to, life }: Extract<PeerFrame, { type: 'hello' }>): MemberId {
    const { memberId } = this.#options
    if (ensembleId !== this.#options.ensembleId) throw new DecodeError(`it is of the ensemble ${ensembleId}`)
    if (to !== memberId) throw new DecodeError(`it means member ${to}, and this is ${memberId}`)
    if (!this.#links.has(from)) throw new DecodeError(`there is no member ${from} in this ensemble`)
    // A link to its life before leads nowhere.
    if ((this.#lives.get(from) ?? life) !== life) this.#links.get(from)?.connection?.destroy()
    this.#lives.set(from, life)
    return from
  }
}
