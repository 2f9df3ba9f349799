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
  return {
    isIn: (bytes) => bufferOf(bytes).includes(wanted),
    placesIn: (block) => {
      const bytes = bufferOf(block)
      return (from) => bytes.indexOf(wanted, from)
    }
  }
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
  return Array.from(text, (character) => caseForms().get(folded(character)) ?? [character])
}

const folded = (character: string): string => character.toUpperCase().toLowerCase()

/** The last letter with a case, in Unicode 15. */
const lastCased = 0x1e943
let knownForms: ReadonlyMap<string, readonly string[]> | undefined

/** Characters that differ by case only (k, K and the Kelvin sign), by their folded form. Made when first needed. */
function caseForms(): ReadonlyMap<string, readonly string[]> {
  if (knownForms !== undefined) return knownForms
  const forms = new Map<string, string[]>()
  for (let point = 0; point <= lastCased; point++) {
    const character = String.fromCodePoint(point)
    const key = folded(character)
    if (key === character && character.toUpperCase() === character) continue
    const others = forms.get(key)
    if (others === undefined) forms.set(key, [character])
    else others.push(character)
  }
  knownForms = forms
  return forms
}

/**
 * Places of the last name in the path of an expression, followed by what the expression asks for. Undefined for a block
 * where the name may be written in another way: with \u escapes.
 */
export function fieldPlaces(expression: FieldExpression): PlacesIn {
  const { path } = expression
  const lastMember = path.findLastIndex(({ type }) => type === 'member')
  const step = path[lastMember]
  if (step?.type !== 'member' || /[\u0000-\u001f"\\/]/.test(step.name)) return () => undefined
  const wanted = Buffer.from(`"${step.name}"`, 'utf8')
  const isEnd = lastMember === path.length - 1
  return (block) => {
    const bytes = bufferOf(block)
    if (bytes.includes('\\u')) return undefined
    return (from) => {
      for (let at = bytes.indexOf(wanted, from); at >= 0; at = bytes.indexOf(wanted, at + 1)) {
        const colonAt = skipBlank(bytes, at + wanted.length)
        if (bytes[colonAt] !== 0x3a) continue
        if (!isEnd || isSatisfied(bytes, skipBlank(bytes, colonAt + 1), expression)) return at
      }
      return -1
    }
  }
}
