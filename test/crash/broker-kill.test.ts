/**
 * Twenty SIGKILLs of brokers under load. With an idempotent producer and acks=all every acked record is there once and
 * in order; with acks=1 at least once. LAGOON_SEED repeats a run's moments of death, LAGOON_ROUNDS makes it longer.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SimRandom } from '../support/ensemble-world'
import { until } from '../support/lab-cluster'
import { NumberedLoad, storedNumbers } from '../support/numbered-load'
import { RawCluster } from '../support/raw-cluster'

const rounds = Number(process.env['LAGOON_ROUNDS'] ?? 20)
const partitions = 6
const seed = Number(process.env['LAGOON_SEED'] ?? Date.now() % 1_000_000)
const random = new SimRandom(seed)
const below = (limit: number): number => random.uint32() % limit

describe(`brokers under SIGKILL, seed ${seed}`, () => {
  let cluster: RawCluster
  const loads: NumberedLoad[] = []

  beforeAll(async () => {
    cluster = await RawCluster.start({ brokers: 3 })
    for (const mode of ['idempotent', 'plain'] as const) {
      // Small segments: recovery has rolled ones, too.
      await cluster.createTopic(mode, { partitions, configs: { 'segment.bytes': '262144' } })
      loads.push(new NumberedLoad(cluster.lab.bootstrap, mode, mode, partitions))
    }
  })

  afterAll(async () => {
    for (const load of loads) load.kill()
    expect(await cluster.discard()).toBe(0)
  })

  const stored = (topic: string, partition: number) => storedNumbers(cluster.lab.bootstrap, topic, partition)

  it(`loses no acked record in ${rounds} kills, and an idempotent producer’s are there once and in order`, async () => {
    const [idempotent, plain] = loads as [NumberedLoad, NumberedLoad]
    const pids = new Set<number | null>()
    const written = (): number => loads.flatMap((load) => load.counts()).reduce((sum, count) => sum + count, 0)
    for (let round = 1; round <= rounds; round++) {
      const before = loads.map((load) => load.counts())
      const what = `both loads write to every partition (round ${round}, seed ${seed})`
      await until(what, () => loads.every((load, i) => load.hasMovedSince(before[i] ?? [])), 60_000).catch(
        (error: unknown) => {
          throw new Error(loads.map((load) => load.state()).join('\n'), { cause: error })
        }
      )
      const goal = written() + below(400)
      await until(`some more is written (round ${round}, seed ${seed})`, () => written() >= goal, 60_000)
      const victim = `broker-${1 + below(3)}`
      pids.add((await cluster.lab.statusOf(victim)).pid)
      await cluster.lab.call('node.kill', { node: victim })
      await cluster.lab.call('node.start', { node: victim })
    }
    const last = loads.map((load) => load.counts())
    await until('all partitions are written to again', () =>
      loads.every((load, i) => load.hasMovedSince(last[i] ?? []))
    )
    for (const load of loads) await load.stop()

    expect(pids.size).toBe(rounds)
    for (const load of loads) expect(load.end, load.topic).toMatchObject({ left: 0, failed: [] })
    for (let partition = 0; partition < partitions; partition++) {
      const once = await stored('idempotent', partition)
      const numbers = once.map(({ number }) => number)
      expect(
        numbers.every((number, i) => i === 0 || number > (numbers[i - 1] ?? -1)),
        `order, seed ${seed}`
      ).toBe(true)
      const placed = new Map(once.map(({ number, offset }) => [number, offset]))
      // A duplicate's answer may carry no offset of its own (librdkafka then says -1).
      const lost = idempotent.acked[partition]?.filter(
        ({ number, offset }) => !placed.has(number) || (offset >= 0 && placed.get(number) !== offset)
      )
      expect(lost, `idempotent ${partition}, seed ${seed}`).toEqual([])
      expect(numbers.length).toBe(idempotent.acked[partition]?.length)

      const kept = new Set((await stored('plain', partition)).map(({ number }) => number))
      const missing = plain.acked[partition]?.filter(({ number }) => !kept.has(number))
      expect(missing, `plain ${partition}, seed ${seed}`).toEqual([])
    }
  })
})
