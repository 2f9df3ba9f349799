/**
 * Numbers that no other start and no other member gives out. A session id is the member in the high byte, 40 bits of
 * the time of the start, a 16-bit counter, as in ZooKeeper's SessionTrackerImpl.
 */
import type { SessionId } from '../../../kernel/ids'
import { invariant } from '../../../kernel/invariant'

/** Which member gave this one out; none for an id that no member gives out. */
export function memberOf(sessionId: SessionId): number | undefined {
  const memberId = Number(sessionId >> 56n)
  return memberId >= 1 ? memberId : undefined
}

export class SessionIds {
  #next: SessionId

  /** memberId 1-127: 0x80 and 0xff in the high byte are reserved. */
  constructor(memberId: number, startMs: number) {
    invariant(Number.isInteger(memberId) && memberId >= 1 && memberId <= 127, 'a member id is 1-127', { memberId })
    const startBits = BigInt.asUintN(40, BigInt(Math.floor(startMs)))
    this.#next = (BigInt(memberId) << 56n) | (startBits << 16n)
  }

  /** `isTaken`: ids that an earlier start gave out, when the wall clock went back. */
  next(isTaken: (sessionId: SessionId) => boolean): SessionId {
    do this.#next++
    while (isTaken(this.#next))
    return this.#next
  }
}
