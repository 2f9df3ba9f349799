/** Record data of a fetch answer that stays in the segment files until it is sent. */
import type { LogSlice } from '../../storage/log-types'
import type { ExternalBytes } from '../../protocol/wire/writer'

export interface FileBytes extends ExternalBytes {
  readonly slices: readonly LogSlice[]
}

export function fileBytes(slices: readonly LogSlice[]): FileBytes {
  return { slices, lengthBytes: slices.reduce((sum, slice) => sum + slice.lengthBytes, 0) }
}
