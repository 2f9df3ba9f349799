/** What a member of a classic consumer group asks of its coordinator, which it finds anew when it is another. */
import { offsetCommitRequest, offsetCommitResponse } from '../../../src-main/protocol/api/08-offset-commit'
import { offsetFetchRequest, offsetFetchResponse } from '../../../src-main/protocol/api/09-offset-fetch'
import { findCoordinatorRequest, findCoordinatorResponse } from '../../../src-main/protocol/api/10-find-coordinator'
import { joinGroupRequest, joinGroupResponse } from '../../../src-main/protocol/api/11-join-group'
import { heartbeatRequest, heartbeatResponse } from '../../../src-main/protocol/api/12-heartbeat'
import { leaveGroupRequest, leaveGroupResponse } from '../../../src-main/protocol/api/13-leave-group'
import { syncGroupRequest, syncGroupResponse } from '../../../src-main/protocol/api/14-sync-group'
import type { BrokerCall } from '../../../src-main/broker/broker-channel'
import { errorName, type KafkaError } from '../../../src-main/protocol/wire/error-codes'
import type { InputOf, Message, ValueOf } from '../../../src-main/protocol/wire/schema'
import type { SimClient } from './sim-client'
import { groupId, topic } from './sim-cluster'

const commitCall = { apiKey: 8, version: 8, request: offsetCommitRequest, response: offsetCommitResponse } as const
const offsetsCall = { apiKey: 9, version: 7, request: offsetFetchRequest, response: offsetFetchResponse } as const
const findCall = { apiKey: 10, version: 3, request: findCoordinatorRequest, response: findCoordinatorResponse } as const
const joinCall = { apiKey: 11, version: 9, request: joinGroupRequest, response: joinGroupResponse } as const
const heartbeatCall = { apiKey: 12, version: 4, request: heartbeatRequest, response: heartbeatResponse } as const
const leaveCall = { apiKey: 13, version: 5, request: leaveGroupRequest, response: leaveGroupResponse } as const
const syncCall = { apiKey: 14, version: 5, request: syncGroupRequest, response: syncGroupResponse } as const

/** group.min.session.timeout.ms: less is refused. */
const sessionTimeoutMs = 6_000
/** Below what a client waits for an answer. */
const rebalanceTimeoutMs = 1_000
const protocolType = 'consumer'
const encoder = new TextEncoder()
const noBytes = new Uint8Array(0)

/** Nobody answered, or not in time: it may have been done. */
export type Said = KafkaError | 'nothing'

export interface Identity {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationId: number
}

/** After which one asks who coordinates. */
const isElsewhere: ReadonlySet<Said> = new Set(['nothing', 'NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE'])

export class GroupClient {
  readonly #client: SimClient
  #coordinator: number | undefined

  constructor(client: SimClient) {
    this.#client = client
  }

  async #ask<Request extends Message, Response extends Message>(
    call: BrokerCall<Request, Response>,
    value: InputOf<Request>
  ): Promise<ValueOf<Response> | undefined> {
    if (this.#coordinator === undefined) {
      const found = await this.#client.ask(this.#client.anyBroker(), findCall, { key: groupId, coordinatorKeys: [] })
      if (found === undefined || found.errorCode !== 0) return undefined
      this.#coordinator = found.nodeId
    }
    return this.#client.ask(this.#coordinator, call, value)
  }

  #heard(said: Said): Said {
    if (isElsewhere.has(said)) this.#coordinator = undefined
    return said
  }

  #said(errorCode: number | undefined): Said {
    return this.#heard(errorCode === undefined ? 'nothing' : errorName(errorCode))
  }

  async join({ memberId, groupInstanceId }: Identity, protocols: readonly string[]) {
    const answer = await this.#ask(joinCall, {
      groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      memberId,
      groupInstanceId,
      protocolType,
      protocols: protocols.map((name) => ({ name, metadata: encoder.encode(memberId) }))
    })
    return { said: this.#said(answer?.errorCode), answer }
  }

  async sync(
    { memberId, groupInstanceId, generationId }: Identity,
    protocolName: string | null,
    assignments: ReadonlyMap<string, string>
  ) {
    const answer = await this.#ask(syncCall, {
      groupId,
      generationId,
      memberId,
      groupInstanceId,
      protocolType,
      protocolName,
      assignments: [...assignments].map(([to, text]) => ({ memberId: to, assignment: encoder.encode(text) }))
    })
    return {
      said: this.#said(answer?.errorCode),
      protocolName: answer?.protocolName ?? '',
      assignment: new TextDecoder().decode(answer?.assignment ?? noBytes)
    }
  }

  async heartbeat({ memberId, groupInstanceId, generationId }: Identity): Promise<Said> {
    const answer = await this.#ask(heartbeatCall, { groupId, generationId, memberId, groupInstanceId })
    return this.#said(answer?.errorCode)
  }

  async leave({ memberId, groupInstanceId }: Identity): Promise<Said> {
    const answer = await this.#ask(leaveCall, { groupId, members: [{ memberId, groupInstanceId }] })
    return this.#said(answer?.errorCode)
  }

  /** What was said of each partition. */
  async commit(identity: Identity, offsets: ReadonlyMap<number, number>): Promise<ReadonlyMap<number, Said>> {
    const { memberId, groupInstanceId, generationId: generationIdOrMemberEpoch } = identity
    const partitions = [...offsets].map(([partitionIndex, committedOffset]) => ({
      partitionIndex,
      committedOffset,
      committedMetadata: null
    }))
    const topics = [{ name: topic, partitions }]
    const answer = await this.#ask(commitCall, {
      groupId,
      memberId,
      groupInstanceId,
      generationIdOrMemberEpoch,
      topics
    })
    const answered = answer?.topics[0]?.partitions ?? []
    return new Map(
      [...offsets.keys()].map((partition) => {
        const one = answered.find(({ partitionIndex }) => partitionIndex === partition)
        return [partition, this.#said(one?.errorCode)]
      })
    )
  }

  /** By partition, -1: nothing is committed. Undefined when the coordinator does not tell. */
  async committed(partitions: readonly number[]): Promise<ReadonlyMap<number, number> | undefined> {
    const topics = [{ name: topic, partitionIndexes: [...partitions] }]
    // Without a session a coordinator tells only what it shows to be so: that is held against it.
    const registered = this.#client.registeredBrokers
    const answer = await this.#ask(offsetsCall, { groupId, topics, groups: [] })
    const by = this.#coordinator
    if (by !== undefined && registered.has(by) && this.#client.wasJustReplaced(by)) return undefined
    if (this.#said(answer?.errorCode) !== 'NONE') return undefined
    const told = answer?.topics[0]?.partitions ?? []
    if (told.length !== partitions.length || told.some(({ errorCode }) => errorCode !== 0)) return undefined
    return new Map(told.map(({ partitionIndex, committedOffset }) => [partitionIndex, Number(committedOffset)]))
  }
}
