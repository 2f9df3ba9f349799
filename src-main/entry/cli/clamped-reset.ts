/** Of a reset that was asked to go where there is no log: which end was taken instead, and where. Pure. */
import type { CommandInput, CommandOutput } from '../../api/commands'

type Target = CommandInput<'group.reset'>['to']
type Partitions = CommandOutput<'group.reset'>['partitions']

/** Partitions that are named. */
const namedMax = 10

export function clampedSentences(target: Target, partitions: Partitions): readonly string[] {
  return (['end', 'start'] as const).flatMap((end) => {
    const names = partitions.flatMap(({ topic, partition, clampedTo }) =>
      clampedTo === end ? [`${topic}-${partition}`] : []
    )
    if (names.length === 0) return []
    const its = names.length === 1 ? `its ${end} was taken` : `their ${end}s were taken`
    return [`${whatIsOutside(target, end)} ${listed(names)}: ${its}.`]
  })
}

function whatIsOutside(target: Target, end: 'start' | 'end'): string {
  if (target.type === 'time') return 'No record is that late in'
  const what = target.type === 'offset' ? `Offset ${target.offset} lies` : 'The shift leads'
  return `${what} ${end === 'end' ? 'beyond the end of' : 'before the start of'}`
}

function listed(names: readonly string[]): string {
  const rest = names.length - namedMax
  if (rest > 0) return `${names.slice(0, namedMax).join(', ')} and ${rest} more`
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`
}
