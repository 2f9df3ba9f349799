/**
 * JSON (RFC 8259) read as text: a sink is told of each part by its place, and no number is ever made of a number.
 * Iterative, so that depth costs no stack; O(n).
 */
import type { TypedProblem } from './formats'
import { placeIn, shownCharacter } from './text-place'

export interface JsonSink {
  open(kind: 'object' | 'array'): void
  close(): void
  /** A member's name with its quotes: text[from, to). */
  name(from: number, to: number): void
  scalar(kind: 'string' | 'number' | 'word', from: number, to: number): void
}

/** Deeper is refused: nobody who reads it would come to an end. */
export const jsonDepthMax = 1000

/** What should stand there; a screen has the same in its languages. */
export const EXPECTED = {
  value: 'a value',
  firstValue: 'a value or “]”',
  name: 'a name in double quotes',
  firstName: 'a name in double quotes or “}”',
  colon: '“:”',
  afterMember: '“,” or “}”',
  afterItem: '“,” or “]”',
  end: 'nothing more',
  digit: 'a digit',
  escape: 'an escape such as \\n or \\u0041',
  character: 'a character that need not be escaped'
} as const
type Expected = keyof typeof EXPECTED

/** Thrown inside this file only. */
class Unexpected extends Error {
  readonly at: number
  readonly expected: Expected

  constructor(at: number, expected: Expected) {
    super(expected)
    this.at = at
    this.expected = expected
  }
}

export function jsonProblem(text: string, sink?: JsonSink): TypedProblem | undefined {
  if (/^[ \t\r\n]*$/.test(text)) return { code: 'jsonEmpty', params: {} }
  try {
    return new JsonScan(text, sink).run()
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error
    const { at, expected } = error
    if (at >= text.length) return { code: 'jsonEnd', params: placeIn(text, text.length) }
    const params = {
      ...placeIn(text, at),
      found: shownCharacter(text, at),
      expected: EXPECTED[expected],
      state: expected
    }
    return { code: 'jsonFound', params }
  }
}

type State = Exclude<Expected, 'digit' | 'escape' | 'character'>

class JsonScan {
  readonly #text: string
  readonly #sink: JsonSink | undefined
  /** True for an object, by level. */
  readonly #levels: boolean[] = []
  #at = 0
  #state: State = 'value'

  constructor(text: string, sink: JsonSink | undefined) {
    this.#text = text
    this.#sink = sink
  }

  run(): TypedProblem | undefined {
    for (;;) {
      this.#skipSpace()
      if (this.#at >= this.#text.length) {
        if (this.#state === 'end') return undefined
        throw new Unexpected(this.#at, this.#state)
      }
      this.#step(this.#text[this.#at] ?? '')
      if (this.#levels.length > jsonDepthMax) {
        return { code: 'jsonDeep', params: { max: jsonDepthMax, ...placeIn(this.#text, this.#at) } }
      }
    }
  }

  #step(character: string): void {
    switch (this.#state) {
      case 'firstValue':
        if (character === ']') this.#close()
        else this.#value(character)
        return
      case 'value':
        this.#value(character)
        return
      case 'firstName':
        if (character === '}') this.#close()
        else this.#name(character)
        return
      case 'name':
        this.#name(character)
        return
      case 'colon':
        this.#expect(character, ':', 'value')
        return
      case 'afterMember':
        if (character === '}') this.#close()
        else this.#expect(character, ',', 'name')
        return
      case 'afterItem':
        if (character === ']') this.#close()
        else this.#expect(character, ',', 'value')
        return
      case 'end':
        throw new Unexpected(this.#at, 'end')
    }
  }

  #expect(character: string, wanted: string, next: State): void {
    if (character !== wanted) throw new Unexpected(this.#at, this.#state)
    this.#at++
    this.#state = next
  }

  #name(character: string): void {
    if (character !== '"') throw new Unexpected(this.#at, this.#state)
    const from = this.#at
    this.#string()
    this.#sink?.name(from, this.#at)
    this.#state = 'colon'
  }

  #value(character: string): void {
    const from = this.#at
    if (character === '{' || character === '[') {
      const isObject = character === '{'
      this.#at++
      this.#levels.push(isObject)
      this.#sink?.open(isObject ? 'object' : 'array')
      this.#state = isObject ? 'firstName' : 'firstValue'
      return
    }
    if (character === '"') {
      this.#string()
      this.#sink?.scalar('string', from, this.#at)
    } else if (character === '-' || isDigit(character)) {
      this.#number()
      this.#sink?.scalar('number', from, this.#at)
    } else {
      const word = ['true', 'false', 'null'].find((one) => this.#text.startsWith(one, from))
      if (word === undefined) throw new Unexpected(from, this.#state)
      this.#at += word.length
      this.#sink?.scalar('word', from, this.#at)
    }
    this.#afterValue()
  }

  #close(): void {
    this.#at++
    this.#levels.pop()
    this.#sink?.close()
    this.#afterValue()
  }

  #afterValue(): void {
    const isInObject = this.#levels.at(-1)
    this.#state = isInObject === undefined ? 'end' : isInObject ? 'afterMember' : 'afterItem'
  }

  #string(): void {
    for (let at = this.#at + 1; ; at++) {
      const code = this.#text.charCodeAt(at)
      if (code === 0x22) {
        this.#at = at + 1
        return
      }
      if (code === 0x5c) at = this.#escape(at)
      else if (!(code >= 0x20)) throw new Unexpected(at, 'character')
    }
  }

  /** The place of its last character. */
  #escape(at: number): number {
    const kind = this.#text[at + 1] ?? ''
    if (kind !== '' && '"\\/bfnrt'.includes(kind)) return at + 1
    if (kind !== 'u') throw new Unexpected(at + 1, 'escape')
    for (let digit = at + 2; digit < at + 6; digit++) {
      if (!/^[0-9a-fA-F]$/.test(this.#text[digit] ?? '')) throw new Unexpected(digit, 'escape')
    }
    return at + 5
  }

  #number(): void {
    if (this.#text[this.#at] === '-') this.#at++
    if (this.#text[this.#at] === '0') this.#at++
    else this.#digits()
    if (this.#text[this.#at] === '.') {
      this.#at++
      this.#digits()
    }
    if (/^[eE]$/.test(this.#text[this.#at] ?? '')) {
      this.#at++
      if (/^[+-]$/.test(this.#text[this.#at] ?? '')) this.#at++
      this.#digits()
    }
  }

  #digits(): void {
    const from = this.#at
    while (isDigit(this.#text[this.#at] ?? '')) this.#at++
    if (this.#at === from) throw new Unexpected(from, 'digit')
  }

  #skipSpace(): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
    }
  }
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9' && character.length === 1
}
