/** How fast a plan may be copied (KIP-73), as it is typed. Pure. */
import { wholeNumber } from '@/components/ui/whole-number'

/** Megabytes a second. */
export const THROTTLE_MAX = 1_000_000
const MB = 1_000_000

/** Bytes a second and broker; null: as fast as they can. Undefined: what is typed is no such number. */
export function throttleOf(isLimited: 'no' | 'yes', text: string): number | null | undefined {
  if (isLimited === 'no') return null
  const typed = wholeNumber(text, 1, THROTTLE_MAX)
  return typed === undefined ? undefined : typed * MB
}
