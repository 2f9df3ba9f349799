import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, 'src-renderer/i18n')
type Messages = Readonly<Record<string, string>>

function flat(value: unknown, path: string): [string, string][] {
  if (typeof value === 'string') return [[path, value]]
  return Object.entries(value as Record<string, unknown>).flatMap(([key, inner]) =>
    flat(inner, path === '' ? key : `${path}.${key}`)
  )
}

const load = (name: string): Messages =>
  Object.fromEntries(flat(JSON.parse(readFileSync(join(folder, name), 'utf8')), ''))
const placeholders = (text: string): string =>
  [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))].sort().join()

const english = load('en.json')
const others = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'en.json')

describe('locales', () => {
  it('there are English and Korean', () => {
    expect(others).toEqual(['ko.json'])
    expect(Object.keys(english).length).toBeGreaterThan(100)
  })

  it.each(others)('%s says the same things as English', (name) => {
    expect(Object.keys(load(name)).sort()).toEqual(Object.keys(english).sort())
  })

  it.each(others)('%s fills in the same values', (name) => {
    const messages = load(name)
    const different = Object.keys(english).filter(
      (key) => placeholders(english[key] ?? '') !== placeholders(messages[key] ?? '')
    )

    expect(different).toEqual([])
  })

  it('Korean puts no particle directly behind a variable', () => {
    const wrong = Object.entries(load('ko.json')).filter(([, text]) =>
      /\}(은|는|이|가|을|를|와|과|으로|로)(\s|$|[.,])/.test(text)
    )

    expect(wrong).toEqual([])
  })
})
