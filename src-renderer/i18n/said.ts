/**
 * The host's sentences in another language. They come in English, with names and numbers in them (kernel/said.ts), and are
 * known by their words, as gettext's are, here with a place where each name or number stands: `There is no topic {0}.`
 * (ADR 0051). Pure.
 */

/**
 * English template → the same in another language, with the same places: `{0}` for a name or a number, `{0:said}` for words of
 * the host again, `{0:told}` for words that may be a broker's, `{0:choice}` for names with "or" between them.
 */
export type Catalogue = Readonly<Record<string, string>>

/** Longer text is no sentence. */
const LENGTH_MAX = 20_000
/** What a record has wrong, in it what its schema has, in it what should stand there: more was never said. */
const DEPTH_MAX = 4
const KEPT_MAX = 500
/** Letters of its own that a template needs to be known among what anybody may have said; more where it begins with a place. */
const DISTINCT_LETTERS = { behindWords: 10, behindPlace: 20 }
/** What a sentence is about and a colon, where that is no name. */
const SUBJECTS: ReadonlySet<string> = new Set(['it', 'Key', 'Value', 'Header'])
/** How a list of sentences ends that is not whole, and where one stands beside the next: `keys: is missing; rate: …`. */
const CUT_OFF = /^(.*) and (\d{1,10}) more$/s
const NEXT = /; (?=[^\s:]{1,1000}: )/

interface Template {
  /** What stands before, between and behind the places; one more than there are places. */
  readonly words: readonly string[]
  readonly places: readonly string[]
  readonly spoken: string
  /** It begins with a place, and there stands no sentence. */
  readonly isNameFirst: boolean
}

export interface Speaker {
  /** A name or a number, to stand in a sentence. */
  readonly named: (name: string) => string
  /** Words that are not known, behind Kafka's name of an error. */
  readonly refusal: (kafkaError: string, words: string) => string
}

/** Who has said it: a broker may be of another make, and its words like ours only by chance. */
type Origin = 'host' | 'broker'

export type Translate = (english: string, speaker: Speaker, origin?: Origin) => string | undefined

interface Fit {
  readonly template: Template
  /** What stands in its places. */
  readonly values: readonly string[]
  /** What it takes for a name at the beginning has the beginning of another sentence in it. */
  readonly isDoubtful: boolean
}

/** `undefined` for what no template knows. Complexity: O(templates × length), once for each sentence. */
export function translator(catalogue: Catalogue): Translate {
  const whole = new Map<string, string>()
  const templates: Template[] = []
  for (const [english, spoken] of Object.entries(catalogue)) {
    const template = templateOf(english, spoken)
    if (template.places.length === 0) whole.set(english, spoken)
    else templates.push(template)
  }
  const andMore = catalogue['{0} and {1} more'] ?? '{0} and {1} more'
  // Of two that fit, the one with more words of its own.
  templates.sort((one, other) => weightOf(other) - weightOf(one))
  const fits = { host: finder(templates), broker: finder(templates.filter(isDistinct)) }

  const translated = (english: string, speaker: Speaker, depth: number, origin: Origin): string | undefined => {
    const same = whole.get(english)
    if (same !== undefined) return same
    if (english.length > LENGTH_MAX) return undefined
    const fit = fits[origin](english)
    if (fit === undefined || fit.isDoubtful) {
      const behind = prefixed(english, speaker, depth, origin)
      if (fit === undefined || behind !== undefined) return behind
    }
    const { template, values } = fit
    return template.spoken.replaceAll(/\{(\w+)(?::(\w+))?\}/g, (_place, name: string, kind: string | undefined) => {
      const value = values[template.places.indexOf(name)] ?? ''
      if (kind === 'choice') return value.split(' or ').map(speaker.named).join(', ')
      if (kind === undefined || depth >= DEPTH_MAX) return speaker.named(value)
      return within(value, speaker, depth + 1, kind === 'told' ? 'broker' : 'host') ?? speaker.named(value)
    })
  }
  /** In the middle of another one a sentence may have lost its full stop. */
  const within = (english: string, speaker: Speaker, depth: number, origin: Origin): string | undefined =>
    listed(english, speaker, depth, origin) ??
    translated(english, speaker, depth, origin) ??
    translated(`${english}.`, speaker, depth, origin)?.replace(/\.$/, '')

  /** Several, each behind what it is about: none of them may be taken for what stands in the first one's place. */
  const listed = (english: string, speaker: Speaker, depth: number, origin: Origin): string | undefined => {
    const [, shown = english, more] = CUT_OFF.exec(english) ?? []
    const parts = shown.split(NEXT)
    if (parts.length === 1) return undefined
    const spoken = parts.map((part) => translated(part, speaker, depth, origin) ?? speaker.named(part)).join('; ')
    if (more === undefined) return spoken
    return andMore.replaceAll(/\{(\w+)\}/g, (_place, name: string) => (name === '0' ? spoken : more))
  }

  /** Who or what it is about, and a colon: `INVALID_CONFIG: …`, `orders-0: …`, `/a/file: …`. */
  const prefixed = (english: string, speaker: Speaker, depth: number, origin: Origin): string | undefined => {
    const [, of, words] = /^([^\s:]{1,1000}): (.*)$/s.exec(english) ?? []
    if (of === undefined || words === undefined || depth >= DEPTH_MAX) return undefined
    const inner = translated(words, speaker, depth + 1, isKafkaError(of) ? 'broker' : origin)
    const subject = SUBJECTS.has(of) ? whole.get(of) : undefined
    if (inner !== undefined) return `${subject ?? speaker.named(of)}: ${inner}`
    return isKafkaError(of) ? speaker.refusal(of, words) : undefined
  }
  return (english, speaker, origin = 'host') => translated(english, speaker, 1, origin)
}

/** Finds the first that fits; of those that do so doubtfully the first only where no other does. What was found is kept: a screen says the same ones again each second. */
function finder(templates: readonly Template[]): (english: string) => Fit | undefined {
  const kept = new Map<string, Fit | undefined>()
  return (english) => {
    if (kept.has(english)) return kept.get(english)
    let fit: Fit | undefined
    for (const template of templates) {
      const values = valuesIn(english, template.words)
      if (values === undefined) continue
      const isDoubtful = template.isNameFirst && (values[0] ?? '').includes(': ')
      if (!isDoubtful || fit === undefined) fit = { template, values, isDoubtful }
      if (!isDoubtful) break
    }
    if (kept.size >= KEPT_MAX) kept.clear()
    kept.set(english, fit)
    return fit
  }
}

function templateOf(english: string, spoken: string): Template {
  const parts = english.split(/\{(\w+)\}/)
  const words = parts.filter((_part, at) => at % 2 === 0)
  const places = parts.filter((_part, at) => at % 2 === 1)
  return { words, places, spoken, isNameFirst: words[0] === '' && spoken.includes(`{${places[0] ?? ''}}`) }
}

const isKafkaError = (word: string): boolean => /^[A-Z]+(_[A-Z]+)+$/.test(word)

const weightOf = ({ words }: Template): number => words.join('').length

/** `{0} does not exist.` is said of files here, and of whatever there is elsewhere. */
function isDistinct({ words }: Template): boolean {
  const { behindPlace, behindWords } = DISTINCT_LETTERS
  return words.join('').replaceAll(/[^a-z]/gi, '').length >= (words[0] === '' ? behindPlace : behindWords)
}

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
