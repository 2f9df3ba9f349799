/**
 * What members say to each other, as bytes. Anything may come in: what is no message throws DecodeError, and no length makes
 * memory before its bytes have been seen. A frame is its CRC-32C and what that is of: a message of which bytes are wrong may read as
 * another one, and what an append brings is kept. Frames are bounded by `peerFrameBytesMax`; an append is cut to fit (`appendBytesMax`).
 * Terms are from 0 to `termMax`, and no position is of a later term than the message that names it.
 */
import type { SessionId } from '../../../kernel/ids'
import { unreachable } from '../../../kernel/invariant'
import type { Checksum } from '../../../kernel/ports'
import { DecodeError, JuteReader } from '../../wire/jute-reader'
import { JuteWriter } from '../../wire/jute-writer'
import { decodeLogEntry, encodeLogEntry, entryCapacityBytes, writeLogEntry, type LogCommand } from '../log-entry'
import type { MemberId, PeerMessage } from './messages'
import type { Zxid } from '../../wire/zxid'

/** Of entries, as they are counted in an append. */
export const appendBytesMax = 1024 * 1024
/** A client's largest request is 1 MiB; an append may hold as much and one more of them. */
export const peerFrameBytesMax = 4 * 1024 * 1024
export const touchedSessionsMax = 10_000

/** The first frame of a link: whose it is. Members of other ensembles, and of other versions, are not listened to. */
export interface Hello {
  readonly type: 'hello'
  readonly ensembleId: string
  readonly from: MemberId
  readonly to: MemberId
  /** Of the process: another one has heard nothing of what was sent to the one before. */
  readonly life: number
}

export type PeerFrame =
  | Hello
  | { readonly type: 'consensus'; readonly message: PeerMessage }
  /** To the leader: a follower's client wants this in the log. */
  | { readonly type: 'proposal'; readonly proposalId: number; readonly command: LogCommand }
  /** Back: it is in no log. */
  | { readonly type: 'notTaken'; readonly command: LogCommand }
  /** Back on a link, now and then: somebody listens. */
  | { readonly type: 'alive' }
  /** To the leader: these sessions were heard of. */
  | { readonly type: 'touched'; readonly sessionIds: readonly SessionId[] }

/** Of most frames: heartbeats and answers. A longer one makes its buffer grow. */
const smallFrameBytes = 72

const helloMagic = 0x4c47_5052
const protocolVersion = 1

const frameCodes = { hello: 1, consensus: 2, proposal: 3, notTaken: 4, touched: 5, alive: 6 } as const
const messageCodes = {
  preVote: 1,
  preVoteAnswer: 2,
  vote: 3,
  voteAnswer: 4,
  append: 5,
  appendAnswer: 6,
  appendRefused: 7,
  snapshot: 8,
  snapshotAnswer: 9,
  campaignNow: 10,
  readRequest: 11,
  readAnswer: 12
} as const satisfies Record<PeerMessage['type'], number>

const lengthBytes = 4
const checksumBytes = 4
type FrameChecksum = Pick<Checksum, 'crc32c'>

const zxidOfNothing = { epoch: 0, counter: 0 }

/** With its length before it. */
export function encodePeerFrame(frame: PeerFrame, { crc32c }: FrameChecksum): Uint8Array {
  const writer = JuteWriter.frame(frameCapacityBytes(frame)).int(0).int(frameCodes[frame.type])
  switch (frame.type) {
    case 'hello':
      writer
        .int(helloMagic)
        .int(protocolVersion)
        .string(frame.ensembleId)
        .int(frame.from)
        .int(frame.to)
        .long(frame.life)
      break
    case 'consensus':
      writeMessage(writer, frame.message)
      break
    case 'proposal':
      writeCommand(writer.long(frame.proposalId), frame.command)
      break
    case 'notTaken':
      writeCommand(writer, frame.command)
      break
    case 'alive':
      break
    case 'touched':
      writer.vector(frame.sessionIds, (sessionId) => writer.longBits(sessionId))
  }
  const bytes = writer.finishFrame()
  writer.setInt(lengthBytes, crc32c(bytes.subarray(lengthBytes + checksumBytes)))
  return bytes
}

/** So that the buffer of one with entries does not grow again and again. */
function frameCapacityBytes(frame: PeerFrame): number {
  if (frame.type === 'proposal') return smallFrameBytes + entryCapacityBytes(frame)
  if (frame.type !== 'consensus' || frame.message.type !== 'append') return smallFrameBytes
  return frame.message.entries.reduce((bytes, entry) => bytes + entryCapacityBytes(entry), smallFrameBytes)
}

/** Without its length; byte fields are views into the input. Throws DecodeError. */
export function decodePeerFrame(bytes: Uint8Array, { crc32c }: FrameChecksum): PeerFrame {
  const reader = new JuteReader(bytes)
  const expected = reader.int() >>> 0
  if (crc32c(bytes.subarray(checksumBytes)) !== expected) throw new DecodeError('its checksum is wrong')
  const frame = readFrame(reader)
  if (reader.remaining > 0) throw new DecodeError(`${reader.remaining} bytes after a frame`)
  return frame
}

