/**
 * A text that everything which a pattern matches must hold, so that what lacks it need not be looked at. Undefined when
 * none can be told for certain: then all is looked at. Knows RE2's syntax no better than it must, and doubts the rest.
 */

/** Shorter ones are everywhere. */
const lengthMin = 3

export function requiredText(pattern: string): string | undefined {
  // Flags in the pattern change what its letters mean; \Q, \x and the like are not read here.
  if (/\(\?[a-zA-Z-]*i|\\[QExpPuUC0-9]/.test(pattern)) return undefined
  const characters = Array.from(pattern)
  let best = ''
  let run: string[] = []
  const endRun = (): void => {
    if (run.length > best.length) best = run.join('')
    run = []
  }
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? ''
    if (character === '|') return undefined
    if (character === '\\') {
      const next = characters[++at] ?? ''
      if (/[\w]/.test(next)) endRun()
      else run.push(next)
    } else if (character === '[' || character === '(') {
      const end = character === '[' ? classEnd(characters, at) : groupEnd(characters, at)
      if (end === undefined) return undefined
      endRun()
      at = end
    } else if (character === '*' || character === '?' || character === '{') {
      run.pop()
      endRun()
      const repeat = /^\{\d+(,\d*)?\}/.exec(characters.slice(at, at + 24).join(''))
      if (repeat !== null) at += repeat[0].length - 1
    } else if ('+.^$'.includes(character)) endRun()
    else run.push(character)
  }
  endRun()
  return best.length >= lengthMin ? best : undefined
}

/** Where the class that begins here ends. */
function classEnd(characters: readonly string[], start: number): number | undefined {
  let at = start + 1
  if (characters[at] === '^') at += 1
  if (characters[at] === ']') at += 1
  for (; at < characters.length; at++) {
    if (characters[at] === '\\') at += 1
    else if (characters[at] === '[' && characters[at + 1] === ':') {
      const close = characters.indexOf(']', at)
      if (close < 0) return undefined
      at = close
    } else if (characters[at] === ']') return at
  }
  return undefined
}

function groupEnd(characters: readonly string[], start: number): number | undefined {
  let depth = 0
  for (let at = start; at < characters.length; at++) {
    const character = characters[at]
    if (character === '\\') at += 1
    else if (character === '[') {
      const end = classEnd(characters, at)
      if (end === undefined) return undefined
      at = end
    } else if (character === '(') depth += 1
    else if (character === ')' && --depth === 0) return at
  }
  return undefined
}
