import { describe, expect, it } from 'vitest'
import { EVENT_CODES, HEALTH_LEVELS, NODE_STATES, REASON_CODES } from '@api/views'
import { EVENT_PARAMS } from '@api/event-params'
import { createTexts, messages } from '@/i18n'
import { NODE_ACTIONS } from '@/stores/nodes'

function flatten(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]]
  return Object.entries(value as Record<string, unknown>).flatMap(([key, child]) =>
    flatten(child, path === '' ? key : `${path}.${key}`)
  )
}
const en = new Map(flatten(messages.en))
const ko = new Map(flatten(messages.ko))
const placeholders = (text: string): string[] =>
  [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name))].sort()

describe('the locales', () => {
  it('have the same keys in the same order', () => {
    expect([...ko.keys()]).toEqual([...en.keys()])
  })

  it('have the same placeholders', () => {
    // "One partition" needs no number; its plural form does, and so does Korean, which has one form for both.
    const differing = [...en].filter(
      ([key, text]) => String(placeholders(text)) !== String(placeholders(ko.get(key) ?? ''))
    )
    expect(differing.map(([key]) => key)).toEqual([])
  })

  it('compile without a warning, in every form', () => {
    for (const language of ['en', 'ko'] as const) {
      const { t } = createTexts(language).global
      for (const [key, text] of language === 'en' ? en : ko) {
        const named = Object.fromEntries(placeholders(text).map((name) => [name, 'X']))
        for (const plural of [0, 1, 2]) expect(t(key, named, plural), key).not.toMatch(/[{}|]/)
      }
    }
  })

  it('put no Korean particle after a variable', () => {
    const particles = /\}(?:이|가|을|를|은|는|과|와|로|으로|이가|의|에|에서|에게)(?=[\s,.:;!?]|$)/
    expect([...ko].filter(([, text]) => particles.test(text)).map(([key]) => key)).toEqual([])
  })

  it('have a sentence for every code of the API', () => {
    const needed = [
      ...EVENT_CODES.map((code) => `event.${code}`),
      ...EVENT_CODES.filter((code) => EVENT_PARAMS[code].length > 0).map((code) => `eventShort.${code}`),
      ...REASON_CODES.flatMap((code) => [`reason.${code}.what`, `reason.${code}.why`]),
      ...NODE_STATES.flatMap((state) => [`nodeState.${state}`, `node.since.${state}`]),
      ...HEALTH_LEVELS.flatMap((level) => [`health.${level}`, `verdict.${level}`]),
      ...NODE_ACTIONS.flatMap((action) => [
        `nodeAction.${action}`,
        `notice.nodeAction.${action}`,
        `palette.node.${action}`
      ])
    ]
    expect(needed.filter((key) => !en.has(key))).toEqual([])
  })

  it('use in an event no placeholder that its params do not fill', () => {
    // One partition has one leader: of several the sentence names none.
    const always = ['subject', 'node', 'nodeIn', 'how', 'delay', 'fault', 'why', 'leader', 'deed']
    const unfilled = EVENT_CODES.flatMap((code) => {
      const filled: readonly string[] = [...always, ...EVENT_PARAMS[code]]
      return placeholders(en.get(`event.${code}`) ?? '')
        .filter((name) => !filled.includes(name))
        .map((name) => `${code}: ${name}`)
    })
    expect(unfilled).toEqual([])
  })
})

describe('the sources', () => {
  const sources = import.meta.glob<string>('../../../../src-renderer/**/*.{vue,ts}', {
    query: '?raw',
    import: 'default',
    eager: true
  })
  const all = Object.values(sources).join('\n')
  const keys = [...all.matchAll(/\bt\(\s*(['`])([^'`]+)\1/g)].map(([, , key = '']) => key)

  it('ask only for keys that exist', () => {
    expect(keys.length).toBeGreaterThan(150)
    const patterns = [...new Set(keys)].map((key) => ({
      key,
      pattern: new RegExp(
        `^${key
          .split(/\$\{[^}]*\}?/)
          .map((part) => part.replace(/[.]/g, '\\.'))
          .join('[^.]+(?:\\.[^.]+)?')}$`
      )
    }))
    const missing = patterns
      .filter(({ pattern }) => ![...en.keys()].some((key) => pattern.test(key)))
      .map(({ key }) => key)
    expect(missing).toEqual([])
  })
})
