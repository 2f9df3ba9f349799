/**
 * Foreign text on a terminal. What a record or a group's id holds may be a command to the terminal (clear the screen, set
 * the title, turn the writing around): people see it as an escape, as `ls` shows it; a pipe gets it as it is.
 */

/** C0, DEL, C1 (U+009B alone begins a command), and what changes the direction of writing. */
const unseen = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/gu
const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

export const visible = (text: string): string =>
  text.replace(unseen, (character) => short[character] ?? codeOf(character))

function codeOf(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16)
  return hex.length > 2 ? `\\u${hex.padStart(4, '0')}` : `\\x${hex.padStart(2, '0')}`
}

/** JSON stays JSON: JSON.stringify leaves DEL, C1 and directions as they are. */
export const visibleJson = (json: string): string =>
  json.replace(unseen, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)

/** For standard output: as it is unless somebody looks at it. */
export const forReader = (text: string): string => (process.stdout.isTTY ? visible(text) : text)

// ── width ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Two columns wide (Unicode's East Asian Width W and F, and emoji); vowels and finals of decomposed Hangul add none. */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}/u
const without = /^[\u1160-\u11ff\ud7b0-\ud7ff]|^[\p{Mn}\p{Me}\p{Cf}]/u

/** Columns of a terminal that it takes. */
export function columnsOf(text: string): number {
  let columns = 0
  for (const character of text) columns += without.test(character) ? 0 : wide.test(character) ? 2 : 1
  return columns
}
