/** A member of a classic group: data and deadlines; all decisions are the group's. */
import type { JoinRequest, Protocol, Token } from './group-types'

const noBytes = new Uint8Array(0)

export class Member {
  memberId: string
  readonly groupInstanceId: string | null
  clientId: string
  clientHost: string
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  protocols: readonly Protocol[]
  assignment: Uint8Array = noBytes
  /** The JoinGroup that waits for the rebalance to end. */
  awaitingJoin: Token | undefined
  /** The SyncGroup that waits for the leader's assignment. */
  awaitingSync: Token | undefined
  /** Session end on the coordinator's monotonic clock. */
  deadlineMs = 0
  /** Until it has been in a generation: when the one who asks is taken for gone, however long the others may take. */
  newUntilMs = Infinity
  /** Whether it has synced in this generation. */
  hasSynced = false

  constructor(fields: {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly clientId: string
    readonly clientHost: string
    readonly sessionTimeoutMs: number
    readonly rebalanceTimeoutMs: number
    readonly protocols: readonly Protocol[]
  }) {
    this.memberId = fields.memberId
    this.groupInstanceId = fields.groupInstanceId
    this.clientId = fields.clientId
    this.clientHost = fields.clientHost
    this.sessionTimeoutMs = fields.sessionTimeoutMs
    this.rebalanceTimeoutMs = fields.rebalanceTimeoutMs
    this.protocols = fields.protocols
  }

  get isStatic(): boolean {
    return this.groupInstanceId !== null
  }

  /** While its request waits with us, the member needs no heartbeat. */
  get isWaiting(): boolean {
    return this.awaitingJoin !== undefined || this.awaitingSync !== undefined
  }

  /** When it is out unless something comes of it before. */
  get outAtMs(): number {
    return this.isWaiting ? this.newUntilMs : this.deadlineMs
  }

  /** What it says of itself when it joins again. */
  takeOver(request: JoinRequest): void {
    this.protocols = request.protocols
    this.sessionTimeoutMs = request.sessionTimeoutMs
    this.rebalanceTimeoutMs = request.rebalanceTimeoutMs
    this.clientId = request.clientId
    this.clientHost = request.clientHost
  }

  heard(nowMs: number): void {
    this.deadlineMs = nowMs + this.sessionTimeoutMs
  }

  metadataOf(protocolName: string | null): Uint8Array {
    return this.protocols.find(({ name }) => name === protocolName)?.metadata ?? noBytes
  }

  hasSameProtocols(protocols: readonly Protocol[]): boolean {
    if (protocols.length !== this.protocols.length) return false
    return protocols.every(({ name, metadata }, i) => {
      const own = this.protocols[i]
      return own?.name === name && sameBytes(own.metadata, metadata)
    })
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
