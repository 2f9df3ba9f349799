/**
 * JSON text as lines of a tree, without ever making a number of a number: 9223372036854775807, 129.90 and
 * 23958446825181076828 stand there as they were written.
 */
import { jsonDepthMax, jsonProblem, type JsonSink } from '@api/json-scan'

export type JsonKind = 'text' | 'number' | 'word' | 'branch'

export interface JsonLine {
  readonly depth: number
  /** Member name or index. */
  readonly name: string
  readonly kind: JsonKind
  /** As written; of a branch, how many members it has, like "{ 3 }". */
  readonly text: string
}

/** The first lines, and how many there are. */
export interface JsonLines {
  readonly type: 'lines'
  readonly lines: readonly JsonLine[]
  readonly lineCount: number
}
/** It is no tree: nested too deeply (by levels), or too long (by characters), whatever it is. */
export interface NoTree {
  readonly type: 'deep' | 'large'
  readonly max: number
}

/** More are counted only. */
const LINES_MAX = 20_000
/** A longer text is not looked at: it would hold up the screen. */
const CHARACTERS_MAX = 2_000_000

/** Undefined when the text is not a JSON object or array. Complexity: O(text), whatever its depth. */
export function jsonLines(text: string): JsonLines | NoTree | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined
  if (text.length > CHARACTERS_MAX) return { type: 'large', max: CHARACTERS_MAX }
  const sink = new LineSink(text)
  const problem = jsonProblem(text, sink)
  if (problem?.code === 'jsonDeep') return { type: 'deep', max: jsonDepthMax }
  // What is not JSON is shown raw.
  return problem === undefined ? { type: 'lines', lines: sink.lines, lineCount: sink.lineCount } : undefined
}

interface Level {
  readonly kind: 'object' | 'array'
  /** Of its line; undefined where it has none: the root, and what comes too late. */
  readonly place: number | undefined
  count: number
}

class LineSink implements JsonSink {
  readonly lines: JsonLine[] = []
  lineCount = 0
  readonly #text: string
  readonly #levels: Level[] = []
  #name = ''

  constructor(text: string) {
    this.#text = text
  }

  open(kind: 'object' | 'array'): void {
    this.#levels.push({ kind, place: this.#add('branch', ''), count: 0 })
  }

  close(): void {
    const level = this.#levels.pop()
    if (level?.place === undefined) return
    const line = this.lines[level.place]
    const text = level.kind === 'object' ? `{ ${level.count} }` : `[ ${level.count} ]`
    if (line !== undefined) this.lines[level.place] = { ...line, text }
  }

  name(from: number, to: number): void {
    this.#name = String(JSON.parse(this.#text.slice(from, to)))
  }

  scalar(kind: 'string' | 'number' | 'word', from: number, to: number): void {
    this.#add(kind === 'string' ? 'text' : kind, this.#text.slice(from, to))
  }

  /** The place of the new line. */
  #add(kind: JsonKind, text: string): number | undefined {
    const parent = this.#levels.at(-1)
    if (parent === undefined) return undefined
    const name = parent.kind === 'object' ? this.#name : String(parent.count)
    parent.count += 1
    this.lineCount += 1
    if (this.lines.length >= LINES_MAX) return undefined
    return this.lines.push({ depth: this.#levels.length - 1, name, kind, text }) - 1
  }
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
