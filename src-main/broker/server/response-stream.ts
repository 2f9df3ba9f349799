/**
 * Sends a response whose record data lies in files: pooled 256 KB pieces, two in flight, headers and file bytes
 * gathered into the same piece. The caller holds everything else of the connection
 * back until `handedOver`.
 */
import { AppError } from '../../kernel/errors'
import type { Connection } from '../../kernel/ports'
import type { Writer } from '../../protocol/wire/writer'
import type { LogSlice } from '../../storage/log-types'
import type { FileBytes } from './file-bytes'

export const pieceBytes = 256 * 1024
const inFlightMax = 2
const idlePiecesMax = 32

type Part =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly type: 'slice'; readonly slice: LogSlice; readonly failed: FileBytes['failed'] }

/** Buffers that are used again; at most `idlePiecesMax` are kept. */
export class PiecePool {
  readonly #idle: Uint8Array[] = []

  take(): Uint8Array {
    return this.#idle.pop() ?? new Uint8Array(pieceBytes)
  }

  give(piece: Uint8Array): void {
    if (this.#idle.length < idlePiecesMax) this.#idle.push(piece)
  }
}

export interface StreamEnd {
  /** The last piece was given to the connection: the next response may follow. */
  handedOver(): void
  /** A file could not be read: the connection cannot be used any more. */
  failed(error: unknown): void
}

export class ResponseStream {
  readonly #connection: Connection
  readonly #pool: PiecePool
  readonly #end: StreamEnd
  readonly #parts: readonly Part[]
  #part = 0
  /** Bytes of the current part that were sent. */
  #sent = 0
  #inFlight = 0
  #isDone = false

  constructor(connection: Connection, pool: PiecePool, writer: Writer, end: StreamEnd) {
    this.#connection = connection
    this.#pool = pool
    this.#end = end
    this.#parts = partsOf(writer)
  }

  pump(): void {
    while (!this.#isDone && this.#inFlight < inFlightMax) {
      const piece = this.#pool.take()
      let filled: number
      try {
        filled = this.#fill(piece)
      } catch (error) {
        this.#isDone = true
        this.#tellOwner(error)
        this.#end.failed(error)
        return
      }
      this.#inFlight += 1
      this.#connection.send(filled === piece.length ? piece : piece.subarray(0, filled), () => {
        this.#inFlight -= 1
        this.#pool.give(piece)
        this.pump()
      })
      if (this.#part === this.#parts.length) {
        this.#isDone = true
        this.#end.handedOver()
      }
    }
  }

  /** A file that was closed, since nobody was to read it any more, says nothing of the disk: what the system says has a code. */
  #tellOwner(error: unknown): void {
    const part = this.#parts[this.#part]
    if (part?.type !== 'slice' || !(error instanceof AppError)) return
    if (error.code === 'DISK_FAILED' && typeof error.details['code'] === 'string') part.failed(error)
  }

  /** Puts as much of the rest as fits into the piece; returns how many bytes. */
  #fill(piece: Uint8Array): number {
    let filled = 0
    while (filled < piece.length) {
      const part = this.#parts[this.#part]
      if (part === undefined) break
      const length = part.type === 'bytes' ? part.bytes.length : part.slice.lengthBytes
      const count = Math.min(length - this.#sent, piece.length - filled)
      copyPart(part, this.#sent, piece.subarray(filled, filled + count))
      filled += count
      this.#sent += count
      if (this.#sent === length) {
        this.#part += 1
        this.#sent = 0
      }
    }
    return filled
  }
}

function copyPart(part: Part, from: number, into: Uint8Array): void {
  if (part.type === 'bytes') {
    into.set(part.bytes.subarray(from, from + into.length))
    return
  }
  const { file, position } = part.slice
  const read = file.readAt(position + from, into)
  if (read < into.length) throw new Error(`${file.path} ends before position ${position + from + into.length}`)
}

function partsOf(writer: Writer): readonly Part[] {
  const bytes = writer.finished()
  const parts: Part[] = []
  let at = 0
  for (const external of writer.externals) {
    if (external.position > at) parts.push({ type: 'bytes', bytes: bytes.subarray(at, external.position) })
    at = external.position
    const { slices, failed } = external.bytes as FileBytes
    for (const slice of slices) if (slice.lengthBytes > 0) parts.push({ type: 'slice', slice, failed })
  }
  if (at < bytes.length) parts.push({ type: 'bytes', bytes: bytes.subarray(at) })
  return parts
}
