/** Replies and watch events (zookeeper.jute, module proto). A body follows a header only when its error is 0. */
import { errorCodes, opCodes, specialXids, watchEventTypes, type WatchEventType } from './codes'
import { DecodeError, type JuteReader } from './jute-reader'
import { JuteWriter } from './jute-writer'
import { readAcl, readStat, writeAcl, writeStat, type Acl, type Stat } from './stat'
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
  | { readonly type: 'setData' | 'exists'; readonly stat: Stat }
  | { readonly type: 'getData'; readonly data: Uint8Array | null; readonly stat: Stat }
  | { readonly type: 'getChildren'; readonly children: readonly string[]; readonly stat: Stat | undefined }
  | { readonly type: 'getACL'; readonly acl: readonly Acl[]; readonly stat: Stat }
  | { readonly type: 'sync'; readonly path: string }
  | { readonly type: 'multi'; readonly results: readonly MultiResult[] }
  /** delete, ping, setWatches, closeSession. */
  | { readonly type: 'empty' }

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
      return { type: 'create', path: reader.string(), stat: readStat(reader) }
    case opCodes.setData:
      return { type: 'setData', stat: readStat(reader) }
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
      return { type: 'multi', results: readMultiResults(reader) }
    case opCodes.delete:
    case opCodes.ping:
    case opCodes.setWatches:
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

function readMultiResults(reader: JuteReader): MultiResult[] {
  const results: MultiResult[] = []
  for (;;) {
    const type = reader.int()
    const done = reader.boolean()
    reader.int()
    if (done) return results
    results.push(readMultiResult(type, reader))
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
