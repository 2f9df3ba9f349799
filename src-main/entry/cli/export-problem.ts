/** What an export did not print of what it was asked for, in sentences; it is no success then. */
import type { NotReadView, ScanProgress } from '../../api/search'
import type { UnreadableView } from '../../api/views'

/** Places named in one sentence; each was named with its reason when it was met. */
const placesMax = 20

/** Undefined when everything was read. */
export function exportProblem(
  topic: string,
  { notRead, unreadable, unreadableCount }: Pick<ScanProgress, 'notRead' | 'unreadable' | 'unreadableCount'>
): string | undefined {
  const lines = notRead.map((one) => notReadText(topic, one))
  if (unreadableCount > 0) {
    const places = unreadable.slice(0, placesMax).map(placeText)
    const more = unreadableCount - places.length
    const rest = more > 0 ? ` and ${more} more, named above` : ''
    lines.push(`Not printed, since it cannot be read: ${places.join(', ')}${rest}.`)
  }
  return lines.length === 0 ? undefined : lines.join('\n')
}

function placeText({ topic, partition, fromOffset, toOffset }: UnreadableView): string {
  return `${topic}-${partition} ${fromOffset === toOffset ? `offset ${fromOffset}` : `offsets ${fromOffset} to ${toOffset}`}`
}

function notReadText(topic: string, { partition, fromOffset, untilOffset, reason }: NotReadView): string {
  const what =
    fromOffset === null || untilOffset === null
      ? 'was not read'
      : `offsets ${fromOffset} to ${untilOffset - 1} were not read`
  return `${topic}-${partition} ${what}: ${reason}`
}
