/** Whether typed text is what its format says, and where it is not. Pure, so that a screen can say it while one types. */
import type { TypedProblem } from './formats'
import { jsonProblem } from './json-scan'
import { placeIn, shownCharacter } from './text-place'

export type TextFormat = 'string' | 'json' | 'hex' | 'base64'

export function textProblem(format: TextFormat, text: string): TypedProblem | undefined {
  if (format === 'string') return surrogateProblem(text)
  if (format === 'json') return jsonProblem(text) ?? surrogateProblem(text)
  return format === 'hex' ? hexProblem(text) : base64Problem(text)
}

/** With the u flag only halves without their other half are found. */
function surrogateProblem(text: string): TypedProblem | undefined {
  const at = text.search(/[\ud800-\udfff]/u)
  return at < 0 ? undefined : { code: 'surrogate', params: placeIn(text, at) }
}

/** Digits may stand in groups, as in a dump. */
const betweenBytes = /[\s:,]+/g

export function plainHex(text: string): string {
  return text.replace(/^\s*0x/i, '').replaceAll(betweenBytes, '')
}

function hexProblem(text: string): TypedProblem | undefined {
  const begin = /^\s*0x/i.exec(text)?.[0].length ?? 0
  const bad = text.slice(begin).search(/[^0-9a-fA-F\s:,]/)
  if (bad >= 0) {
    const at = begin + bad
    return { code: 'hexDigit', params: { ...placeIn(text, at), found: shownCharacter(text, at) } }
  }
  const digits = plainHex(text).length
  return digits % 2 === 0 ? undefined : { code: 'hexOdd', params: { digits } }
}

/** Both alphabets of RFC 4648; padding may be left out. */
export function plainBase64(text: string): string {
  return text.replaceAll(/\s+/g, '').replace(/={1,2}$/, '')
}

function base64Problem(text: string): TypedProblem | undefined {
  const end = text.search(/=[\s=]*$/)
  const body = end < 0 ? text : text.slice(0, end)
  const at = body.search(/[^A-Za-z0-9+/_\-\s]/)
  if (at >= 0) return { code: 'base64Digit', params: { ...placeIn(text, at), found: shownCharacter(text, at) } }
  const padding = end < 0 ? 0 : text.slice(end).replaceAll(/\s+/g, '').length
  const digits = plainBase64(text).length
  if (digits % 4 === 1) return { code: 'base64Length', params: { digits } }
  const isPadded = padding === 0 || (digits + padding) % 4 === 0
  return isPadded && padding <= 2
    ? undefined
    : { code: 'base64Digit', params: { ...placeIn(text, end), found: shownCharacter(text, end) } }
}
