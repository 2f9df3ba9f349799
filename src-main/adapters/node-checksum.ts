import { crc32c } from '@node-rs/crc32'
import type { Checksum } from '../kernel/ports'

export const nodeChecksum: Checksum = {
  crc32c: (bytes, seed) => (seed === undefined ? crc32c(bytes) : crc32c(bytes, seed))
}
