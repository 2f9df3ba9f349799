/** Bytes that are copied as hex become three characters each: where that is too much it is said, with what to do instead. */
import { ApiError } from '@api/api'
import type { Text } from '@/composables/use-text'
import { integer } from '@/format'

/** As text 48 MiB, made in one go while nothing else is drawn. */
export const HEX_COPY_BYTES_MAX = 16 * 1024 * 1024

/** Throws ApiError. Of a value it is also offered to save it to a file. */
export function checkHexCopy(t: Text['t'], sizeBytes: number, part: 'value' | 'other'): void {
  if (sizeBytes <= HEX_COPY_BYTES_MAX) return
  const sizes = { size: integer(sizeBytes), max: integer(HEX_COPY_BYTES_MAX) }
  throw new ApiError({ code: 'FAILED', message: t(`record.hexTooLarge.${part}`, sizes) })
}
