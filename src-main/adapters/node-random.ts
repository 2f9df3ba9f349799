import { randomBytes } from 'node:crypto'
import type { Random } from '../kernel/ports'

export const nodeRandom: Random = {
  uint32: () => randomBytes(4).readUInt32BE(0),
  bytes: (count) => new Uint8Array(randomBytes(count))
}
