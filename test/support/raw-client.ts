/**
 * A Kafka client of our own for tests: says exactly the versions and bytes that it is told to, and keeps answers in the
 * order in which they come.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { produceRequest, produceResponse } from '../../src-main/protocol/api/00-produce'
import { fetchRequest, fetchResponse } from '../../src-main/protocol/api/01-fetch'
import { listOffsetsRequest, listOffsetsResponse } from '../../src-main/protocol/api/02-list-offsets'
import { metadataRequest, metadataResponse } from '../../src-main/protocol/api/03-metadata'
import { leaderAndIsrRequest, leaderAndIsrResponse } from '../../src-main/protocol/api/04-leader-and-isr'
import { stopReplicaRequest, stopReplicaResponse } from '../../src-main/protocol/api/05-stop-replica'
import { updateMetadataRequest, updateMetadataResponse } from '../../src-main/protocol/api/06-update-metadata'
import { offsetCommitRequest, offsetCommitResponse } from '../../src-main/protocol/api/08-offset-commit'
import { offsetFetchRequest, offsetFetchResponse } from '../../src-main/protocol/api/09-offset-fetch'
import { findCoordinatorRequest, findCoordinatorResponse } from '../../src-main/protocol/api/10-find-coordinator'
import { joinGroupRequest, joinGroupResponse } from '../../src-main/protocol/api/11-join-group'
import { heartbeatRequest, heartbeatResponse } from '../../src-main/protocol/api/12-heartbeat'
import { leaveGroupRequest, leaveGroupResponse } from '../../src-main/protocol/api/13-leave-group'
import { syncGroupRequest, syncGroupResponse } from '../../src-main/protocol/api/14-sync-group'
import { describeGroupsRequest, describeGroupsResponse } from '../../src-main/protocol/api/15-describe-groups'
import { listGroupsRequest, listGroupsResponse } from '../../src-main/protocol/api/16-list-groups'
import { apiVersionsRequest, apiVersionsResponse } from '../../src-main/protocol/api/18-api-versions'
import { createTopicsRequest, createTopicsResponse } from '../../src-main/protocol/api/19-create-topics'
import { deleteTopicsRequest, deleteTopicsResponse } from '../../src-main/protocol/api/20-delete-topics'
import { initProducerIdRequest, initProducerIdResponse } from '../../src-main/protocol/api/22-init-producer-id'
import { describeConfigsRequest, describeConfigsResponse } from '../../src-main/protocol/api/32-describe-configs'
import { describeLogDirsRequest, describeLogDirsResponse } from '../../src-main/protocol/api/35-describe-log-dirs'
import { deleteGroupsRequest, deleteGroupsResponse } from '../../src-main/protocol/api/42-delete-groups'
import { describeClusterRequest, describeClusterResponse } from '../../src-main/protocol/api/60-describe-cluster'
import {
  allocateProducerIdsRequest,
  allocateProducerIdsResponse
} from '../../src-main/protocol/api/67-allocate-producer-ids'
import { deleteRecordsRequest, deleteRecordsResponse } from '../../src-main/protocol/api/21-delete-records'
import { alterConfigsRequest, alterConfigsResponse } from '../../src-main/protocol/api/33-alter-configs'
import { createPartitionsRequest, createPartitionsResponse } from '../../src-main/protocol/api/37-create-partitions'
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse
} from '../../src-main/protocol/api/44-incremental-alter-configs'
import { offsetDeleteRequest, offsetDeleteResponse } from '../../src-main/protocol/api/47-offset-delete'
import { decode, encode, isDecodeFailure } from '../../src-main/protocol/wire/codec'
import { beginRequest, sealFrame } from '../../src-main/protocol/wire/headers'
import { Reader } from '../../src-main/protocol/wire/reader'
import type { InputOf, Message, ValueOf } from '../../src-main/protocol/wire/schema'

/** What clients may ask, by the names of the protocol guide. */
export const apis = {
  produce: { key: 0, request: produceRequest, response: produceResponse },
  fetch: { key: 1, request: fetchRequest, response: fetchResponse },
  listOffsets: { key: 2, request: listOffsetsRequest, response: listOffsetsResponse },
  metadata: { key: 3, request: metadataRequest, response: metadataResponse },
  leaderAndIsr: { key: 4, request: leaderAndIsrRequest, response: leaderAndIsrResponse },
  stopReplica: { key: 5, request: stopReplicaRequest, response: stopReplicaResponse },
  updateMetadata: { key: 6, request: updateMetadataRequest, response: updateMetadataResponse },
  offsetCommit: { key: 8, request: offsetCommitRequest, response: offsetCommitResponse },
  offsetFetch: { key: 9, request: offsetFetchRequest, response: offsetFetchResponse },
  findCoordinator: { key: 10, request: findCoordinatorRequest, response: findCoordinatorResponse },
  joinGroup: { key: 11, request: joinGroupRequest, response: joinGroupResponse },
  heartbeat: { key: 12, request: heartbeatRequest, response: heartbeatResponse },
  leaveGroup: { key: 13, request: leaveGroupRequest, response: leaveGroupResponse },
  syncGroup: { key: 14, request: syncGroupRequest, response: syncGroupResponse },
  describeGroups: { key: 15, request: describeGroupsRequest, response: describeGroupsResponse },
  listGroups: { key: 16, request: listGroupsRequest, response: listGroupsResponse },
  apiVersions: { key: 18, request: apiVersionsRequest, response: apiVersionsResponse },
  createTopics: { key: 19, request: createTopicsRequest, response: createTopicsResponse },
  deleteTopics: { key: 20, request: deleteTopicsRequest, response: deleteTopicsResponse },
  initProducerId: { key: 22, request: initProducerIdRequest, response: initProducerIdResponse },
  describeConfigs: { key: 32, request: describeConfigsRequest, response: describeConfigsResponse },
  describeLogDirs: { key: 35, request: describeLogDirsRequest, response: describeLogDirsResponse },
  deleteGroups: { key: 42, request: deleteGroupsRequest, response: deleteGroupsResponse },
  deleteRecords: { key: 21, request: deleteRecordsRequest, response: deleteRecordsResponse },
  alterConfigs: { key: 33, request: alterConfigsRequest, response: alterConfigsResponse },
  createPartitions: { key: 37, request: createPartitionsRequest, response: createPartitionsResponse },
  incrementalAlterConfigs: {
    key: 44,
    request: incrementalAlterConfigsRequest,
    response: incrementalAlterConfigsResponse
  },
  offsetDelete: { key: 47, request: offsetDeleteRequest, response: offsetDeleteResponse },
  describeCluster: { key: 60, request: describeClusterRequest, response: describeClusterResponse },
  allocateProducerIds: { key: 67, request: allocateProducerIdsRequest, response: allocateProducerIdsResponse }
} as const satisfies Record<string, { readonly key: number; readonly request: Message; readonly response: Message }>

