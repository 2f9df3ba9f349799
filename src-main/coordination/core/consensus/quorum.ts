/** More than half of all members, whether or not they count at the moment: who does not is one that has not answered. */
import { compareZxid, type Zxid } from '../../wire/zxid'

export function majorityOf(members: number): number {
  return Math.floor(members / 2) + 1
}

/** The highest number that a majority has reached; undefined when too few are counted at all. */
export function roundOfMajority(rounds: readonly number[], members: number): number | undefined {
  return [...rounds].sort((a, b) => b - a)[majorityOf(members) - 1]
}

/** The last position that a majority has reached; undefined when too few are counted at all. */
export function positionOfMajority(positions: readonly Zxid[], members: number): Zxid | undefined {
  return [...positions].sort((a, b) => compareZxid(b, a))[majorityOf(members) - 1]
}
