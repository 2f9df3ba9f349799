/** Replies and watch events (zookeeper.jute, module proto). A body follows a header only when its error is 0. */
import { errorCodes, opCodes, specialXids, watchEventTypes, type WatchEventType } from './codes'
import { DecodeError, type JuteReader } from './jute-reader'
import { JuteWriter } from './jute-writer'
import { readAcl, readStat, writeAcl, writeStat, type Acl, type Identity, type Stat } from './stat'
import type { Zxid } from './zxid'

export interface ReplyHeader {
  readonly xid: number
  /** Last entry the member had applied. */
  readonly zxid: Zxid
  readonly error: number
}

export type MultiResult =
  | { readonly type: 'create'; readonly path: string; readonly stat: Stat | undefined }
  | { readonly type: 'delete' | 'check' }
  | { readonly type: 'setData'; readonly stat: Stat }
  | { readonly type: 'error'; readonly error: number }

export type Response =
  | { readonly type: 'create'; readonly path: string; readonly stat: Stat | undefined }
  | { readonly type: 'setData' | 'setACL' | 'exists'; readonly stat: Stat }
  | { readonly type: 'getData'; readonly data: Uint8Array | null; readonly stat: Stat }
  | { readonly type: 'getChildren'; readonly children: readonly string[]; readonly stat: Stat | undefined }
  | { readonly type: 'getACL'; readonly acl: readonly Acl[]; readonly stat: Stat }
  | { readonly type: 'sync'; readonly path: string }
  | { readonly type: 'multi'; readonly results: readonly MultiResult[] }
  | { readonly type: 'multiRead'; readonly results: readonly ReadResult[] }
  | { readonly type: 'getEphemerals'; readonly paths: readonly string[] }
  | { readonly type: 'getAllChildrenNumber'; readonly count: number }
  | { readonly type: 'whoAmI'; readonly identities: readonly Identity[] }
  /** An ErrorResponse that says that there is none. */
  | { readonly type: 'addWatch' }
  /** delete, ping, setWatches, checkWatches, removeWatches, auth, closeSession. */
  | { readonly type: 'empty' }

/** Of a multiRead. */
export type ReadResult =
  | { readonly type: 'getData'; readonly data: Uint8Array | null; readonly stat: Stat }
  | { readonly type: 'getChildren'; readonly children: readonly string[] }
  | { readonly type: 'error'; readonly error: number }

export interface WatcherEvent {
  readonly type: WatchEventType
  readonly path: string
}

export function replyFrame(header: ReplyHeader, response?: Response): Uint8Array {
  const capacity = response?.type === 'getData' ? 128 + (response.data?.byteLength ?? 0) : 128
  const writer = JuteWriter.frame(capacity).int(header.xid).zxid(header.zxid).int(header.error)
  if (header.error === errorCodes.OK && response !== undefined) writeResponse(writer, response)
  return writer.finishFrame()
}

export function readReplyHeader(reader: JuteReader): ReplyHeader {
  return { xid: reader.int(), zxid: reader.zxid(), error: reader.int() }
}

const syncConnected = 3

/** ZooKeeper 3.8 writes -1 as the zxid of an event (measured). */
export function watchEventFrame(event: WatcherEvent): Uint8Array {
  const writer = JuteWriter.frame(64 + event.path.length)
    .int(specialXids.watchEvent)
    .longBits(-1n)
    .int(errorCodes.OK)
  return writer.int(watchEventTypes[event.type]).int(syncConnected).string(event.path).finishFrame()
}

/** Undefined for an event type we never asked for. */
export function readWatchEvent(reader: JuteReader): WatcherEvent | undefined {
  const code = reader.int()
  reader.int()
  const path = reader.string()
  for (const type of Object.keys(watchEventTypes) as WatchEventType[]) {
    if (watchEventTypes[type] === code) return { type, path }
  }
  return undefined
}

export function writeResponse(writer: JuteWriter, response: Response): void {
  switch (response.type) {
    case 'create':
      writer.string(response.path)
      if (response.stat !== undefined) writeStat(writer, response.stat)
      return
    case 'setData':
    case 'setACL':
    case 'exists':
      writeStat(writer, response.stat)
      return
    case 'getData':
      writer.buffer(response.data)
      writeStat(writer, response.stat)
      return
    case 'getChildren':
      writer.strings(response.children)
      if (response.stat !== undefined) writeStat(writer, response.stat)
      return
    case 'getACL':
      writeAcl(writer, response.acl)
      writeStat(writer, response.stat)
      return
    case 'sync':
      writer.string(response.path)
      return
    case 'multi':
      for (const result of response.results) writeMultiResult(writer, result)
      writer.int(opCodes.error).boolean(true).int(-1)
      return
    case 'multiRead':
      for (const result of response.results) writeReadResult(writer, result)
      writer.int(opCodes.error).boolean(true).int(-1)
      return
    case 'getEphemerals':
      writer.strings(response.paths)
      return
    case 'getAllChildrenNumber':
      writer.int(response.count)
      return
    case 'whoAmI':
      writer.vector(response.identities, ({ scheme, id }) => writer.string(scheme).string(id))
      return
    case 'addWatch':
      writer.int(errorCodes.OK)
      return
    case 'empty':
      return
  }
}

