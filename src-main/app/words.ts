/** What the desktop is told in the user's language, out of the screens' own locales. */
import en from '../../src-renderer/i18n/en.json'
import ko from '../../src-renderer/i18n/ko.json'
import { hostCatalogue } from '../../src-renderer/i18n/host-catalogue'
import { translator } from '../../src-renderer/i18n/said'
import saidKo from '../../src-renderer/i18n/said/ko.json'
import type { HealthLevel } from '../api/views'
import type { Preferences } from './desktop'

type Language = Preferences['language']
const locales = { en, ko }

export function word(
  language: Language,
  key: keyof typeof en.desktop,
  named: Readonly<Record<string, string | number>> = {}
): string {
  return locales[language].desktop[key].replace(/\{(\w+)\}/g, (_, name: string) => String(named[name] ?? ''))
}

const inKorean = translator(hostCatalogue(ko, saidKo))

/** A sentence of the host, as it came where it is not known in the language; names stand in it as they are. */
export function hostSentence(language: Language, english: string): string {
  if (language === 'en') return english
  const refusal = (kafkaError: string, words: string): string => `${kafkaError}: ${words}`
  return inKorean(english, { named: (name) => name, refusal }) ?? english
}

export function healthWord(language: Language, level: HealthLevel): string {
  return locales[language].health[level]
}
