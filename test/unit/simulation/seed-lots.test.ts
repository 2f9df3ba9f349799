import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { seedLots } from '../../../scripts/seed-lots.mjs'

describe('a long run of seeds', () => {
  let folder: string
  let bundle: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lagoon-lots-'))
    bundle = join(folder, 'main.mjs')
    writeFileSync(bundle, 'one')
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  const lotsOf = (newFirst: number, count = 1_200) => seedLots(join(folder, 'done'), 'cluster', bundle, newFirst, count)
  const wanted = ({ lots }: ReturnType<typeof lotsOf>): string[] =>
    lots.filter(({ failures }) => failures === undefined).map(({ first, seeds }) => `${first}+${seeds}`)

  it('is cut into lots', () => {
    expect(wanted(lotsOf(7))).toEqual(['7+500', '507+500', '1007+200'])
  })

  it('goes on where it was, with what was found', () => {
    const before = lotsOf(7)
    before.done({ first: 507, seeds: 500, failures: ['seed 510: lost'] })

    const after = lotsOf(99)

    expect(wanted(after)).toEqual(['7+500', '1007+200'])
    expect(after.lots[1]?.failures).toEqual(['seed 510: lost'])
  })

  it('runs a lot again whose line was not whole', () => {
    lotsOf(7).done({ first: 7, seeds: 500, failures: [] })
    const [name = ''] = readdirSync(join(folder, 'done'))
    appendFileSync(join(folder, 'done', name), '{"first":507,"see')

    const again = lotsOf(99)
    expect(wanted(again)).toEqual(['507+500', '1007+200'])
    again.done({ first: 507, seeds: 500, failures: [] })

    expect(wanted(lotsOf(99))).toEqual(['1007+200'])
  })

  it('begins with new seeds when it was done, or the source is another', () => {
    const before = lotsOf(7, 600)
    for (const { first, seeds } of before.lots) before.done({ first, seeds, failures: [] })
    expect(wanted(lotsOf(99, 600))).toEqual(['99+500', '599+100'])

    lotsOf(99, 600).done({ first: 99, seeds: 500, failures: [] })
    writeFileSync(bundle, 'two')
    expect(wanted(lotsOf(123, 600))).toEqual(['123+500', '623+100'])
  })
})
