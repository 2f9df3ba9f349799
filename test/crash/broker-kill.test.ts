/**
 * Twenty SIGKILLs of brokers under load. With an idempotent producer and acks=all every acked record is there once and
 * in order; with acks=1 at least once. LAGOON_SEED repeats a run's moments of death, LAGOON_ROUNDS makes it longer.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SimRandom } from '../support/ensemble-world'
import { runToEnd, until } from '../support/lab-cluster'
import { RawCluster } from '../support/raw-cluster'

const rounds = Number(process.env['LAGOON_ROUNDS'] ?? 20)
const partitions = 6
const seed = Number(process.env['LAGOON_SEED'] ?? Date.now() % 1_000_000)
const random = new SimRandom(seed)
const below = (limit: number): number => random.uint32() % limit
const script = join(import.meta.dirname, '../interop/broker-confluent.py')

interface Ack {
  readonly number: number
  readonly offset: number
}

/** librdkafka, writing numbered records to every partition until it is told to stop. */
class Load {
  readonly topic: string
  readonly acked = Array.from({ length: partitions }, (): Ack[] => [])
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  end: { readonly left: number; readonly failed: readonly unknown[]; readonly sent: number } | undefined
  #stderr = ''

  constructor(bootstrap: string, topic: string, mode: 'idempotent' | 'plain') {
    this.topic = topic
    const args = [script, 'load', bootstrap, topic, mode, String(partitions)]
    this.#child = spawn('/usr/bin/python3', args, { stdio: 'pipe' })
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()))
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) {
        this.end = JSON.parse(line) as Load['end']
        return
      }
      const [partition = -1, number = -1, offset = -1] = line.split(' ').map(Number)
      this.acked[partition]?.push({ number, offset })
    })
  }

  /** For the message of a failure: whether it still runs, acks a partition, what it complained of last. */
  state(): string {
    const { exitCode, signalCode } = this.#child
    const run = exitCode === null && signalCode === null ? 'runs' : `ended with ${exitCode ?? signalCode}`
    return `${this.topic} ${run}, acked ${this.counts().join('/')}: ${this.#stderr.slice(-2000)}`
  }

  counts(): readonly number[] {
    return this.acked.map((acks) => acks.length)
  }

  /** Every partition has acked something since. */
  hasMovedSince(before: readonly number[]): boolean {
    return this.counts().every((count, partition) => count > (before[partition] ?? 0))
  }

  async stop(): Promise<void> {
    this.#child.stdin.write('stop\n')
    await once(this.#child, 'close')
    if (this.end === undefined) throw new Error(`the load ended early: ${this.#stderr}`)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

describe(`brokers under SIGKILL, seed ${seed}`, () => {
  let cluster: RawCluster
  const loads: Load[] = []

  beforeAll(async () => {
    cluster = await RawCluster.start({ brokers: 3 })
    for (const mode of ['idempotent', 'plain'] as const) {
      // Small segments: recovery has rolled ones, too.
      await cluster.createTopic(mode, { partitions, configs: { 'segment.bytes': '262144' } })
      loads.push(new Load(cluster.lab.bootstrap, mode, mode))
    }
  })

  afterAll(async () => {
    for (const load of loads) load.kill()
    expect(await cluster.discard()).toBe(0)
  })

  async function stored(topic: string, partition: number): Promise<{ offset: number; number: number }[]> {
    const args = ['-C', '-b', cluster.lab.bootstrap, '-t', topic, '-p', String(partition)]
    const read = await runToEnd('kcat', [...args, '-o', 'beginning', '-e', '-q', '-f', '%o %s\n'])
    if (read.code !== 0) throw new Error(read.stderr)
    return read.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number))
      .map(([offset = -1, number = -1]) => ({ offset, number }))
  }

  it(`loses no acked record in ${rounds} kills, and an idempotent producer’s are there once and in order`, async () => {
    const [idempotent, plain] = loads as [Load, Load]
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
      await cluster.lab.verb('node', 'kill', victim)
      await cluster.lab.verb('node', 'start', victim)
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
