/**
 * Requests (zookeeper.jute, module proto). One table of what this ensemble speaks: an operation that is not here is
 * UNIMPLEMENTED for the client port.
 */
import { createFlags, opCodes, type watcherTypes } from './codes'
import { DecodeError, type JuteReader } from './jute-reader'
import type { JuteWriter } from './jute-writer'
import { readAcl, writeAcl, type Acl } from './stat'
import type { Zxid } from './zxid'

export interface CreateRequest {
  readonly type: 'create'
  readonly path: string
  /** Null is not the same as empty: both read back as they were written. */
  readonly data: Uint8Array | null
  readonly acl: readonly Acl[]
  /** One of createFlags; anything else is BADARGUMENTS. */
  readonly flags: number
  /** Asked by create2, createContainer or createTTL: the answer carries the Stat. */
  readonly withStat: boolean
  /** createContainer makes a container whatever the flags say; absent: the flags say it. */
  readonly isContainer?: boolean
  /** Of createTTL. */
  readonly ttlMs?: number
}
export interface DeleteRequest {
  readonly type: 'delete'
  readonly path: string
  /** -1 is any. */
  readonly version: number
}
export interface SetDataRequest {
  readonly type: 'setData'
  readonly path: string
  readonly data: Uint8Array | null
  readonly version: number
}
export interface CheckRequest {
  readonly type: 'check'
  readonly path: string
  readonly version: number
}
export interface SetAclRequest {
  readonly type: 'setACL'
  readonly path: string
  readonly acl: readonly Acl[]
  /** Of the list (aversion); -1 is any. */
  readonly version: number
}
/** What a multi may hold. */
export type MultiOperation = CreateRequest | DeleteRequest | SetDataRequest | CheckRequest
export interface MultiRequest {
  readonly type: 'multi'
  readonly operations: readonly MultiOperation[]
}
export interface SetWatchesRequest {
  readonly type: 'setWatches'
  /** What the client has seen: later changes are told at once. */
  readonly relativeZxid: Zxid
  readonly data: readonly string[]
  readonly exist: readonly string[]
  readonly child: readonly string[]
  /** Of setWatches2; absent: setWatches. */
  readonly persistent?: readonly string[]
  readonly recursive?: readonly string[]
}
export interface ExistsRequest {
  readonly type: 'exists'
  readonly path: string
  readonly watch: boolean
}
export interface GetDataRequest {
  readonly type: 'getData'
  readonly path: string
  readonly watch: boolean
}
export interface GetChildrenRequest {
  readonly type: 'getChildren'
  readonly path: string
  readonly watch: boolean
  readonly withStat: boolean
}
export interface MultiReadRequest {
  readonly type: 'multiRead'
  /** getData, and getChildren without a Stat. */
  readonly operations: readonly (GetDataRequest | GetChildrenRequest)[]
}
export type WriteRequest =
  | CreateRequest
  | DeleteRequest
  | SetDataRequest
  | SetAclRequest
  | MultiRequest
  /** The log has one: it is answered in the order of the others. Disabled here, as it is by default in ZooKeeper. */
  | { readonly type: 'reconfig' }
export type ReadRequest =
  | ExistsRequest
  | GetDataRequest
  | GetChildrenRequest
  | MultiReadRequest
  | { readonly type: 'getACL' | 'sync' | 'getAllChildrenNumber'; readonly path: string }
  /** Null: all of the session's. */
  | { readonly type: 'getEphemerals'; readonly prefix: string | null }
  | { readonly type: 'addWatch'; readonly path: string; readonly mode: number }
  /** `watcherType`: one of watcherTypes. */
  | { readonly type: 'checkWatches' | 'removeWatches'; readonly path: string; readonly watcherType: WatcherType }
  | SetWatchesRequest
  | { readonly type: 'ping' | 'whoAmI' }
export interface AuthRequest {
  readonly type: 'auth'
  readonly scheme: string
  readonly credentials: Uint8Array | null
}
export type WatcherType = (typeof watcherTypes)[keyof typeof watcherTypes]
export type Request =
  | WriteRequest
  | ReadRequest
  | AuthRequest
  /** `deleteContainer` is what ZooKeeper asks of itself. */
  | { readonly type: 'closeSession' | 'sasl' | 'deleteContainer' }

