/** Lines of standard input as payloads, byte for byte: each ends at LF and nowhere else, bytes that are no text are kept. */
import type { Payload } from '../../api/views'
import { AppError } from '../../kernel/errors'
import { LineSplitter } from '../../kernel/line-splitter'
import { payloadFromBytes } from '../../serdes/payload'

/** A request takes so many lines, or bytes, whichever comes first; a line alone may be larger. */
const linesPerRequest = 500
const bytesPerRequest = 1024 * 1024
export const lineBytesMax = 20 * 1024 * 1024

/**
 * Lines that are there together come together; a single one is not held back for more. Nothing is read ahead of what was
 * taken. Throws AppError USAGE for a line that is too long, after those before it.
 */
export async function* batchesOfLines(input: AsyncIterable<Uint8Array>): AsyncIterable<readonly Payload[]> {
  let lines: Uint8Array[] = []
  let read = 0
  let tooLong: number | undefined
  const splitter = new LineSplitter(lineBytesMax, (line, isCut) => {
    read++
    if (tooLong !== undefined) return
    if (isCut) tooLong = read
    else lines.push(line)
  })
  const batches = function* (): Iterable<readonly Payload[]> {
    for (const batch of split(lines)) yield batch.map(payloadFromBytes)
    lines = []
    if (tooLong === undefined) return
    throw new AppError(
      'USAGE',
      `Line ${tooLong} of the input is longer than ${lineBytesMax} bytes. The lines before it were written; it and what follows were not.`
    )
  }
  for await (const chunk of input) {
    splitter.push(chunk)
    yield* batches()
  }
  splitter.end()
  yield* batches()
}

function* split(lines: readonly Uint8Array[]): Iterable<readonly Uint8Array[]> {
  let batch: Uint8Array[] = []
  let bytes = 0
  for (const line of lines) {
    if (batch.length === linesPerRequest || (batch.length > 0 && bytes + line.length > bytesPerRequest)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(line)
    bytes += line.length
  }
  if (batch.length > 0) yield batch
}
