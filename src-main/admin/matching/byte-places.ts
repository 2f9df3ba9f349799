/**
 * Where in the unpacked records of a batch something may be found, at the speed of memory: what has no such place need not
 * be read as records. A place may be a false one (in a length, across two fields): the record that holds it is looked at.
 */
import type { PlacesIn } from '../../protocol/record/record'
import { isSatisfied, type FieldExpression } from './field-expression'
import { skipBlank } from './json-walk'

/** A view, no copy. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Finds a text in bytes that are UTF-8, or not. */
export interface TextFinder {
  readonly isIn: (bytes: Uint8Array) => boolean
  readonly placesIn: PlacesIn
}

export function textFinder(text: string, isCaseSensitive: boolean): TextFinder {
  if (!isCaseSensitive && foldedForms(text).some((forms) => forms.length > 1)) return insensitiveFinder(text)
  const wanted = Buffer.from(text, 'utf8')
  const { probe, at: probeAt } = probeOf(wanted)
  return {
    isIn: (bytes) => bufferOf(bytes).includes(wanted),
    placesIn: (block) => {
      const bytes = bufferOf(block)
      let falseHits = 0
      return (from) => {
        let next = from
        while (falseHits < falseHitsMax) {
          const at = bytes.indexOf(probe, next + probeAt)
          if (at < 0) return -1
          const start = at - probeAt
          if (probe.length === wanted.length || isAt(bytes, start, wanted)) return start
          falseHits += 1
          next = start + 1
        }
        return bytes.indexOf(wanted, next)
      }
    }
  }
}

/** Node looks for up to so many bytes by the machine's own search for one byte; for longer texts by a slower way. */
const probeBytesMax = 7
/** Of the piece, within a block: where it is everywhere, the slower way for the whole text is the faster one. */
const falseHitsMax = 1000
/** From frequent to rare in text and JSON; what is not among them is rarer. */
const frequent = ' etaoinsrhldcumpgf",:0123456789_.'

/** The piece of a text that is found fastest: it begins with the rarest byte that leaves room for a long one. */
function probeOf(wanted: Buffer): { readonly probe: Buffer; readonly at: number } {
  if (wanted.length <= probeBytesMax) return { probe: wanted, at: 0 }
  let best = 0
  const rarity = (at: number): number => {
    const place = frequent.indexOf(String.fromCharCode(wanted[at] ?? 0))
    return place < 0 ? frequent.length : place
  }
  for (let at = 1; at <= wanted.length - probeBytesMax; at++) if (rarity(at) > rarity(best)) best = at
  return { probe: wanted.subarray(best, best + probeBytesMax), at: best }
}

function isAt(bytes: Buffer, start: number, wanted: Buffer): boolean {
  const end = start + wanted.length
  return start >= 0 && end <= bytes.length && bytes.compare(wanted, 0, wanted.length, start, end) === 0
}

/** A pattern without repetition, over bytes as characters: it cannot run away. */
function insensitiveFinder(text: string): TextFinder {
  const source = foldedForms(text).map(asPattern).join('')
  const once = new RegExp(source)
  return {
    isIn: (bytes) => once.test(bufferOf(bytes).toString('latin1')),
    placesIn: (block) => {
      const characters = bufferOf(block).toString('latin1')
      const next = new RegExp(source, 'g')
      return (from) => {
        next.lastIndex = from
        return next.exec(characters)?.index ?? -1
      }
    }
  }
}

function asPattern(forms: readonly string[]): string {
  const written = forms.map((form) => Buffer.from(form, 'utf8').toString('latin1'))
  const escaped = written.map((bytes) => bytes.replace(/[^A-Za-z0-9]/g, hexEscape))
  if (escaped.length === 1) return escaped[0] ?? ''
  return written.every(({ length }) => length === 1) ? `[${escaped.join('')}]` : `(?:${escaped.join('|')})`
}