/** The body of a request; undefined for an operation we do not speak. Throws DecodeError. */
export function readRequest(op: number, reader: JuteReader): Request | undefined {
  switch (op) {
    case opCodes.create:
    case opCodes.create2:
    case opCodes.createContainer:
    case opCodes.createTTL:
      return readCreate(op, reader)
    case opCodes.delete:
      return readDelete(reader)
    case opCodes.setData:
      return readSetData(reader)
    case opCodes.setACL:
      return { type: 'setACL', path: reader.string(), acl: readAcl(reader), version: reader.int() }
    case opCodes.multi:
      return { type: 'multi', operations: readOperations(reader, readOperation) }
    case opCodes.multiRead:
      return { type: 'multiRead', operations: readOperations(reader, readReadOperation) }
    case opCodes.exists:
      return { type: 'exists', path: reader.string(), watch: reader.boolean() }
    case opCodes.getData:
      return { type: 'getData', path: reader.string(), watch: reader.boolean() }
    case opCodes.getChildren:
    case opCodes.getChildren2:
      return readGetChildren(reader, op === opCodes.getChildren2)
    case opCodes.getACL:
      return { type: 'getACL', path: reader.string() }
    case opCodes.sync:
      return { type: 'sync', path: reader.string() }
    case opCodes.getAllChildrenNumber:
      return { type: 'getAllChildrenNumber', path: reader.string() }
    case opCodes.getEphemerals:
      return { type: 'getEphemerals', prefix: reader.nullableString() }
    case opCodes.reconfig:
      reader.nullableString()
      reader.nullableString()
      reader.nullableString()
      reader.longBits()
      return { type: 'reconfig' }
    case opCodes.deleteContainer:
      return { type: 'deleteContainer' }
    case opCodes.addWatch:
      return { type: 'addWatch', path: reader.string(), mode: reader.int() }
    case opCodes.checkWatches:
      return { type: 'checkWatches', path: reader.string(), watcherType: readWatcherType(reader) }
    case opCodes.removeWatches:
      return { type: 'removeWatches', path: reader.string(), watcherType: readWatcherType(reader) }
    case opCodes.setWatches:
      return readSetWatches(reader)
    case opCodes.setWatches2:
      return { ...readSetWatches(reader), persistent: reader.strings(), recursive: reader.strings() }
    case opCodes.auth:
      reader.int()
      return { type: 'auth', scheme: reader.nullableString() ?? '', credentials: reader.buffer() }
    default:
      return readBodiless(op)
  }
}

/** Undefined of all others. */
export function writeOf(request: Request | undefined): WriteRequest | undefined {
  switch (request?.type) {
    case 'create':
    case 'delete':
    case 'setData':
    case 'setACL':
    case 'reconfig':
    case 'multi':
      return request
    default:
      return undefined
  }
}

/** Those of which nothing more is to be known. */
function readBodiless(op: number): Request | undefined {
  switch (op) {
    case opCodes.ping:
      return { type: 'ping' }
    case opCodes.whoAmI:
      return { type: 'whoAmI' }
    case opCodes.sasl:
      return { type: 'sasl' }
    case opCodes.closeSession:
      return { type: 'closeSession' }
    default:
      return undefined
  }
}

export function requestOp(request: Request | CheckRequest): number {
  switch (request.type) {
    case 'create':
      if (request.isContainer === true) return opCodes.createContainer
      if (request.ttlMs !== undefined) return opCodes.createTTL
      return request.withStat ? opCodes.create2 : opCodes.create
    case 'getChildren':
      return request.withStat ? opCodes.getChildren2 : opCodes.getChildren
    case 'setWatches':
      return request.persistent === undefined ? opCodes.setWatches : opCodes.setWatches2
    default:
      return opCodes[request.type]
  }
}

