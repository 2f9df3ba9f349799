/** Places in typed text as people count them: lines and characters from 1. */

export interface TextPlace {
  readonly line: number
  readonly column: number
}

export function placeIn(text: string, at: number): TextPlace & Record<string, number> {
  let line = 1
  let begin = 0
  for (let next = text.indexOf('\n'); next >= 0 && next < at; next = text.indexOf('\n', begin)) {
    line++
    begin = next + 1
  }
  let column = 1
  for (let i = begin; i < at; i++) {
    const isSecondHalf = (text.charCodeAt(i) & 0xfc00) === 0xdc00 && (text.charCodeAt(i - 1) & 0xfc00) === 0xd800
    if (!isSecondHalf) column++
  }
  return { line, column }
}

/** The character at a place, so that it can be seen and told from its neighbours: in quotes, or by its code point. */
export function shownCharacter(text: string, at: number): string {
  const code = text.codePointAt(at)
  if (code === undefined) return ''
  const isVisible = code > 0x20 && !(code >= 0x7f && code <= 0xa0) && !/[\p{C}\p{Z}]/u.test(String.fromCodePoint(code))
  return isVisible ? `“${String.fromCodePoint(code)}”` : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}
