import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
interface Report {
  readonly summary: {
    readonly totalCruised: number
    readonly violations: readonly {
      readonly from: string
      readonly to: string
      readonly rule: { readonly name: string }
    }[]
  }
}

function cruise(): Report['summary'] {
  const bin = resolve(root, 'node_modules/.bin/depcruise')
  const args = ['--config', 'test/tidy/dependency-cruiser.cjs', '--output-type', 'json', 'src-main', 'src-renderer']
  const text = execFileSync(bin, args, { cwd: root, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
  return (JSON.parse(text) as Report).summary
}

describe('layering', () => {
  it('keeps every room to what it may import', () => {
    const { violations, totalCruised } = cruise()

    expect(totalCruised).toBeGreaterThan(150)
    expect(violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([])
  })
})
