/** A number as it is typed. Pure. */

/** A whole number in the range, written in digits; undefined for everything else. */
export function wholeNumber(text: string, min: number, max: number): number | undefined {
  const digits = text.trim()
  const value = Number(digits)
  return /^\d+$/.test(digits) && value >= min && value <= max ? value : undefined
}

/** One step up or down from what is typed, kept in the range; from what is no number it is the lowest. */
export function stepped(text: string, by: number, min: number, max: number): string {
  const digits = text.trim()
  const from = /^\d+$/.test(digits) ? Number(digits) : min - by
  return String(Math.min(max, Math.max(min, from + by)))
}
