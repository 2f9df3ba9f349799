import { describe, expect, it } from 'vitest'
import { runEnsemble } from '../../simulation/ensemble/run-ensemble'

const timeout = 120_000
const seeds = 20

describe('members of an ensemble under faults', () => {
  it('keep their promises and come to rest, in a world in which something happens', { timeout }, async () => {
    const bad: string[] = []
    const total = { answered: 0, applied: 0, elections: 0, faults: 0 }
    for (let seed = 1; seed <= seeds; seed++) {
      const result = await runEnsemble(seed)
      if (result.violations.length > 0) bad.push(`seed ${seed}: ${result.violations[0]}`)
      for (const name of ['answered', 'applied', 'elections', 'faults'] as const) total[name] += result[name]
    }

    expect(bad).toEqual([])
    for (const name of ['answered', 'applied'] as const) expect(total[name], name).toBeGreaterThan(50 * seeds)
    expect(total.elections).toBeGreaterThan(2 * seeds)
    expect(total.faults).toBeGreaterThan(5 * seeds)
  })

  it('do the same, event by event, with the same seed', { timeout }, async () => {
    const stories = [await storyOf(4), await storyOf(4)]

    expect(stories[0]?.length).toBeGreaterThan(50)
    expect(stories[1]).toEqual(stories[0])
  })
})

async function storyOf(seed: number): Promise<readonly string[]> {
  const lines: string[] = []
  const { digest, events } = await runEnsemble(seed, { line: (text) => lines.push(text) })
  return [...lines, digest, String(events)]
}
