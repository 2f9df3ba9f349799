import { readFileSync } from 'node:fs'

export const THEME_FILES = ['tokens.css', 'fonts.css', 'base.css', 'components.css', 'windows.css'] as const

// Not `new URL(…, import.meta.url)`: Vite takes that for an asset of a page.
const HERE = import.meta.url.replace(/^file:\/\//, '').replace(/\/[^/]*$/, '')

export function themeFile(name: (typeof THEME_FILES)[number]): string {
  return readFileSync(`${HERE}/../../../../src-renderer/theme/${name}`, 'utf8')
}
