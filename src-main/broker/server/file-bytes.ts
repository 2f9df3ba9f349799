/** Record data of a fetch answer that stays in the segment files until it is sent. */
import type { AppError } from '../../kernel/errors'
import type { LogSlice } from '../../storage/log-types'
import type { ExternalBytes } from '../../protocol/wire/writer'

export interface FileBytes extends ExternalBytes {
  readonly slices: readonly LogSlice[]
  /** The system could not read them. */
  readonly failed: (error: AppError) => void
}

export function fileBytes(slices: readonly LogSlice[], failed: (error: AppError) => void): FileBytes {
  return { slices, failed, lengthBytes: slices.reduce((sum, slice) => sum + slice.lengthBytes, 0) }
}
