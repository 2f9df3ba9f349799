/**
 * JSON text as lines of a tree, without ever making a number of a number: 9223372036854775807, 129.90 and
 * 23958446825181076828 stand there as they were written. undefined when the text is not a JSON object or array.
 */
export type JsonKind = 'text' | 'number' | 'word' | 'branch'

export interface JsonLine {
  readonly depth: number
  /** Member name or index; empty at the root. */
  readonly name: string
  readonly kind: JsonKind
  /** As written; of a branch, how many members it has, like "{ 3 }". */
  readonly text: string
}

const LINES_MAX = 2_000
const TOKEN = /\s*("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:])/y

interface Cursor {
  readonly tokens: readonly string[]
  at: number
}

export function jsonLines(text: string): JsonLine[] | undefined {
  if (!/^\s*[[{]/.test(text) || !isJson(text)) return undefined
  const lines: JsonLine[] = []
  readValue({ tokens: tokenize(text), at: 0 }, '', 0, lines)
  return lines.slice(1, LINES_MAX) // the root itself is no line
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false // then it is shown raw
  }
}

function tokenize(text: string): string[] {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) tokens.push(match[1] ?? '')
  return tokens
}

/** The text is valid JSON already, so the grammar need not be checked again. Depth is bounded by JSON.parse. */
function readValue(cursor: Cursor, name: string, depth: number, lines: JsonLine[]): void {
  const token = cursor.tokens[cursor.at++] ?? ''
  if (token !== '{' && token !== '[') {
    lines.push({ depth: depth - 1, name, kind: kindOf(token), text: token })
    return
  }
  const isObject = token === '{'
  const close = isObject ? '}' : ']'
  const place = lines.length
  lines.push({ depth: depth - 1, name, kind: 'branch', text: '' })
  let count = 0
  while (cursor.tokens[cursor.at] !== close) {
    let member = String(count)
    if (isObject) {
      member = unquote(cursor.tokens[cursor.at] ?? '')
      cursor.at += 2
    }
    readValue(cursor, member, depth + 1, lines)
    count += 1
    if (cursor.tokens[cursor.at] === ',') cursor.at += 1
  }
  cursor.at += 1
  lines[place] = { depth: depth - 1, name, kind: 'branch', text: `${token} ${count} ${close}` }
}

const unquote = (token: string): string => String(JSON.parse(token))

function kindOf(token: string): JsonKind {
  if (token.startsWith('"')) return 'text'
  return /^[-\d]/.test(token) ? 'number' : 'word'
}

const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n }

/** Of a whole number that a program which reads numbers as doubles gets wrong: whether 64 bits hold it. */
export function numberSize({ kind, text }: JsonLine): 'int64' | 'beyond' | undefined {
  if (kind !== 'number' || !/^-?\d{16,}$/.test(text) || Number.isSafeInteger(Number(text))) return undefined
  const value = BigInt(text.slice(0, 40))
  return value >= INT64.min && value <= INT64.max ? 'int64' : 'beyond'
}

/** The lines that are seen when the branches at these places are folded. */
export function unfolded(
  lines: readonly JsonLine[],
  folded: ReadonlySet<number>
): readonly { readonly line: JsonLine; readonly at: number }[] {
  const seen: { line: JsonLine; at: number }[] = []
  let hiddenBelow = Number.POSITIVE_INFINITY
  lines.forEach((line, at) => {
    if (line.depth > hiddenBelow) return
    hiddenBelow = line.kind === 'branch' && folded.has(at) ? line.depth : Number.POSITIVE_INFINITY
    seen.push({ line, at })
  })
  return seen
}
