/**
 * Finds a member of a JSON value in its bytes, without making objects of it: numbers stay the digits that they are. Steps
 * over what is not asked for; depth costs no stack. Of members with one name all are looked at (RFC 8259, section 4).
 */

/** Kafka values are UTF-8; all that JSON's grammar needs is ASCII. */
const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openObject = 0x7b
const closeObject = 0x7d
const openArray = 0x5b
const closeArray = 0x5d

export type PathStep =
  | {
      readonly type: 'member'
      readonly name: string
      /** Its UTF-8 bytes, each as a character. */ readonly bytes: string
    }
  | { readonly type: 'index'; readonly index: number }
  | { readonly type: 'each' }

/** Calls `found` with where each value at that path begins, until it answers true; whether it did. */
export function findInJson(
  bytes: Buffer,
  start: number,
  path: readonly PathStep[],
  found: (at: number) => boolean
): boolean {
  return descend(bytes, skipBlank(bytes, start), path, 0, found)
}

/** As deep as the path is long. */
function descend(
  bytes: Buffer,
  at: number,
  path: readonly PathStep[],
  depth: number,
  found: (at: number) => boolean
): boolean {
  const step = path[depth]
  if (step === undefined) return at < bytes.length && found(at)
  const isObject = bytes[at] === openObject
  if (step.type === 'member' ? !isObject : bytes[at] !== openArray) return false
  const end = isObject ? closeObject : closeArray
  let index = 0
  let cursor = skipBlank(bytes, at + 1)
  while (cursor < bytes.length && bytes[cursor] !== end) {
    let isWanted = step.type === 'each' || (step.type === 'index' && step.index === index)
    if (step.type === 'member') {
      if (bytes[cursor] !== quote) return false
      const nameEnd = skipString(bytes, cursor)
      isWanted = isNamed(bytes, cursor, nameEnd, step)
      cursor = skipBlank(bytes, nameEnd)
      if (bytes[cursor] !== colon) return false
      cursor = skipBlank(bytes, cursor + 1)
    }
    if (isWanted && descend(bytes, cursor, path, depth + 1, found)) return true
    const next = skipValue(bytes, cursor)
    // A value takes a byte at least: what does not is no JSON.
    if (next <= cursor) return false
    cursor = skipBlank(bytes, next)
    if (bytes[cursor] === comma) cursor = skipBlank(bytes, cursor + 1)
    else if (bytes[cursor] !== end) return false
    index += 1
  }
  return false
}

function isNamed(
  bytes: Buffer,
  at: number,
  end: number,
  { name, bytes: wanted }: PathStep & { type: 'member' }
): boolean {
  const length = end - at - 2
  let isSame = length === wanted.length
  for (let i = 0; i < length; i++) {
    const byte = bytes[at + 1 + i]
    if (byte === backslash) return textAt(bytes, at, end) === name
    if (isSame && byte !== wanted.charCodeAt(i)) isSame = false
  }
  return isSame
}

/** The string between these two places, its escapes read; undefined when it is none. */
export function textAt(bytes: Buffer, at: number, end: number): string | undefined {
  const written = bytes.toString('utf8', at, end)
  try {
    const text: unknown = JSON.parse(written)
    return typeof text === 'string' ? text : undefined
  } catch {
    return undefined // an escape or control character that JSON does not have
  }
}

export function skipBlank(bytes: Buffer, at: number): number {
  let byte = bytes[at]
  while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++at]
  return at
}

/** Up to so many bytes are looked at here; a search of the machine's costs a call, and pays for itself in longer ones. */
const shortStringBytes = 48

/** Behind the closing quote of the string that begins here. */
export function skipString(bytes: Buffer, at: number): number {
  const near = Math.min(bytes.length, at + 1 + shortStringBytes)
  let from = at + 1
  for (; from < near; from++) {
    const byte = bytes[from]
    if (byte === backslash) from += 1
    else if (byte === quote) return from + 1
  }
  for (let end = bytes.indexOf(quote, from); end >= 0; end = bytes.indexOf(quote, end + 1)) {
    let escapes = 0
    while (end - escapes > from && bytes[end - escapes - 1] === backslash) escapes += 1
    if (escapes % 2 === 0) return end + 1
  }
  return bytes.length
}

/** Behind the number or word that begins here. */
export function skipWord(bytes: Buffer, at: number): number {
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    if (byte <= 0x20 || byte === comma || byte === closeObject || byte === closeArray || byte === colon) return i
  }
  return bytes.length
}

function skipValue(bytes: Buffer, at: number): number {
  const first = bytes[at]
  if (first === quote) return skipString(bytes, at)
  if (first !== openObject && first !== openArray) return skipWord(bytes, at)
  let depth = 0
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === quote) i = skipString(bytes, i) - 1
    else if (byte === openObject || byte === openArray) depth += 1
    else if (byte === closeObject || byte === closeArray) {
      depth -= 1
      if (depth === 0) return i + 1
    }
  }
  return bytes.length
}