export type ApiName = keyof typeof apis
export type RequestOf<Name extends ApiName> = InputOf<(typeof apis)[Name]['request']>
export type AnswerOf<Name extends ApiName> = ValueOf<(typeof apis)[Name]['response']>

const clientId = 'raw-client'
const apiVersionsKey = 18

/** The whole frame of a request, length first. */
export function requestFrame<Name extends ApiName>(
  name: Name,
  version: number,
  value: RequestOf<Name>,
  correlationId: number
): Uint8Array {
  const { key, request } = apis[name]
  const writer = beginRequest(key, version, correlationId, clientId, request)
  encode(request as Message, version, value as never, writer)
  sealFrame(writer)
  return writer.finished().slice()
}

interface Waiter {
  readonly resolve: (frame: Uint8Array) => void
  readonly reject: (error: Error) => void
}

export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed'
}

export class RawClient {
  readonly #socket: Socket
  readonly #frames: Uint8Array[] = []
  readonly #waiters: Waiter[] = []
  /** What has come and is no whole frame yet. */
  #chunks: Buffer[] = []
  #chunksBytes = 0
  #lastCorrelationId = 0
  isClosed = false
  /** Resolves when the broker closed the connection (or we did). */
  readonly closed: Promise<void>

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#received(chunk))
    socket.on('error', () => undefined)
    // Not `once` of node:events, which rejects on an error: a connection that was reset is closed like any other.
    this.closed = new Promise<void>((resolve) => socket.once('close', () => resolve())).then(() => {
      this.isClosed = true
      for (const { reject } of this.#waiters.splice(0)) reject(new ConnectionClosed('the broker closed the connection'))
    })
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay()
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  #received(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#chunksBytes += chunk.length
    while (this.#chunksBytes >= 4) {
      if ((this.#chunks[0]?.length ?? 0) < 4) this.#chunks = [Buffer.concat(this.#chunks)]
      const length = this.#chunks[0]?.readInt32BE(0) ?? 0
      if (this.#chunksBytes < 4 + length) return
      const bytes = Buffer.concat(this.#chunks)
      const frame = Uint8Array.from(bytes.subarray(4, 4 + length))
      this.#chunks = [bytes.subarray(4 + length)]
      this.#chunksBytes -= 4 + length
      const waiter = this.#waiters.shift()
      if (waiter === undefined) this.#frames.push(frame)
      else waiter.resolve(frame)
    }
  }

  /** Bytes as they are. */
  write(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** The next answer, without its length; rejects with ConnectionClosed. */
  frame(): Promise<Uint8Array> {
    const frame = this.#frames.shift()
    if (frame !== undefined) return Promise.resolve(frame)
    if (this.isClosed) return Promise.reject(new ConnectionClosed('the broker closed the connection'))
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }))
  }

  /** Sends without waiting; the correlation id. */
  send<Name extends ApiName>(name: Name, version: number, value: RequestOf<Name>): number {
    const correlationId = ++this.#lastCorrelationId
    this.write(requestFrame(name, version, value, correlationId))
    return correlationId
  }

  /** Sends and takes the next answer, which must be the one to this request. */
  async ask<Name extends ApiName>(name: Name, version: number, value: RequestOf<Name>): Promise<AnswerOf<Name>> {
    const correlationId = this.send(name, version, value)
    const answer = readAnswer(name, version, await this.frame())
    if (answer.correlationId !== correlationId) throw new Error('an answer came out of order')
    return answer.value
  }

  close(): void {
    this.#socket.destroy()
  }
}

export function readAnswer<Name extends ApiName>(
  name: Name,
  version: number,
  frame: Uint8Array
): { readonly correlationId: number; readonly value: AnswerOf<Name> } {
  const { key, response } = apis[name]
  const reader = new Reader(frame)
  const correlationId = reader.int32()
  if (version >= response.flexibleFrom && key !== apiVersionsKey) reader.skipTags()
  const value = decode(response as Message, version, reader) as object
  if (isDecodeFailure(value)) throw new Error(value.failure)
  if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes are left over in ${response.name} v${version}`)
  return { correlationId, value: value as AnswerOf<Name> }
}
