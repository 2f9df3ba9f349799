/** The two locales. en.json is the schema; a test keeps ko.json on the same keys and placeholders. */
import { createI18n } from 'vue-i18n'
import en from './en.json'
import ko from './ko.json'

export const messages = { en, ko }

export function createTexts(locale: keyof typeof messages) {
  return createI18n({ legacy: false, locale, fallbackLocale: 'en', messages, missingWarn: true, fallbackWarn: true })
}
