/** The order of names in lists, for whoever sorts them and whoever picks the first. Pure. */

/** Numbers inside names count as numbers: orders-2 before orders-10. */
const collator = new Intl.Collator('en', { numeric: true })

const zero = 0x30
const isDigit = (code: number): boolean => code >= zero && code <= 0x39
/** Of one number: the collation takes more for another one (ICU). */
const digitsMax = 254
const isSmallLetter = (code: number): boolean => code >= 0x61 && code <= 0x7a
/** No later than here letters may be joined by what stands behind them (marks), or be others than they look. */
const isPlain = (code: number): boolean => code >= 0x20 && code < 0x7f

/**
 * As the collation has it, in a quarter of its time where two names first differ in small letters or in digits, which is most
 * of them: ten thousand names are sorted within a frame.
 */
export function compareNames(a: string, b: string): number {
  const end = Math.min(a.length, b.length)
  for (let at = 0; at < end; at++) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (one === other) {
      if (!isPlain(one)) break
      continue
    }
    const isNext = at + 1 < a.length && !isPlain(a.charCodeAt(at + 1))
    if (isNext || (at + 1 < b.length && !isPlain(b.charCodeAt(at + 1)))) break
    if (isSmallLetter(one) && isSmallLetter(other)) return one - other
    if (isDigit(one) && isDigit(other)) return compareNumbers(a, b, at) ?? collator.compare(a, b)
    break
  }
  return collator.compare(a, b)
}

/** Of two numbers that are alike before `at`; undefined where leading zeros or what follows may count. */
function compareNumbers(a: string, b: string, at: number): number | undefined {
  let from = at
  while (from > 0 && isDigit(a.charCodeAt(from - 1))) from -= 1
  const [endOfA, endOfB] = [endOfNumber(a, at), endOfNumber(b, at)]
  if (endOfA === undefined || endOfB === undefined || Math.max(endOfA, endOfB) - from > digitsMax) return undefined
  if (endOfA === endOfB) return a.charCodeAt(at) - b.charCodeAt(at)
  const hasZeros = a.charCodeAt(from) === zero || b.charCodeAt(from) === zero
  return hasZeros ? undefined : endOfA - endOfB
}

/** Undefined where a digit of another script may go on with it. */
function endOfNumber(text: string, at: number): number | undefined {
  let end = at
  while (end < text.length && isDigit(text.charCodeAt(end))) end += 1
  return end === text.length || isPlain(text.charCodeAt(end)) ? end : undefined
}

/** The first so many of these in their order. Complexity: one comparison for most of them. */
export function firstByName<Named extends { readonly name: string }>(all: Iterable<Named>, count: number): Named[] {
  const first: Named[] = []
  for (const one of all) {
    const last = first.at(-1)
    if (last !== undefined && first.length === count && compareNames(last.name, one.name) <= 0) continue
    let [from, to] = [0, first.length]
    while (from < to) {
      const middle = (from + to) >>> 1
      if (compareNames(first[middle]?.name ?? '', one.name) <= 0) from = middle + 1
      else to = middle
    }
    first.splice(from, 0, one)
    if (first.length > count) first.pop()
  }
  return first
}