/** The body of the reply to a request of this operation. Throws DecodeError. */
export function readResponse(op: number, reader: JuteReader): Response {
  switch (op) {
    case opCodes.create:
      return { type: 'create', path: reader.string(), stat: undefined }
    case opCodes.create2:
    case opCodes.createContainer:
    case opCodes.createTTL:
      return { type: 'create', path: reader.string(), stat: readStat(reader) }
    case opCodes.setData:
      return { type: 'setData', stat: readStat(reader) }
    case opCodes.setACL:
      return { type: 'setACL', stat: readStat(reader) }
    case opCodes.exists:
      return { type: 'exists', stat: readStat(reader) }
    case opCodes.getData:
      return { type: 'getData', data: reader.buffer(), stat: readStat(reader) }
    case opCodes.getChildren:
      return { type: 'getChildren', children: reader.strings(), stat: undefined }
    case opCodes.getChildren2:
      return { type: 'getChildren', children: reader.strings(), stat: readStat(reader) }
    case opCodes.getACL:
      return { type: 'getACL', acl: readAcl(reader), stat: readStat(reader) }
    case opCodes.sync:
      return { type: 'sync', path: reader.string() }
    case opCodes.multi:
      return { type: 'multi', results: readResults(reader, readMultiResult) }
    case opCodes.multiRead:
      return { type: 'multiRead', results: readResults(reader, readReadResult) }
    case opCodes.getEphemerals:
      return { type: 'getEphemerals', paths: reader.strings() }
    case opCodes.getAllChildrenNumber:
      return { type: 'getAllChildrenNumber', count: reader.int() }
    case opCodes.whoAmI:
      return {
        type: 'whoAmI',
        identities: reader.vector(8, () => ({ scheme: reader.string(), id: reader.string() }))
      }
    case opCodes.addWatch:
      reader.int()
      return { type: 'addWatch' }
    case opCodes.delete:
    case opCodes.ping:
    case opCodes.setWatches:
    case opCodes.setWatches2:
    case opCodes.checkWatches:
    case opCodes.removeWatches:
    case opCodes.auth:
    case opCodes.closeSession:
      return { type: 'empty' }
    default:
      throw new DecodeError(`reply to operation ${op}`)
  }
}

function writeMultiResult(writer: JuteWriter, result: MultiResult): void {
  switch (result.type) {
    case 'create':
      writer
        .int(result.stat === undefined ? opCodes.create : opCodes.create2)
        .boolean(false)
        .int(0)
        .string(result.path)
      if (result.stat !== undefined) writeStat(writer, result.stat)
      return
    case 'setData':
      writer.int(opCodes.setData).boolean(false).int(0)
      writeStat(writer, result.stat)
      return
    case 'delete':
    case 'check':
      writer.int(opCodes[result.type]).boolean(false).int(0)
      return
    case 'error':
      // The code stands twice: in the header and as the body.
      writer.int(opCodes.error).boolean(false).int(result.error).int(result.error)
      return
  }
}

function writeReadResult(writer: JuteWriter, result: ReadResult): void {
  switch (result.type) {
    case 'getData':
      writer.int(opCodes.getData).boolean(false).int(0).buffer(result.data)
      writeStat(writer, result.stat)
      return
    case 'getChildren':
      writer.int(opCodes.getChildren).boolean(false).int(0).strings(result.children)
      return
    case 'error':
      writer.int(opCodes.error).boolean(false).int(result.error).int(result.error)
      return
  }
}

function readResults<Result>(reader: JuteReader, read: (type: number, reader: JuteReader) => Result): Result[] {
  const results: Result[] = []
  for (;;) {
    const type = reader.int()
    const done = reader.boolean()
    reader.int()
    if (done) return results
    results.push(read(type, reader))
  }
}

function readMultiResult(type: number, reader: JuteReader): MultiResult {
  switch (type) {
    case opCodes.create:
      return { type: 'create', path: reader.string(), stat: undefined }
    case opCodes.create2:
      return { type: 'create', path: reader.string(), stat: readStat(reader) }
    case opCodes.setData:
      return { type: 'setData', stat: readStat(reader) }
    case opCodes.delete:
      return { type: 'delete' }
    case opCodes.check:
      return { type: 'check' }
    case opCodes.error:
      return { type: 'error', error: reader.int() }
    default:
      throw new DecodeError(`result of type ${type} in the reply to a multi`)
  }
}

function readReadResult(type: number, reader: JuteReader): ReadResult {
  switch (type) {
    case opCodes.getData:
      return { type: 'getData', data: reader.buffer(), stat: readStat(reader) }
    case opCodes.getChildren:
      return { type: 'getChildren', children: reader.strings() }
    case opCodes.error:
      return { type: 'error', error: reader.int() }
    default:
      throw new DecodeError(`result of type ${type} in the reply to a multiRead`)
  }
}
