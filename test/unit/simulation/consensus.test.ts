import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { consensusMutants } from '../../simulation/consensus/consensus-mutants'
import { runConsensus } from '../../simulation/consensus/run-consensus'
import { bundleFolder, seedsFor, withError } from '../../support/planted-error'

/** SEEDS=20000 looks longer, and TELL=1 says which seed finds each planted error. */
const seeds = Number(process.env['SEEDS'] ?? 500)
/** Among so many of the first, one finds each planted error. */
const seedsForAnError = 10_000

describe('consensus alone, in a network and on disks that do what they can', () => {
  it(`keeps all its promises and comes to rest, with ${seeds} seeds`, () => {
    const bad: string[] = []
    const total = { elections: 0, acknowledged: 0, readsMade: 0, snapshots: 0, wipes: 0 } as Record<string, number>
    for (let seed = 1; seed <= seeds; seed++) {
      const { violations, figures } = runConsensus(seed)
      if (violations.length > 0) bad.push(`seed ${seed}: ${violations[0]}`)
      for (const name of Object.keys(total)) total[name] = (total[name] ?? 0) + (figures[name] ?? 0)
    }

    expect(bad).toEqual([])
    // It is no world in which nothing happens.
    expect(total['elections']).toBeGreaterThan(3 * seeds)
    expect(total['acknowledged']).toBeGreaterThan(20 * seeds)
    for (const name of ['readsMade', 'snapshots', 'wipes']) expect(total[name], name).toBeGreaterThan(seeds / 10)
  })

  it('is the same run, event by event, with the same seed', () => {
    const stories = [1, 2].map(() => {
      const lines: string[] = []
      const { figures } = runConsensus(9, (line) => lines.push(line))
      return [...lines, JSON.stringify(figures)]
    })

    expect(stories[0]?.length).toBeGreaterThan(20)
    expect(stories[1]).toEqual(stories[0])
  })

  describe('with an error planted in it', () => {
    let folder: string
    beforeAll(() => {
      folder = bundleFolder()
    })
    afterAll(() => rmSync(folder, { recursive: true }))

    it.each(consensusMutants)('finds that $what', async (mutant) => {
      const module = await withError(mutant, 'test/simulation/consensus/run-consensus.ts', folder)
      const run = (module as { readonly runConsensus: typeof runConsensus }).runConsensus
      let found: string | undefined

      for (const seed of seedsFor(mutant, seedsForAnError)) {
        const { violations } = run(seed)
        if (violations.length === 0) continue
        found = `seed ${seed}: ${violations[0]}`
        break
      }

      expect(found, `${mutant.name} is not found`).toBeDefined()
      if (process.env['TELL'] !== undefined) console.log(mutant.name, found)
    })
  })
})
