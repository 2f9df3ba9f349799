import { randomBytes, randomFillSync } from 'node:crypto'
import type { Random } from '../kernel/ports'

/** Asked for together: one alone costs as much as all of these. */
const gathered = new Uint32Array(1024)
let used = gathered.length

function uint32(): number {
  if (used === gathered.length) {
    randomFillSync(gathered)
    used = 0
  }
  return gathered[used++] ?? 0
}

export const nodeRandom: Random = {
  uint32,
  bytes: (count) => new Uint8Array(randomBytes(count))
}
