/** What may become of a log that its broker cannot use, and what that loses. Pure. */
import type { CommandInput } from '@api/commands'
import type { OfflineLogView } from '@api/views'

export type Repair = CommandInput<'partition.repair'>['how']

export interface RepairChoice {
  /** The best first; none while it can only be waited for. */
  readonly ways: readonly Repair[]
  readonly how: Repair | undefined
  /** Records behind the place where it would be cut, as far as its end was known. */
  readonly count: number
  /** They are in no other replica that leads: nobody gets them back. */
  readonly isLoss: boolean
}

/** `leader`: another broker that leads the partition now; undefined: there is none, or it is not known. */
export function repairChoice(
  log: Pick<OfflineLogView, 'badBatch'> | undefined,
  leader: number | undefined,
  chosen: Repair | undefined
): RepairChoice {
  const bad = log?.badBatch ?? null
  const ways: Repair[] = [
    ...(log === undefined || leader === undefined ? [] : (['copy'] as const)),
    ...(bad === null ? [] : (['cut'] as const))
  ]
  const how = chosen !== undefined && ways.includes(chosen) ? chosen : ways[0]
  return {
    ways,
    how,
    count: bad === null ? 0 : bad.endOffset - bad.offset,
    isLoss: how === 'cut' && leader === undefined
  }
}
