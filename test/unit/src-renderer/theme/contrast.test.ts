/** The palette stays readable and apart, also for eyes that lack one kind of cone. Numbers: WCAG 2.2, CIEDE2000. */
import { describe, expect, it } from 'vitest'
import { contrast, deltaE2000, parseColour, SIGHTS, simulate } from '../support/colour'
import { themeFile } from '../support/theme-files'

const css = themeFile('tokens.css')

type Theme = ReadonlyMap<string, string>

function themeOf(selector: RegExp): Theme {
  const block = selector.exec(css)?.[1] ?? ''
  return new Map(
    [...block.matchAll(/--([\w-]+):\s*(#[0-9A-Fa-f]{6})\b/g)].map(([, name = '', value = '']) => [name, value])
  )
}

const THEMES: Record<'dark' | 'light', Theme> = {
  dark: themeOf(/:root,\s*\[data-theme='dark'\] \{([^}]*)\}/),
  light: themeOf(/ \[data-theme='light'\] \{([^}]*)\}/)
}
const SURFACES = ['surface-app', 'surface-panel', 'surface-raised']
const STATUS = ['healthy', 'recovering', 'degraded', 'critical', 'stopped'].map((name) => `status-${name}`)
const SERIES = [1, 2, 3, 4, 5, 6].map((n) => `series-${n}`)
/** Shape tells statuses apart before colour does; colour must still not contradict it. */
const PAIR_MIN = 13
const MARK_MIN = { dark: 4.4, light: 4.2 } as const

describe.each(['dark', 'light'] as const)('the %s theme', (name) => {
  const colour = (token: string): string => {
    const value = THEMES[name].get(token)
    if (value === undefined) throw new Error(`--${token} is not in the ${name} theme`)
    return value
  }
  const ratio = (a: string, b: string): number => contrast(parseColour(colour(a)), parseColour(colour(b)))

  it.each(['text-1', 'text-2', 'text-3', 'accent'])('reads %s on every surface at 4.5 : 1 or more', (token) => {
    for (const surface of SURFACES) expect(ratio(token, surface), surface).toBeGreaterThanOrEqual(4.5)
  })

  it('reads the text on filled buttons at 4.5 : 1 or more', () => {
    expect(ratio('on-accent', 'accent')).toBeGreaterThanOrEqual(4.5)
    expect(ratio('on-critical', 'status-critical')).toBeGreaterThanOrEqual(4.5)
  })

  it.each(STATUS)('shows the mark of %s on every surface, and as text on app and panel', (token) => {
    for (const surface of SURFACES) expect(ratio(token, surface), surface).toBeGreaterThanOrEqual(MARK_MIN[name])
    for (const surface of SURFACES.slice(0, 2)) expect(ratio(token, surface), surface).toBeGreaterThanOrEqual(4.5)
  })

  it.each(SERIES)('draws %s at 3 : 1 or more on the panel', (token) => {
    expect(ratio(token, 'surface-panel')).toBeGreaterThanOrEqual(3)
  })

  it.each(SIGHTS)('keeps any two statuses apart for %s sight', (sight) => {
    for (const [index, a] of STATUS.entries()) {
      for (const b of STATUS.slice(index + 1)) {
        const apart = deltaE2000(simulate(parseColour(colour(a)), sight), simulate(parseColour(colour(b)), sight))
        expect(apart, `${a} and ${b}`).toBeGreaterThanOrEqual(PAIR_MIN)
      }
    }
  })
})
