/** Words of the classic consumer group protocol that group and coordinator share. */
import type { Offset, LeaderEpoch } from '../../../kernel/ids'
import type { KafkaError } from '../../../protocol/wire/error-codes'

export const GROUP_STATES = ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead'] as const
export type GroupState = (typeof GROUP_STATES)[number]

/** Which state may follow which; anything else is a programmer error. */
export const previousStates: Readonly<Record<GroupState, readonly GroupState[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Empty', 'Stable', 'CompletingRebalance'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead']
}

export interface Protocol {
  readonly name: string
  readonly metadata: Uint8Array
}

/** Stands for the request that waits for an answer; made by the coordinator. */
export type Token = number

export interface JoinRequest {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  readonly protocols: readonly Protocol[]
  /** v4+: a first join without a member id is told one and asked to come again (KIP-394). */
  readonly requiresKnownMemberId: boolean
  /** v9+: a returning static leader may skip its assignment (KIP-814). */
  readonly supportsSkippingAssignment: boolean
  /** What a new member would be called. */
  readonly newMemberId: string
}

export interface JoinAnswer {
  readonly error: KafkaError
  readonly memberId: string
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leader: string
  readonly skipAssignment: boolean
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly metadata: Uint8Array
  }[]
}

export interface SyncRequest {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationId: number
  /** null: not said, not checked. */
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignments: ReadonlyMap<string, Uint8Array>
}

export interface SyncAnswer {
  readonly error: KafkaError
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignment: Uint8Array
}

export interface MemberIdentity {
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/**
 * In the order in which they must happen. What depends on something that is persisted is no effect yet: it comes when the group is
 * told that it is stored, by the number of the store.
 */
export type GroupEffect =
  | { readonly type: 'persist'; readonly store: number }
  | { readonly type: 'joinAnswer'; readonly token: Token; readonly answer: JoinAnswer }
  | { readonly type: 'syncAnswer'; readonly token: Token; readonly answer: SyncAnswer }

export interface CommittedOffset {
  readonly offset: Offset
  readonly leaderEpoch: LeaderEpoch
  readonly metadata: string
  readonly commitTimestampMs: number
}

export interface MemberView {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  /** Of the group's protocol; empty while it has none. */
  readonly metadata: Uint8Array
  readonly assignment: Uint8Array
}

export interface GroupView {
  readonly groupId: string
  readonly state: GroupState
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leader: string | null
  readonly generationId: number
  readonly stateTimestampMs: number
  readonly members: readonly MemberView[]
}
