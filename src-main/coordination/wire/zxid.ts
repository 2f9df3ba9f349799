/**
 * zxid: the position of a log entry, {epoch, counter}, two unsigned 32-bit halves of ZooKeeper's int64 (packed
 * into a number it would overflow after 2^21 epochs). Compared by function. Only the outside sees it as bigint.
 */
import type { PackedZxid } from '../../kernel/ids'
export interface Zxid {
  readonly epoch: number
  readonly counter: number
}

const counterMax = 0xffff_ffff

/** Before the first entry. */
export const zxidZero: Zxid = { epoch: 0, counter: 0 }

/** < 0 when a is earlier than b, 0 when equal, > 0 when later. */
export function compareZxid(a: Zxid, b: Zxid): number {
  return a.epoch === b.epoch ? a.counter - b.counter : a.epoch - b.epoch
}

/** The position after this one; a full counter begins the next epoch, as a new election would. Epoch 0 has no entries. */
export function nextZxid(after: Zxid): Zxid {
  return after.epoch === 0 || after.counter >= counterMax
    ? { epoch: after.epoch + 1, counter: 1 }
    : { epoch: after.epoch, counter: after.counter + 1 }
}

/** May an entry at `next` follow one at `last` without another between them? A new epoch begins at 1. */
export function isSuccessor(next: Zxid, last: Zxid): boolean {
  return next.epoch === last.epoch ? next.counter === last.counter + 1 : next.epoch > last.epoch && next.counter === 1
}

export function zxidToBigint(zxid: Zxid): PackedZxid {
  return BigInt.asIntN(64, (BigInt(zxid.epoch) << 32n) | BigInt(zxid.counter))
}

/** Sixteen hexadecimal digits, for file names: they sort as the zxids do. */
export function zxidName(zxid: Zxid): string {
  return zxid.epoch.toString(16).padStart(8, '0') + zxid.counter.toString(16).padStart(8, '0')
}

export function zxidFromName(name: string): Zxid | undefined {
  if (!/^[0-9a-f]{16}$/.test(name)) return undefined
  return { epoch: parseInt(name.slice(0, 8), 16), counter: parseInt(name.slice(8), 16) }
}