const hexEscape = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`

/** What each character of a text may be when its case does not matter. */
function foldedForms(text: string): readonly (readonly string[])[] {
  return Array.from(text, (character) => {
    const forms = new Set(foldedKeys(character).flatMap((key) => caseForms().get(key) ?? []))
    return forms.size === 0 ? [character] : [...forms]
  })
}

/**
 * Characters that share one of these differ by case only. By its upper case alone the small sharp s, whose upper case is two
 * letters, would not be the capital one.
 */
function foldedKeys(character: string): readonly string[] {
  const upper = character.toUpperCase()
  const key = upper.toLowerCase()
  return upper.length > character.length ? [key, character.toLowerCase()] : [key]
}

/** The last letter with a case, in Unicode 15. */
const lastCased = 0x1e943
let knownForms: ReadonlyMap<string, readonly string[]> | undefined

/** Characters that differ by case only (k, K and the Kelvin sign), by their folded forms. Made when first needed. */
function caseForms(): ReadonlyMap<string, readonly string[]> {
  if (knownForms !== undefined) return knownForms
  const forms = new Map<string, string[]>()
  for (let point = 0; point <= lastCased; point++) {
    const character = String.fromCodePoint(point)
    const keys = foldedKeys(character)
    if (keys.length === 1 && keys[0] === character && character.toUpperCase() === character) continue
    for (const key of keys) {
      const others = forms.get(key)
      if (others === undefined) forms.set(key, [character])
      else others.push(character)
    }
  }
  knownForms = forms
  return forms
}

/**
 * Places behind the last name in the path of an expression, where what follows is what the expression asks for. Undefined
 * for a block where the name may be written in another way: with \\u escapes. Looked for in the block as characters, since
 * a call into a buffer for each name costs more than to step over the record.
 */
export function fieldPlaces(expression: FieldExpression): PlacesIn {
  const { path } = expression
  const lastMember = path.findLastIndex(({ type }) => type === 'member')
  const step = path[lastMember]
  if (step?.type !== 'member' || /[\u0000-\u001f"\\/]/.test(step.name)) return () => undefined
  const isEnd = lastMember === path.length - 1
  const named = `"${step.bytes.replace(/[^A-Za-z0-9]/g, hexEscape)}"[ \\t\\n\\r]*:`
  const source = isEnd ? named + valueAhead(expression) : named
  const wanted = Buffer.from(`"${step.name}"`, 'utf8')
  const isMet = (bytes: Buffer, valueAt: number): boolean => !isEnd || isSatisfied(bytes, valueAt, expression)
  return (block) => {
    const bytes = bufferOf(block)
    if (bytes.includes('\\u')) return undefined
    if (!isFrequent(bytes, wanted)) {
      return (from) => {
        for (let at = bytes.indexOf(wanted, from); at >= 0; at = bytes.indexOf(wanted, at + 1)) {
          const colonAt = skipBlank(bytes, at + wanted.length)
          if (bytes[colonAt] === 0x3a && isMet(bytes, skipBlank(bytes, colonAt + 1))) return at
        }
        return -1
      }
    }
    const characters = bytes.toString('latin1')
    const next = new RegExp(source, 'g')
    return (from) => {
      next.lastIndex = from
      while (next.test(characters)) {
        const at = next.lastIndex
        if (isMet(bytes, skipBlank(bytes, at))) return at
      }
      return -1
    }
  }
}

/** Judged by the beginning of a block. */
const judgedBytes = 8192
const frequentMin = 32

function isFrequent(bytes: Buffer, wanted: Buffer): boolean {
  const start = bytes.subarray(0, judgedBytes)
  let count = 0
  for (let at = start.indexOf(wanted); at >= 0 && count < frequentMin; at = start.indexOf(wanted, at + 1)) count += 1
  return count >= frequentMin
}

/** What may stand behind the colon when a value equals: all its spellings, and more. Empty for other comparisons. */
function valueAhead({ operator, literal }: FieldExpression): string {
  if (operator !== '==' || literal === undefined) return ''
  const blank = '[ \\t\\n\\r]*'
  if (literal.type === 'word') return `(?=${blank}${literal.word})`
  if (literal.type === 'text') {
    const plain = Buffer.from(literal.text, 'utf8')
      .toString('latin1')
      .replace(/[^A-Za-z0-9]/g, hexEscape)
    return `(?=${blank}"(?:${plain}"|[^"\\\\]*\\\\))`
  }
  // Another spelling of an integer has a fraction or an exponent; of 0 a sign, too.
  if (!literal.isInteger || literal.digits === '0') return ''
  return `(?=${blank}(?:${literal.digits}(?![0-9])|-?[0-9]+[.eE]))`
}
