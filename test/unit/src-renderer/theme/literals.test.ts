import { describe, expect, it } from 'vitest'
import { THEME_FILES, themeFile } from '../support/theme-files'

const sources = import.meta.glob<string>('../../../../src-renderer/**/*.{vue,ts}', {
  query: '?raw',
  import: 'default',
  eager: true
})

/** 50 % of a place and 1fr of a grid are proportions, not sizes. */
const LITERALS = [
  { what: 'colour', pattern: /#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b(?![-\w/])|\brgba?\(|\bhsla?\(|\boklch\(/ },
  { what: 'size', pattern: /(?<![\w.])\d+(?:\.\d+)?(?:px|rem|em|pt)\b/ },
  { what: 'duration', pattern: /(?<![\w.])\d+(?:\.\d+)?m?s\s*(?:ease|linear|;)/ },
  { what: 'font', pattern: /font-family:(?!\s*var\()/ }
]

const styleOf = (source: string): string =>
  [...source.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/g)].map(([, css]) => css).join('\n')

describe('styles outside theme/', () => {
  const styled = Object.entries(sources).filter(([path, source]) => path.endsWith('.vue') && styleOf(source) !== '')

  it('are found at all', () => {
    expect(styled.length).toBeGreaterThan(20)
  })

  it.each(LITERALS)('name no literal $what', ({ pattern }) => {
    const found = styled.filter(([, source]) => pattern.test(styleOf(source))).map(([path]) => path)

    expect(found).toEqual([])
  })

  it('use only custom properties that exist', () => {
    const themes = THEME_FILES.map(themeFile)
    const defined = new Set(themes.flatMap((css) => [...css.matchAll(/(--[\w-]+)\s*:/g)].map(([, name]) => name)))
    defined.add('--depth') // set on the line of a tree
    defined.add('--reka-dropdown-menu-content-available-height') // set by the library on an open menu
    defined.add('--reka-select-content-available-height') // and on the open list of a select
    const all = [...themes, ...styled.map(([, source]) => styleOf(source))]

    const unknown = all
      .flatMap((css) => [...css.matchAll(/var\((--[\w-]+)/g)].map(([, name]) => name))
      .filter((name) => !defined.has(name))

    expect([...new Set(unknown)]).toEqual([])
  })
})

describe('templates', () => {
  it('hold no literal text', () => {
    const texts = Object.entries(sources).flatMap(([path, source]) => {
      const template = /<template>([\s\S]*)<\/template>/.exec(source)?.[1] ?? ''
      const bare = template
        .replace(/<!--[\s\S]*?-->/g, '')
        .replace(/\{\{[\s\S]*?\}\}/g, '')
        .replace(/<kbd[^>]*>[^<]*<\/kbd>/g, '')
        .replace(/<(?:"[^"]*"|'[^']*'|[^'">])*>/g, '\n')
      return bare
        .split('\n')
        .filter((text) => /\p{L}/u.test(text))
        .map((text) => `${path}: ${text.trim()}`)
    })

    expect(texts).toEqual([])
  })
})
