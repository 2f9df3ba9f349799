import { describe, expect, it } from 'vitest'
import { contentSecurityPolicy } from '../../../../src-main/host/renderer-files'

const directives = (port: number | undefined): ReadonlyMap<string, readonly string[]> =>
  new Map(
    contentSecurityPolicy('n0nce', port)
      .split('; ')
      .map((directive) => {
        const [name = '', ...sources] = directive.split(' ')
        return [name, sources]
      })
  )

describe('the content security policy', () => {
  // CSP Level 3, 6.7.2.4: beside another source 'none' is ignored, and Chromium complains on the console of each page.
  it.each([['of a window', undefined] as const, ['of a browser', 8080] as const])(
    '%s has ’none’ only alone',
    (_, port) => {
      const beside = [...directives(port)].filter(([, sources]) => sources.includes("'none'") && sources.length > 1)

      expect(beside).toEqual([])
    }
  )

  it('lets a window connect to nothing, and a browser to the sockets of its own port', () => {
    expect(directives(undefined).get('connect-src')).toEqual(["'none'"])
    expect(directives(8080).get('connect-src')).toEqual(["'self'", 'ws://127.0.0.1:8080', 'ws://localhost:8080'])
  })
})
