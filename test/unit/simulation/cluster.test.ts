import { describe, expect, it } from 'vitest'
import { runCluster } from '../../simulation/cluster/run-cluster'

/** Of three runs in a source that is not bundled, on a machine that does other things. */
const timeoutMs = 60_000

describe('the scenario "cluster"', () => {
  it('gives the same run for the same seed, and another one for another', { timeout: timeoutMs }, async () => {
    const lines: string[] = []
    const first = await runCluster(1, { line: (line) => lines.push(line) })
    const again = await runCluster(1)
    const other = await runCluster(2)

    expect([first.violations, again.violations, other.violations]).toEqual([[], [], []])
    expect(again).toEqual(first)
    expect(other.digest).not.toBe(first.digest)
    expect(first.acked).toBeGreaterThan(50)
    expect(lines.some((line) => line.includes('stored'))).toBe(true)
  })

  it.each([3, 4])('finds nothing with seed %i', { timeout: timeoutMs }, async (seed) => {
    expect((await runCluster(seed)).violations).toEqual([])
  })
})
