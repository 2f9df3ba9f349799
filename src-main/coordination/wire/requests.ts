/**
 * Requests (zookeeper.jute, module proto). One table of what this ensemble speaks: an operation that is not here is
 * UNIMPLEMENTED for the client port.
 */
import { opCodes } from './codes'
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
  /** createFlags, or'ed; anything else is BADARGUMENTS. */
  readonly flags: number
  /** create2: the answer carries the Stat. */
  readonly withStat: boolean
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
}
export type WriteRequest = CreateRequest | DeleteRequest | SetDataRequest | MultiRequest
export type ReadRequest =
  | { readonly type: 'exists' | 'getData'; readonly path: string; readonly watch: boolean }
  | { readonly type: 'getChildren'; readonly path: string; readonly watch: boolean; readonly withStat: boolean }
  | { readonly type: 'getACL' | 'sync'; readonly path: string }
  | SetWatchesRequest
  | { readonly type: 'ping' }
export type Request = WriteRequest | ReadRequest | { readonly type: 'closeSession' } | { readonly type: 'auth' }

/** The body of a request; undefined for an operation we do not speak. Throws DecodeError. */
export function readRequest(op: number, reader: JuteReader): Request | undefined {
  switch (op) {
    case opCodes.create:
    case opCodes.create2:
      return readCreate(op, reader)
    case opCodes.delete:
      return readDelete(reader)
    case opCodes.setData:
      return readSetData(reader)
    case opCodes.multi:
      return { type: 'multi', operations: readOperations(reader) }
    case opCodes.exists:
      return { type: 'exists', path: reader.string(), watch: reader.boolean() }
    case opCodes.getData:
      return { type: 'getData', path: reader.string(), watch: reader.boolean() }
    case opCodes.getChildren:
    case opCodes.getChildren2:
      return {
        type: 'getChildren',
        path: reader.string(),
        watch: reader.boolean(),
        withStat: op === opCodes.getChildren2
      }
    case opCodes.getACL:
      return { type: 'getACL', path: reader.string() }
    case opCodes.sync:
      return { type: 'sync', path: reader.string() }
    case opCodes.setWatches:
      return {
        type: 'setWatches',
        relativeZxid: reader.zxid(),
        data: reader.strings(),
        exist: reader.strings(),
        child: reader.strings()
      }
    case opCodes.ping:
      return { type: 'ping' }
    case opCodes.auth:
      return { type: 'auth' }
    case opCodes.closeSession:
      return { type: 'closeSession' }
    default:
      return undefined
  }
}

export function requestOp(request: Request | CheckRequest): number {
  switch (request.type) {
    case 'create':
      return request.withStat ? opCodes.create2 : opCodes.create
    case 'getChildren':
      return request.withStat ? opCodes.getChildren2 : opCodes.getChildren
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
      return
    case 'delete':
    case 'check':
      writer.string(request.path).int(request.version)
      return
    case 'setData':
      writer.string(request.path).buffer(request.data).int(request.version)
      return
    case 'multi':
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
      writer.string(request.path)
      return
    case 'setWatches':
      writer.zxid(request.relativeZxid).strings(request.data).strings(request.exist).strings(request.child)
      return
    case 'auth':
    case 'ping':
    case 'closeSession':
      return
  }
}

function readOperations(reader: JuteReader): MultiOperation[] {
  const operations: MultiOperation[] = []
  for (;;) {
    const op = reader.int()
    const done = reader.boolean()
    reader.int()
    if (done) return operations
    operations.push(readOperation(op, reader))
  }
}

function readOperation(op: number, reader: JuteReader): MultiOperation {
  switch (op) {
    case opCodes.create:
    case opCodes.create2:
      return readCreate(op, reader)
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

function readCreate(op: number, reader: JuteReader): CreateRequest {
  return {
    type: 'create',
    path: reader.string(),
    data: reader.buffer(),
    acl: readAcl(reader),
    flags: reader.int(),
    withStat: op === opCodes.create2
  }
}

function readDelete(reader: JuteReader): DeleteRequest {
  return { type: 'delete', path: reader.string(), version: reader.int() }
}

function readSetData(reader: JuteReader): SetDataRequest {
  return { type: 'setData', path: reader.string(), data: reader.buffer(), version: reader.int() }
}
