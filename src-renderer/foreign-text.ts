/**
 * Text that others wrote: names, keys, values, messages. What cannot be seen is made visible, so that two names that look
 * alike are alike, and what changes the direction of writing stays within the name. Pure.
 */

/** Bidirectional controls and marks, zero-width characters, line and paragraph separators, C1 controls. */
const UNSEEN = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g
const CONTROL = /[\u0000-\u001f]/g
/** By their names: the shipped fonts have no glyphs for Unicode's pictures of them. */
const CONTROL_NAMES: Readonly<Record<string, string>> = {
  '\0': 'NUL',
  '\t': 'TAB',
  '\n': 'LF',
  '\r': 'CR',
  '\u001b': 'ESC'
}
/** A space at the end of a name. */
const SPACE_DOT = '·'
/** Letters that are written from right to left. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]|[\ud802\ud803\ud83a\ud83b]/
const FIRST_STRONG_ISOLATE = '\u2068'
const POP_ISOLATE = '\u2069'

const codeOf = (character: string): string =>
  `‹${CONTROL_NAMES[character] ?? `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`}›`

/** Newlines, tabs and other controls by their names (‹LF›, ‹TAB›), what is invisible by its number. */
export function visibleText(text: string): string {
  return text.replace(CONTROL, codeOf).replace(UNSEEN, codeOf)
}

/** A text of many lines: these and its tabs stay, the other controls are made visible. */
export function visibleLines(text: string): string {
  return text.replace(/[^\t\n]+/g, visibleText)
}

/** For the middle of a sentence: a name that is written from right to left does not turn what stands around it. */
export function isolated(text: string): string {
  const visible = visibleText(text)
  return RIGHT_TO_LEFT.test(visible) ? `${FIRST_STRONG_ISOLATE}${visible}${POP_ISOLATE}` : visible
}

/** Longer names are cut in the middle where there is no room: what tells them apart stands at their end. */
const UNCUT_MAX = 24
const TAIL_LENGTH = 10
/** Not to be parted from what stands before it. */
const CONTINUES = /^[\p{M}\udc00-\udfff]/u

export interface NameParts {
  readonly head: string
  /** Empty where the name is short, or where its letters join and must not be parted. */
  readonly tail: string
}

/** A name, visible, as what may be elided and what stays. Spaces at its ends are seen, too. */
export function nameParts(text: string): NameParts {
  const visible = visibleText(text).replace(/^ +| +$/g, (spaces) => SPACE_DOT.repeat(spaces.length))
  if (visible.length <= UNCUT_MAX || RIGHT_TO_LEFT.test(visible)) return { head: visible, tail: '' }
  let at = visible.length - TAIL_LENGTH
  while (at > 0 && CONTINUES.test(visible.slice(at))) at--
  return { head: visible.slice(0, at), tail: visible.slice(at) }
}

const BINARY = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd]/

/** Bytes that happen to be valid UTF-8 are not text yet: nobody writes a NUL. */
export const isReadable = (text: string): boolean => !BINARY.test(text)