function readFrame(reader: JuteReader): PeerFrame {
  const code = reader.int()
  switch (code) {
    case frameCodes.hello: {
      if (reader.int() !== helloMagic) throw new DecodeError('this is no member of an ensemble')
      const version = reader.int()
      if (version !== protocolVersion) throw new DecodeError(`a member speaks version ${version}`)
      const [ensembleId, from, to] = [reader.string(), reader.int(), reader.int()]
      return { type: 'hello', ensembleId, from, to, life: reader.long() }
    }
    case frameCodes.consensus:
      return { type: 'consensus', message: readMessage(reader) }
    case frameCodes.proposal:
      return { type: 'proposal', proposalId: reader.long(), command: readCommand(reader) }
    case frameCodes.notTaken:
      return { type: 'notTaken', command: readCommand(reader) }
    case frameCodes.alive:
      return { type: 'alive' }
    case frameCodes.touched:
      return { type: 'touched', sessionIds: reader.vector(8, () => reader.longBits()) }
    default:
      throw new DecodeError(`frame ${code}`)
  }
}

/** As in an entry that has no place yet. */
function writeCommand(writer: JuteWriter, command: LogCommand): void {
  writer.buffer(encodeLogEntry({ zxid: zxidOfNothing, proposalId: 0, timeMs: 0, command }))
}

function readCommand(reader: JuteReader): LogCommand {
  return decodeLogEntry(bytesOf(reader)).command
}

function writeMessage(writer: JuteWriter, message: PeerMessage): void {
  writer.int(messageCodes[message.type]).int(message.term)
  switch (message.type) {
    case 'preVote':
      writer.zxid(message.last)
      return
    case 'vote':
      writer.zxid(message.last).boolean(message.isTransfer)
      return
    case 'preVoteAnswer':
    case 'voteAnswer':
      writer.boolean(message.isGranted)
      return
    case 'append':
      writer.zxid(message.previous).zxid(message.committed).long(message.round)
      writer.vector(message.entries, (entry) => writer.sized(() => writeLogEntry(writer, entry)))
      return
    case 'appendAnswer':
      writer.zxid(message.matched).long(message.round).boolean(message.isVoter).long(message.incarnation)
      return
    case 'appendRefused':
      writer.zxid(message.refused).zxid(message.hint)
      writer.long(message.round).boolean(message.isVoter).long(message.incarnation)
      return
    case 'snapshot':
      writer.long(message.round).zxid(message.last).long(message.offsetBytes).long(message.totalBytes)
      writer.buffer(message.bytes)
      return
    case 'snapshotAnswer':
      writer.zxid(message.last).long(message.receivedBytes)
      writer.long(message.round).boolean(message.isVoter).long(message.incarnation)
      return
    case 'campaignNow':
      return
    case 'readRequest':
      writer.long(message.readId)
      return
    case 'readAnswer':
      writer.long(message.readId).zxid(message.position)
      return
    default:
      unreachable(message)
  }
}

function readMessage(reader: JuteReader): PeerMessage {
  const code = reader.int()
  const term = reader.int()
  if (term < 0) throw new DecodeError(`term ${term >>> 0}`)
  const position = (zxid = reader.zxid()): Zxid => {
    if (zxid.epoch > term) throw new DecodeError(`a position of term ${zxid.epoch} in a message of term ${term}`)
    return zxid
  }
  switch (code) {
    case messageCodes.preVote:
      return { type: 'preVote', term, last: position() }
    case messageCodes.preVoteAnswer:
      return { type: 'preVoteAnswer', term, isGranted: reader.boolean() }
    case messageCodes.vote:
      return { type: 'vote', term, last: position(), isTransfer: reader.boolean() }
    case messageCodes.voteAnswer:
      return { type: 'voteAnswer', term, isGranted: reader.boolean() }
    case messageCodes.append: {
      const [previous, committed, round] = [position(), position(), reader.long()]
      const entries = reader.vector(4, () => decodeLogEntry(bytesOf(reader)))
      for (const { zxid } of entries) position(zxid)
      return { type: 'append', term, previous, committed, round, entries }
    }
    case messageCodes.appendAnswer:
      return { type: 'appendAnswer', term, matched: position(), round: reader.long(), ...readStanding(reader) }
    case messageCodes.appendRefused: {
      const [refused, hint, round] = [position(), position(), reader.long()]
      return { type: 'appendRefused', term, refused, hint, round, ...readStanding(reader) }
    }
    case messageCodes.snapshot: {
      const [round, last, offsetBytes, totalBytes] = [reader.long(), position(), reader.long(), reader.long()]
      if (offsetBytes < 0 || totalBytes < 0) throw new DecodeError('a piece of a snapshot that is nowhere')
      return { type: 'snapshot', term, round, last, offsetBytes, totalBytes, bytes: bytesOf(reader) }
    }
    case messageCodes.snapshotAnswer: {
      const [last, receivedBytes, round] = [position(), reader.long(), reader.long()]
      return { type: 'snapshotAnswer', term, last, receivedBytes, round, ...readStanding(reader) }
    }
    case messageCodes.campaignNow:
      return { type: 'campaignNow', term }
    case messageCodes.readRequest:
      return { type: 'readRequest', term, readId: reader.long() }
    case messageCodes.readAnswer:
      return { type: 'readAnswer', term, readId: reader.long(), position: position() }
    default:
      throw new DecodeError(`message ${code}`)
  }
}

function readStanding(reader: JuteReader): { readonly isVoter: boolean; readonly incarnation: number } {
  return { isVoter: reader.boolean(), incarnation: reader.long() }
}

function bytesOf(reader: JuteReader): Uint8Array {
  const bytes = reader.buffer()
  if (bytes === null) throw new DecodeError('null where bytes must be')
  return bytes
}
