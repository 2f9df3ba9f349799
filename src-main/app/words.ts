/** What the desktop is told in the user's language, out of the screens' own locales. */
import en from '../../src-renderer/i18n/en.json'
import ko from '../../src-renderer/i18n/ko.json'
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

export function healthWord(language: Language, level: HealthLevel): string {
  return locales[language].health[level]
}
