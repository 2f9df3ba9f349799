/** A time as people type it, in the zone that is shown unless it says another. */
import { fromWall } from '@/format'

const TIME = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?)?(Z|[+-]\d{2}:?\d{2})?$/

/** Of 2026-11-22, 2026-11-22 14:06, 2026-11-22 14:06:22.506, 2026-11-22T14:06:22Z: ms since 1970; undefined for others. */
export function typedTime(text: string): number | undefined {
  const [isTime, ...parts] = TIME.exec(text.trim()) ?? []
  if (isTime === undefined) return undefined
  const zone = parts[7]
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(0, 6)
    .map((part) => Number(part ?? 0))
  const milli = Number((parts[6] ?? '').padEnd(3, '0'))
  if (hour > 23 || minute > 59 || second > 59) return undefined
  // There is no 30th of February: what a Date makes of it is another day than was typed.
  const isoDay = new Date(Date.UTC(year, month - 1, day))
  if (isoDay.getUTCMonth() !== month - 1 || isoDay.getUTCDate() !== day) return undefined
  const wall = Date.UTC(year, month - 1, day, hour, minute, second, milli)
  const atMs = zone === undefined ? fromWall(wall) : wall - zoneOffsetMs(zone)
  return Number.isFinite(atMs) && atMs >= 0 ? atMs : undefined
}

function zoneOffsetMs(zone: string): number {
  if (zone === 'Z') return 0
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))]
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
