/**
 * Numbers as JSON writes them, compared by their value without ever being rounded: 9223372036854775807 is less than
 * 9223372036854775808, 1.0 equals 1, 1e400 is more than 1e308, -0 equals 0. Linear in their length: an exponent is
 * never written out.
 */

/** Doubles tell decimals of up to so many digits apart, in order (IEEE 754: DBL_DIG). */
const exactDigits = 15
const exactExponentMax = 280

interface Decimal {
  readonly isNegative: boolean
  /** Without zeros at either end; empty is 0. */
  readonly digits: string
  /** Of the first digit: 5 is 0, 50 is 1, 0.5 is -1. */
  readonly exponent: bigint
}

/** Below 0, 0 or above 0, as `a` is less, equal or more. Both are numbers in JSON's grammar. */
export function compareDecimals(a: string, b: string): number {
  if (isPlainInteger(a) && isPlainInteger(b)) return compareIntegers(a, b)
  if (isExactDouble(a) && isExactDouble(b)) return Math.sign(Number(a) - Number(b))
  const [left, right] = [decimalOf(a), decimalOf(b)]
  const [leftSign, rightSign] = [signOf(left), signOf(right)]
  if (leftSign !== rightSign || leftSign === 0) return Math.sign(leftSign - rightSign)
  return leftSign * compareMagnitudes(left, right)
}

/** Digits and nothing else. */
export function isPlainInteger(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x30 || code > 0x39) return false
  }
  return true
}

/** JSON's integers have no zeros before them. */
function compareIntegers(a: string, b: string): number {
  if (a.length !== b.length) return a.length < b.length ? -1 : 1
  return a === b ? 0 : a < b ? -1 : 1
}

const powersOfTen = Array.from({ length: exactDigits + 1 }, (_, power) => 10 ** power)

/**
 * The number whose digits begin here in bytes, where a double tells it from every other number of so few digits; undefined
 * where not, or where there is an exponent. An integer and a power of ten are exact, and their quotient is rounded as the
 * decimal is (IEEE 754).
 */
export function shortNumberAt(bytes: Uint8Array, start: number): number | undefined {
  let at = start
  const isNegative = bytes[at] === 0x2d
  if (isNegative) at += 1
  let value = 0
  let digits = 0
  let fraction = -1
  for (; ; at++) {
    const byte = bytes[at] ?? 0
    if (byte >= 0x30 && byte <= 0x39) {
      if (++digits > exactDigits) return undefined
      value = value * 10 + byte - 0x30
      if (fraction >= 0) fraction += 1
    } else if (byte === 0x2e && fraction < 0 && digits > 0) fraction = 0
    else if (isNumberEnd(byte)) break
    else return undefined
  }
  if (digits === 0 || fraction === 0) return undefined
  const number = fraction > 0 ? value / (powersOfTen[fraction] ?? 1) : value
  return isNegative ? -number : number
}

/**
 * How the number whose digits begin here in bytes compares with an integer of any length, `digits` without sign; undefined
 * where it is no plain integer itself. Nothing is made of either.
 */
export function integerOrderAt(bytes: Uint8Array, start: number, digits: string): number | undefined {
  let order = 0
  let at = start
  for (; ; at++) {
    const byte = bytes[at] ?? 0
    if (byte < 0x30 || byte > 0x39) {
      if (at === start || !isNumberEnd(byte)) return undefined
      break
    }
    // Behind the end of `digits` the length decides.
    if (order === 0 && at - start < digits.length) order = byte - digits.charCodeAt(at - start)
  }
  const length = at - start
  if (length !== digits.length) return length < digits.length ? -1 : 1
  return order
}

const isNumberEnd = (byte: number): boolean => byte <= 0x20 || byte === 0x2c || byte === 0x7d || byte === 0x5d

/** As shortNumberAt, of a text. */
export function shortNumber(text: string): number | undefined {
  return isExactDouble(text) ? Number(text) : undefined
}

function isExactDouble(text: string): boolean {
  if (text.length <= exactDigits && !/e/i.test(text)) return true
  const [digits = '', exponent = '0'] = text.toLowerCase().split('e')
  return digits.replace(/\D/g, '').length <= exactDigits && Math.abs(Number(exponent)) <= exactExponentMax
}

const signOf = ({ digits, isNegative }: Decimal): number => (digits === '' ? 0 : isNegative ? -1 : 1)

function compareMagnitudes(a: Decimal, b: Decimal): number {
  if (a.exponent !== b.exponent) return a.exponent < b.exponent ? -1 : 1
  const length = Math.max(a.digits.length, b.digits.length)
  const [left, right] = [a.digits.padEnd(length, '0'), b.digits.padEnd(length, '0')]
  return left === right ? 0 : left < right ? -1 : 1
}

function decimalOf(text: string): Decimal {
  const isNegative = text.startsWith('-')
  const [mantissa = '', exponentText = '0'] = text
    .slice(isNegative ? 1 : 0)
    .toLowerCase()
    .split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const all = whole + fraction
  const first = firstNonZero(all)
  const exponent = BigInt(exponentText.replace(/^\+/, '')) + BigInt(whole.length - 1 - first)
  return { isNegative, digits: withoutLastZeros(all.slice(first)), exponent }
}

function firstNonZero(digits: string): number {
  let at = 0
  while (at < digits.length && digits[at] === '0') at += 1
  return at
}

function withoutLastZeros(digits: string): string {
  let end = digits.length
  while (end > 0 && digits[end - 1] === '0') end -= 1
  return digits.slice(0, end)
}