export function writeRequest(writer: JuteWriter, request: Request | CheckRequest): void {
  switch (request.type) {
    case 'create':
      writer.string(request.path).buffer(request.data)
      writeAcl(writer, request.acl)
      writer.int(request.flags)
      if (request.ttlMs !== undefined) writer.long(request.ttlMs)
      return
    case 'delete':
    case 'check':
      writer.string(request.path).int(request.version)
      return
    case 'setData':
      writer.string(request.path).buffer(request.data).int(request.version)
      return
    case 'setACL':
      writer.string(request.path)
      writeAcl(writer, request.acl)
      writer.int(request.version)
      return
    case 'multi':
    case 'multiRead':
      for (const operation of request.operations) {
        writer.int(requestOp(operation)).boolean(false).int(-1)
        writeRequest(writer, operation)
      }
      writer.int(-1).boolean(true).int(-1)
      return
    case 'exists':
    case 'getData':
    case 'getChildren':
      writer.string(request.path).boolean(request.watch)
      return
    case 'getACL':
    case 'sync':
    case 'getAllChildrenNumber':
      writer.string(request.path)
      return
    case 'getEphemerals':
      if (request.prefix === null) writer.int(-1)
      else writer.string(request.prefix)
      return
    case 'addWatch':
      writer.string(request.path).int(request.mode)
      return
    case 'checkWatches':
    case 'removeWatches':
      writer.string(request.path).int(request.watcherType)
      return
    case 'setWatches':
      writer.zxid(request.relativeZxid).strings(request.data).strings(request.exist).strings(request.child)
      if (request.persistent !== undefined) writer.strings(request.persistent).strings(request.recursive ?? [])
      return
    case 'auth':
      writer.int(0).string(request.scheme).buffer(request.credentials)
      return
    case 'reconfig':
      writer.int(-1).int(-1).int(-1).longBits(-1n)
      return
    case 'deleteContainer':
    case 'sasl':
    case 'ping':
    case 'whoAmI':
    case 'closeSession':
      return
  }
}

function readOperations<Operation>(
  reader: JuteReader,
  read: (op: number, reader: JuteReader) => Operation
): Operation[] {
  const operations: Operation[] = []
  for (;;) {
    const op = reader.int()
    const done = reader.boolean()
    reader.int()
    if (done) return operations
    operations.push(read(op, reader))
  }
}

function readOperation(op: number, reader: JuteReader): MultiOperation {
  switch (op) {
    case opCodes.create:
    case opCodes.create2:
    case opCodes.createContainer:
    case opCodes.createTTL:
      return asItsFlagsSay(readCreate(op, reader))
    case opCodes.delete:
      return readDelete(reader)
    case opCodes.setData:
      return readSetData(reader)
    case opCodes.check:
      return { type: 'check', path: reader.string(), version: reader.int() }
    default:
      throw new DecodeError(`operation ${op} inside a multi`)
  }
}

function readReadOperation(op: number, reader: JuteReader): GetDataRequest | GetChildrenRequest {
  switch (op) {
    case opCodes.getData:
      return { type: 'getData', path: reader.string(), watch: reader.boolean() }
    case opCodes.getChildren:
      return readGetChildren(reader, false)
    default:
      throw new DecodeError(`operation ${op} inside a multiRead`)
  }
}

function readCreate(op: number, reader: JuteReader): CreateRequest {
  const request: CreateRequest = {
    type: 'create',
    path: reader.string(),
    data: reader.buffer(),
    acl: readAcl(reader),
    flags: reader.int(),
    withStat: op !== opCodes.create
  }
  if (op === opCodes.createContainer) return { ...request, isContainer: true }
  // Past what is safe it is past what is allowed.
  return op === opCodes.createTTL ? { ...request, ttlMs: Number(reader.longBits()) } : request
}

/** Inside a multi it is not the operation that tells what is made (Op.Create; measured on 3.8). */
function asItsFlagsSay({ isContainer, ttlMs, ...request }: CreateRequest): CreateRequest {
  const { container, ttl, ttlSequential } = createFlags
  if (request.flags === container) return { ...request, isContainer: true, withStat: true }
  if (request.flags === ttl || request.flags === ttlSequential)
    return ttlMs === undefined ? request : { ...request, ttlMs }
  const wasCreate2 = isContainer !== true && ttlMs === undefined && request.withStat
  return { ...request, withStat: wasCreate2 }
}

function readDelete(reader: JuteReader): DeleteRequest {
  return { type: 'delete', path: reader.string(), version: reader.int() }
}

function readSetData(reader: JuteReader): SetDataRequest {
  return { type: 'setData', path: reader.string(), data: reader.buffer(), version: reader.int() }
}

function readGetChildren(reader: JuteReader, withStat: boolean): GetChildrenRequest {
  return { type: 'getChildren', path: reader.string(), watch: reader.boolean(), withStat }
}

function readSetWatches(reader: JuteReader): SetWatchesRequest {
  return {
    type: 'setWatches',
    relativeZxid: reader.seenZxid(),
    data: reader.strings(),
    exist: reader.strings(),
    child: reader.strings()
  }
}

function readWatcherType(reader: JuteReader): WatcherType {
  const type = reader.int()
  if (type === 1 || type === 2 || type === 3) return type
  throw new DecodeError(`watches of type ${type}`)
}
