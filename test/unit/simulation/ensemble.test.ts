import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensembleMutants } from '../../simulation/ensemble/ensemble-mutants'
import { runEnsemble } from '../../simulation/ensemble/run-ensemble'
import { bundleFolder, seedsFor, withError } from '../../support/planted-error'

/** SEEDS=1000 looks longer, FIRST=N begins elsewhere, and TELL=1 says which seed finds each planted error. */
const seeds = Number(process.env['SEEDS'] ?? 10)
const first = Number(process.env['FIRST'] ?? 1)
const seedsForAnError = 200
const timeout = 600_000

describe('members of an ensemble under faults', () => {
  it(`keep their promises and come to rest, with ${seeds} seeds`, { timeout }, async () => {
    const bad: string[] = []
    const total: Record<string, number> = { created: 0, counted: 0, synced: 0, faults: 0, wipes: 0 }
    for (let seed = first; seed < first + seeds; seed++) {
      const { violations, figures } = await runEnsemble(seed)
      if (violations.length > 0) bad.push(`seed ${seed}: ${violations[0]}`)
      for (const name of Object.keys(total)) total[name] = (total[name] ?? 0) + (figures[name] ?? 0)
    }

    expect(bad).toEqual([])
    for (const name of ['created', 'counted', 'synced']) expect(total[name], name).toBeGreaterThan(20 * seeds)
    expect(total['faults']).toBeGreaterThan(10 * seeds)
  })

  describe('with an error planted in them', () => {
    let folder: string
    beforeAll(() => {
      folder = bundleFolder()
    })
    afterAll(() => rmSync(folder, { recursive: true }))

    it.each(ensembleMutants)('are found out when $what', { timeout }, async (error) => {
      const module = await withError(error, 'test/simulation/ensemble/run-ensemble.ts', folder)
      const run = (module as { readonly runEnsemble: typeof runEnsemble }).runEnsemble
      let found: string | undefined

      for (const seed of seedsFor(error, seedsForAnError)) {
        const { violations } = await run(seed)
        if (violations.length === 0) continue
        found = `seed ${seed}: ${violations[0]}`
        break
      }

      expect(found, `${error.name} is not found`).toBeDefined()
      if (process.env['TELL'] !== undefined) console.log(error.name, found?.split('\n')[0])
    })
  })
})
