/**
 * Members of an ensemble of three are killed at random moments, two or all of them at once, too, and some again while they start,
 * while clients count with compare-and-set, add what is unique to sets and make sequential znodes. Whether what they were told has
 * an order is looked for (test/support/linearizability.ts). LAGOON_SEED and LAGOON_ROUNDS say which moments, and how many.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EnsembleProcesses } from '../support/ensemble-processes'
import { SimRandom } from '../support/ensemble-world'
import { bytesOf, KillWriter, textOf, together, type Folders } from '../support/kill-writer'
import { orderProblems } from '../support/linearizability'
import {
  growingSet,
  register,
  registerHistory,
  sequence,
  sequenceHistory,
  setHistory,
  type SequenceCall
} from '../support/znode-history'
import type { Operation } from '../support/linearizability'

const rounds = Number(process.env['LAGOON_ROUNDS'] ?? 16)
const seed = Number(process.env['LAGOON_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const clientCount = 4
const membersCount = 3
/** Between two kills, of each client. */
const acksMax = 40
/** Then writers go on in another set and another queue. */
const roundsPerFolder = 4
const roundMsMax = 30_000

const random = new SimRandom(seed)
const below = (limit: number): number => random.uint32() % limit

/** The writers, and who waits for them. */
class Load {
  readonly writers: readonly KillWriter[]
  folders: Folders = { set: '/set-0', queue: '/queue-0' }
  #waiting: (() => void) | undefined

  constructor(ports: readonly number[]) {
    const acked = (): void => this.#waiting?.()
    this.writers = Array.from(
      { length: clientCount },
      (_, index) => new KillWriter(`w${index}`, ports, () => this.folders, acked)
    )
  }

  get first(): KillWriter {
    const [first] = this.writers
    if (first === undefined) throw new Error('there is a writer')
    return first
  }

  /** Resolves when each writer had so many more answers. */
  async acks(wanted: number): Promise<void> {
    const goals = this.writers.map((writer) => [writer, writer.acks + wanted] as const)
    await new Promise<void>((resolve) => {
      this.#waiting = () => {
        if (goals.every(([{ acks }, goal]) => acks >= goal)) resolve()
      }
      this.#waiting()
    })
    this.#waiting = undefined
  }

  async prepare(): Promise<void> {
    for (const { client } of this.writers) await client.whenConnected()
    await this.first.client.create('/counter', bytesOf('0'))
    for (const { client, name } of this.writers) await client.create(`/alive-${name}`, null, { ephemeral: true })
    await this.moveOn(0)
  }

  async moveOn(number: number): Promise<void> {
    const { client } = this.first
    const folders = { set: `/set-${number}`, queue: `/queue-${number}` }
    for (const path of Object.values(folders)) await client.create(path, null)
    this.folders = folders
  }
}

describe('members of an ensemble of three that are killed under load', () => {
  let ensemble: EnsembleProcesses
  beforeAll(async () => {
    ensemble = await EnsembleProcesses.start(membersCount, { snapshotEntriesMax: 2_000 })
  })
  afterAll(async () => {
    expect(await ensemble.discard()).toEqual([0, 0, 0])
  })

  /** Some are killed at a random moment, and start again; a minority at times only after a while, or it is killed as it starts. */
  async function killSome(load: Load): Promise<number> {
    const killed = pick()
    await ensemble.kill(killed)
    const [only] = killed
    const way = killed.length > 1 || only === undefined ? 0 : below(3)
    if (only === undefined || way === 0) {
      await Promise.all(killed.map((id) => ensemble.startMember(id)))
      return killed.length
    }
    await load.acks(1 + below(acksMax))
    if (way === 2) {
      ensemble.spawnMember(only)
      await load.acks(1 + below(acksMax))
      await ensemble.kill([only])
    }
    await ensemble.startMember(only)
    return way
  }

  it(
    `${rounds} times (seed ${seed}) lose no write that was answered, apply none twice, and keep an order`,
    { timeout: 60_000 + rounds * roundMsMax },
    async () => {
      const load = new Load(ensemble.ports)
      const { writers, first } = load
      await load.prepare()
      const sessions = writers.map(({ client }) => client.sessionId)
      for (const writer of writers) writer.start()

      let kills = 0
      for (let round = 0; round < rounds; round++) {
        await load.acks(1 + below(acksMax))
        kills += await killSome(load)
        if (round % roundsPerFolder === roundsPerFolder - 1) {
          await load.acks(1)
          await load.moveOn(1 + round)
        }
      }
      for (const writer of writers) await writer.stop()
      await first.client.whenConnected()

      const counter = together(writers.map((writer) => new Map([['/counter', writer.counter]])))
      const written = [...counter.values()]
        .flat()
        .filter(({ call }) => call.type === 'set' && call.version !== undefined)
      expect(written.length).toBeGreaterThan(rounds)
      const last = await first.readCounter()
      expect(Number(last.value.split(' ')[0])).toBe(last.version)
      expect(orderProblems(register('0'), mapped(counter, registerHistory))).toEqual([])

      const paths = new Set(writers.flatMap(({ sets }) => [...sets.keys()]))
      for (const path of paths) await first.list(path)
      const sets = together(writers.map((writer) => writer.sets))
      expect(orderProblems(growingSet, mapped(sets, setHistory))).toEqual([])

      const queues = together(writers.map((writer) => writer.queues))
      const inOrder = new Map<string, readonly Operation<SequenceCall>[]>()
      for (const [path, history] of queues) {
        const numbers = await queueOf(first, path)
        inOrder.set(path, sequenceHistory(history, { numbers, ended: performance.now() }))
        const lost = history.filter(({ call }) => call.number !== undefined && numbers.get(call.token) !== call.number)
        expect(lost).toEqual([])
      }
      expect(orderProblems(sequence, inOrder)).toEqual([])

      // A killed minority, and all of them for a moment, end no session: it has its whole time again.
      expect(writers.map((writer) => writer.client.sessionId)).toEqual(sessions)
      for (const writer of writers)
        expect((await writer.client.exists(`/alive-${writer.name}`))?.ephemeralOwner).toBe(writer.client.sessionId)
      for (const writer of writers) await writer.client.close()
      const all = [...counter.values(), ...sets.values(), ...queues.values()].flat()
      const unanswered = all.filter(({ ended }) => ended === Infinity).length
      console.log(`${rounds} rounds, ${kills} kills, ${all.length} operations, ${unanswered} of them not answered`)
    }
  )
})

/** Token and number of all that are in it. */
async function queueOf({ client }: KillWriter, path: string): Promise<ReadonlyMap<string, number>> {
  await client.sync(path)
  const numbers = new Map<string, number>()
  for (const name of (await client.getChildren(path))?.children ?? []) {
    const token = textOf((await client.getData(`${path}/${name}`))?.data)
    expect([name, numbers.has(token)]).toEqual([name, false])
    numbers.set(token, Number(name.slice(-10)))
  }
  return numbers
}

function mapped<Call>(
  histories: ReadonlyMap<string, readonly Operation<Call>[]>,
  as: (history: readonly Operation<Call>[]) => readonly Operation<Call>[]
): ReadonlyMap<string, readonly Operation<Call>[]> {
  return new Map([...histories].map(([path, history]) => [path, as(history)]))
}

/** Mostly one, now and then two, or all of them. */
function pick(): readonly number[] {
  const ids = [1, 2, 3].map((id) => ({ id, at: below(1_000) })).toSorted((a, b) => a.at - b.at)
  const die = below(6)
  return ids.slice(0, die === 0 ? 3 : die === 1 ? 2 : 1).map(({ id }) => id)
}
