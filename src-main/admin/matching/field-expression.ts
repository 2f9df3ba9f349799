/**
 * `order.total > 100`: a path into a JSON value, a comparison, and what to compare with.
 *
 * Path: names with dots between them, [3] for an element, [*] for any, ["a name with dots"]; a $ in front may stand.
 * Comparison: == (or =), !=, <, <=, >, >=, contains, exists. `!=` asks for a member that is there and differs.
 * A number compares with numbers only, by value and never rounded; text with text, in the order of its characters. An
 * array contains what one of its elements equals.
 */
import { AppError } from '../../kernel/errors'
import { said } from '../../kernel/said'
import { compareDecimals, integerOrderAt, isPlainInteger, shortNumber, shortNumberAt } from './decimal'
import { findInJson, skipString, skipWord, textAt, type PathStep } from './json-walk'

export const operators = ['==', '!=', '<=', '>=', '<', '>', '=', 'contains', 'exists'] as const
export type Operator = (typeof operators)[number]

export type Literal =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'number'
      readonly digits: string
      /** Where a double is enough to compare with numbers of few digits. */
      readonly short: number | undefined
      /** Digits only: compared as they stand. */
      readonly isInteger: boolean
    }
  | { readonly type: 'word'; readonly word: 'true' | 'false' | 'null' }

export interface FieldExpression {
  readonly path: readonly PathStep[]
  readonly operator: Operator
  readonly literal: Literal | undefined
}

const anyElement: readonly PathStep[] = [{ type: 'each' }]
const numberShape = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/
const quotedShape = /^"(?:[^"\\]|\\.)*"$/s
const stepShape =
  /\s*(?:\[\s*(\d{1,9})\s*\]|\[\s*(\*)?\s*\]|\[\s*("(?:[^"\\]|\\.)*"|'[^']*')\s*\]|([^\s.[\]=!<>"']+))\s*/y
/** A digit longer is no exponent of anything. */
const exponentDigitsMax = 18

/** Throws AppError USAGE. */
export function parseFieldExpression(text: string): FieldExpression {
  const { path, end } = parsePath(text)
  const rest = text.slice(end).trim()
  const operator = operators.find((one) => rest.startsWith(one))
  if (operator === undefined) {
    throw usage(said`What follows the path must be ==, !=, <, <=, >, >=, contains or exists, as in: order.total > 100`)
  }
  const given = rest.slice(operator.length).trim()
  if (operator === 'exists') {
    if (given !== '') throw usage(said`Nothing follows exists, as in: order.coupon exists`)
    return { path, operator, literal: undefined }
  }
  if (given === '') throw usage(said`What ${operator} compares with is missing, as in: order.total ${operator} 100`)
  return { path, operator: operator === '=' ? '==' : operator, literal: literalOf(given) }
}

function usage(message: string): AppError {
  return new AppError('USAGE', message)
}

function parsePath(text: string): { readonly path: readonly PathStep[]; readonly end: number } {
  const path: PathStep[] = []
  let at = /^\s*\$\.?/.exec(text)?.[0].length ?? 0
  for (let needsStep = true; needsStep || text[at] === '[';) {
    stepShape.lastIndex = at
    const step = stepShape.exec(text)
    if (step === null || step[0].trim() === '') break
    path.push(stepOf(step))
    at = stepShape.lastIndex
    needsStep = text[at] === '.'
    if (needsStep) at += 1
    // A word behind a blank is the comparison.
    else if (text[at] !== '[') break
  }
  if (path.length === 0)
    throw usage(said`It begins with the path to a member of the JSON value, as in: order.total > 100`)
  return { path, end: at }
}

function stepOf([whole, index, each, quoted, name]: RegExpExecArray): PathStep {
  if (index !== undefined) return { type: 'index', index: Number(index) }
  if (each !== undefined || /^\s*\[\s*\]/.test(whole)) return { type: 'each' }
  const text = quoted === undefined ? (name ?? '') : unquoted(quoted)
  return { type: 'member', name: text, bytes: Buffer.from(text, 'utf8').toString('latin1') }
}

function unquoted(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1)
  try {
    return String(JSON.parse(text))
  } catch (cause) {
    throw new AppError('USAGE', said`${text} is no text in JSON.`, { cause })
  }
}

function literalOf(text: string): Literal {
  if (numberShape.test(text)) {
    if ((/[eE][+-]?(\d+)$/.exec(text)?.[1]?.length ?? 0) > exponentDigitsMax)
      throw usage(said`${text} has no such exponent.`)
    return { type: 'number', digits: text, short: shortNumber(text), isInteger: isPlainInteger(text) }
  }
  if (text === 'true' || text === 'false' || text === 'null') return { type: 'word', word: text }
  if (quotedShape.test(text)) return { type: 'text', text: unquoted(text) }
  if (/^'[^']*'$/.test(text)) return { type: 'text', text: text.slice(1, -1) }
  return { type: 'text', text }
}

/** Whether the JSON value that begins here is what the expression asks for. */
export function isSatisfied(bytes: Buffer, at: number, { operator, literal }: FieldExpression): boolean {
  const first = bytes[at] ?? 0
  if (operator === 'exists' || literal === undefined) return true
  if (first === 0x22) return isTextSatisfied(bytes, at, operator, literal)
  if (literal.type === 'number' && literal.short !== undefined && operator !== 'contains') {
    const short = shortNumberAt(bytes, at)
    if (short !== undefined) return holds(operator, short - literal.short)
  }
  if (literal.type === 'number' && literal.isInteger && operator !== 'contains') {
    const order = integerOrderAt(bytes, at, literal.digits)
    if (order !== undefined) return holds(operator, order)
  }
  const isBranch = first === 0x7b || first === 0x5b
  if (isBranch) {
    if (operator !== 'contains') return operator === '!='
    const isElement = (element: number): boolean => isSatisfied(bytes, element, { path: [], operator: '==', literal })
    return findInJson(bytes, at, anyElement, isElement)
  }
  const word = bytes.toString('latin1', at, skipWord(bytes, at))
  if (operator === 'contains') return word.includes(textOf(literal))
  if (literal.type === 'number' && numberShape.test(word) && hasSaneExponent(word)) {
    return holds(operator, compareDecimals(word, literal.digits))
  }
  const isSame = literal.type === 'word' && word === literal.word
  return operator === '==' ? isSame : operator === '!=' ? !isSame : false
}

function isTextSatisfied(bytes: Buffer, at: number, operator: Operator, literal: Literal): boolean {
  const text = textAt(bytes, at, skipString(bytes, at))
  if (text === undefined) return false
  if (operator === 'contains') return text.includes(textOf(literal))
  if (literal.type !== 'text') return operator === '!='
  return holds(operator, compareTexts(text, literal.text))
}

function hasSaneExponent(digits: string): boolean {
  const at = digits.search(/[eE]/)
  return at < 0 || digits.length - at <= exponentDigitsMax + 2
}

const textOf = (literal: Literal): string =>
  literal.type === 'text' ? literal.text : literal.type === 'number' ? literal.digits : literal.word

const compareTexts = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1)

function holds(operator: Operator, order: number): boolean {
  switch (operator) {
    case '==':
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    case 'contains':
    case 'exists':
      return false
  }
}
