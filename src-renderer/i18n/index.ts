/** The two locales. en.json is the schema; a test keeps ko.json on the same keys and placeholders. */
import { createI18n } from 'vue-i18n'
import en from './en.json'
import ko from './ko.json'
import { hostCatalogue } from './host-catalogue'
import { translator, type Catalogue, type Translate } from './said'
import saidKo from './said/ko.json'

export const messages = { en, ko }

export function createTexts(locale: keyof typeof messages) {
  return createI18n({
    legacy: false,
    locale,
    fallbackLocale: 'en',
    messages,
    messageResolver: messageAt,
    missingWarn: true,
    fallbackWarn: true
  })
}

/** Of the host's sentences; English needs none. */
const catalogues: Readonly<Record<string, Catalogue>> = { ko: saidKo }
const translators = new Map<string, Translate | undefined>()

/** For the host's sentences; undefined where they are said as they come. */
export function hostTranslator(locale: string): Translate | undefined {
  if (!translators.has(locale)) {
    const catalogue = catalogues[locale]
    const own = messages[locale as keyof typeof messages]
    translators.set(locale, catalogue === undefined ? undefined : translator(hostCatalogue(own, catalogue)))
  }
  return translators.get(locale)
}

type Tree = Readonly<Record<string, unknown>>
type Message = ReturnType<NonNullable<NonNullable<Parameters<typeof createI18n>[0]>['messageResolver']>>
const known = new WeakMap<object, Map<string, Message>>()

/** By path, found once: a page asks for hundreds of words each second, and the library's way to one took a fifth of it. */
export function messageAt(tree: unknown, path: string): Message {
  if (typeof tree !== 'object' || tree === null) return null
  const found = known.get(tree) ?? new Map<string, Message>()
  known.set(tree, found)
  let message = found.get(path)
  if (message === undefined) {
    message = walked(tree as Tree, path)
    found.set(path, message)
  }
  return message
}

function walked(tree: Tree, path: string): Message {
  let at: unknown = tree
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return null
    at = (at as Tree)[name]
  }
  return at as Message
}
