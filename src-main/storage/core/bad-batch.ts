/**
 * A batch that was safe on the platter once and is not one any more, with good ones behind it: nobody but its owner may cut
 * there. What is known of it is kept in a file of the partition's folder, so that a start need not read the log to know.
 */
import type { FilePosition, Offset } from '../../kernel/ids'

export interface BadBatch {
  /** Name of the segment's file. */
  readonly file: string
  readonly position: FilePosition
  /** All records below it can be read. */
  readonly offset: Offset
  /** Where the log ended before: what lies between cannot be had from this log. */
  readonly endOffset: Offset
  /** False: it may have been longer, but what is behind cannot be read to its end. */
  readonly isEndKnown: boolean
  /** What is wrong, as the end of a sentence. */
  readonly fault: string
}

/** Kafka knows no such file, and leaves it alone. */
export const badBatchFile = 'bad-batch'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const encodeBadBatch = (bad: BadBatch): Uint8Array =>
  encoder.encode(`${JSON.stringify({ version: 0, ...bad })}\n`)

/** Undefined when it is none. */
export function decodeBadBatch(bytes: Uint8Array): BadBatch | undefined {
  const fields = parsed(decoder.decode(bytes))
  const { file, position, offset, endOffset, isEndKnown, fault } = fields
  if (typeof file !== 'string' || !/^\d{20}\.log$/.test(file) || typeof fault !== 'string') return undefined
  if (!isOffset(position) || !isOffset(offset) || !isOffset(endOffset) || endOffset < offset) return undefined
  return { file, position, offset, endOffset, isEndKnown: isEndKnown === true, fault }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {}
  }
}

const isOffset = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
