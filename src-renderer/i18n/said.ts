/**
 * The host's sentences in another language. They come in English, with names and numbers in them (kernel/said.ts), and are
 * known by their words, as gettext's are, here with a place where each name or number stands: `There is no topic {0}.`
 * (ADR 0051). Pure.
 */

/** English template → the same in another language, with the same places. `{0:said}` is one for words of the host again. */
export type Catalogue = Readonly<Record<string, string>>

/** Longer text is no sentence. */
const LENGTH_MAX = 20_000
/** A sentence in a sentence, and one more: more was never said. */
const DEPTH_MAX = 3
const KEPT_MAX = 500

interface Template {
  /** What stands before, between and behind the places; one more than there are places. */
  readonly words: readonly string[]
  readonly places: readonly string[]
  readonly spoken: string
}

export interface Speaker {
  /** A name or a number, to stand in a sentence. */
  readonly named: (name: string) => string
  /** Words that are not known, behind Kafka's name of an error. */
  readonly refusal: (kafkaError: string, words: string) => string
}

export type Translate = (english: string, speaker: Speaker) => string | undefined

/** `undefined` for what no template knows. Complexity: O(templates × length), once for each sentence. */
export function translator(catalogue: Catalogue): Translate {
  const whole = new Map<string, string>()
  const templates: Template[] = []
  for (const [english, spoken] of Object.entries(catalogue)) {
    const template = templateOf(english, spoken)
    if (template.places.length === 0) whole.set(english, spoken)
    else templates.push(template)
  }
  // Of two that fit, the one with more words of its own.
  templates.sort((one, other) => weightOf(other) - weightOf(one))
  /** As found before; a screen says the same ones again each second. */
  const kept = new Map<string, readonly [Template, readonly string[]] | undefined>()

  const found = (english: string): readonly [Template, readonly string[]] | undefined => {
    if (kept.has(english)) return kept.get(english)
    let fit: readonly [Template, readonly string[]] | undefined
    for (const template of templates) {
      const values = valuesIn(english, template.words)
      if (values === undefined) continue
      fit = [template, values]
      break
    }
    if (kept.size >= KEPT_MAX) kept.clear()
    kept.set(english, fit)
    return fit
  }

  const translated = (english: string, speaker: Speaker, depth: number): string | undefined => {
    const same = whole.get(english)
    if (same !== undefined) return same
    if (english.length > LENGTH_MAX) return undefined
    const [template, values] = found(english) ?? []
    if (template === undefined) return prefixed(english, speaker, depth)
    return template.spoken.replaceAll(/\{(\w+)(:said)?\}/g, (_place, name: string, isSaid: string | undefined) => {
      const value = values?.[template.places.indexOf(name)] ?? ''
      const inner = isSaid !== undefined && depth < DEPTH_MAX ? within(value, speaker, depth + 1) : undefined
      return inner ?? speaker.named(value)
    })
  }
  /** In the middle of another one a sentence may have lost its full stop. */
  const within = (english: string, speaker: Speaker, depth: number): string | undefined =>
    translated(english, speaker, depth) ?? translated(`${english}.`, speaker, depth)?.replace(/\.$/, '')

  /** Who or what it is about, and a colon: `INVALID_CONFIG: …`, `orders-0: …`, `/a/file: …`. */
  const prefixed = (english: string, speaker: Speaker, depth: number): string | undefined => {
    const [, of, words] = /^([^\s:]{1,1000}): (.*)$/s.exec(english) ?? []
    if (of === undefined || words === undefined || depth >= DEPTH_MAX) return undefined
    const inner = translated(words, speaker, depth + 1)
    if (inner !== undefined) return `${speaker.named(of)}: ${inner}`
    return isKafkaError(of) ? speaker.refusal(of, words) : undefined
  }
  return (english, speaker) => translated(english, speaker, 1)
}

function templateOf(english: string, spoken: string): Template {
  const parts = english.split(/\{(\w+)\}/)
  return {
    words: parts.filter((_part, at) => at % 2 === 0),
    places: parts.filter((_part, at) => at % 2 === 1),
    spoken
  }
}

const isKafkaError = (word: string): boolean => /^[A-Z]+(_[A-Z]+)+$/.test(word)

const weightOf = ({ words }: Template): number => words.join('').length

/**
 * What stands in the places; undefined when the words are others. The first and the last words are at the ends, the others
 * where they come first: so that a fit is always found, in one pass and without going back.
 */
function valuesIn(english: string, words: readonly string[]): readonly string[] | undefined {
  const first = words[0] ?? ''
  const last = words.at(-1) ?? ''
  const end = english.length - last.length
  if (!english.startsWith(first) || end < first.length || !english.endsWith(last)) return undefined
  const values: string[] = []
  let from = first.length
  for (const word of words.slice(1, -1)) {
    const at = english.indexOf(word, from)
    if (at === -1 || at + word.length > end) return undefined
    values.push(english.slice(from, at))
    from = at + word.length
  }
  values.push(english.slice(from, end))
  return values
}
