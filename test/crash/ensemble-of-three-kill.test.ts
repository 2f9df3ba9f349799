/**
 * Members of an ensemble of three are killed at random moments, all of them at once, too, while clients count with compare-and-set,
 * append what is unique and make sequential znodes. LAGOON_SEED and LAGOON_ROUNDS say which moments, and how many.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EnsembleError, type EnsembleClient } from '../../src-main/coordination/ensemble-client'
import { SimRandom } from '../support/ensemble-world'
import { nodeEnsembleClient } from '../support/ensemble-process'
import { EnsembleProcesses } from '../support/ensemble-processes'
import { registerProblems, type RegisterOperation } from '../support/register-history'

const rounds = Number(process.env['LAGOON_ROUNDS'] ?? 12)
const seed = Number(process.env['LAGOON_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const clientCount = 4
/** Between two kills, of each client. */
const acksMax = 40

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (data: Uint8Array | null | undefined): string => new TextDecoder().decode(data ?? undefined)

interface Made {
  readonly token: string
  readonly path: string
  readonly beganMs: number
  readonly endedMs: number
}

class Writer {
  readonly name: string
  readonly client: EnsembleClient
  readonly register: RegisterOperation[] = []
  readonly appended = new Set<string>()
  readonly sequential: Made[] = []
  /** Tried, answered or not. */
  readonly tokens = new Set<string>()
  acks = 0
  #isRunning = true
  #last = 0
  #done: Promise<unknown> = Promise.resolve()

  constructor(name: string, ports: readonly number[]) {
    this.name = name
    this.client = nodeEnsembleClient(ports, 20_000)
    this.client.start()
  }

  start(): void {
    const { client } = this
    this.#done = Promise.all([
      this.#forever(() => this.#count()),
      this.#forever(async () => {
        const token = this.#token()
        await client.create(`/set/${token}`, null)
        this.appended.add(token)
      }),
      this.#forever(async () => {
        const token = this.#token()
        const beganMs = performance.now()
        const { path } = await client.create('/queue/n-', bytes(token), { sequential: true })
        this.sequential.push({ token, path, beganMs, endedMs: performance.now() })
      })
    ])
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    await this.#done
  }

  #token(): string {
    const token = `${this.name}-${this.#last++}`
    this.tokens.add(token)
    return token
  }

  /** Reads what is newest and sets one more, unless somebody else has. */
  async #count(): Promise<void> {
    const { client, register } = this
    const readMs = performance.now()
    await client.sync('/counter')
    const found = await client.getData('/counter')
    if (found === undefined) throw new Error('the counter is gone')
    const before = text(found.data)
    const version = found.stat.version
    register.push({ type: 'read', value: before, version, beganMs: readMs, endedMs: performance.now() })
    const value = `${Number(before.split(' ')[0]) + 1} ${this.#token()}`
    const write = { type: 'write', value, beganMs: performance.now() } as const
    try {
      const { version: written } = await client.setData('/counter', bytes(value), version)
      register.push({ ...write, version: written, endedMs: performance.now() })
    } catch (error) {
      if (error instanceof EnsembleError && error.code === 'BADVERSION') return
      register.push({ ...write, version: undefined, endedMs: Infinity })
      throw error
    }
  }

  async #forever(step: () => Promise<void>): Promise<void> {
    while (this.#isRunning) {
      try {
        await step()
        this.acks++
      } catch (error) {
        if (!(error instanceof EnsembleError) || error.code !== 'CONNECTIONLOSS') throw error
        await this.client.whenConnected()
      }
    }
  }
}

describe('members of an ensemble of three that are killed under load', () => {
  let ensemble: EnsembleProcesses
  beforeAll(async () => {
    ensemble = await EnsembleProcesses.start(3, { snapshotEntriesMax: 2_000 })
  })
  afterAll(async () => {
    expect(await ensemble.discard()).toEqual([0, 0, 0])
  })

  it(`${rounds} times (seed ${seed}) lose no write that was answered, apply none twice, and keep their order`, async () => {
    const random = new SimRandom(seed)
    const below = (limit: number): number => random.uint32() % limit
    const writers = Array.from({ length: clientCount }, (_, index) => new Writer(`w${index}`, ensemble.ports))
    const [first] = writers
    if (first === undefined) throw new Error('there is a writer')
    for (const { client } of writers) await client.whenConnected()
    await first.client.create('/set', null)
    await first.client.create('/queue', null)
    await first.client.create('/counter', bytes('0'))
    for (const { client, name } of writers) await client.create(`/alive-${name}`, null, { ephemeral: true })
    const sessions = writers.map(({ client }) => client.sessionId)
    for (const writer of writers) writer.start()

    for (let round = 0; round < rounds; round++) {
      const wanted = 1 + below(acksMax)
      const before = writers.map(({ acks }) => acks)
      while (!writers.every(({ acks }, index) => acks - (before[index] ?? 0) >= wanted))
        await new Promise((resolve) => setImmediate(resolve))
      const killed = pick(below)
      await ensemble.kill(killed)
      await Promise.all(killed.map((id) => ensemble.startMember(id)))
    }
    for (const writer of writers) await writer.stop()

    const { client } = first
    await client.whenConnected()
    await client.sync('/')
    const register = writers.flatMap((writer) => writer.register)
    expect(register.filter(({ type, version }) => type === 'write' && version !== undefined).length).toBeGreaterThan(
      rounds
    )
    expect(registerProblems(register)).toEqual([])
    const counter = await client.getData('/counter')
    expect(Number(text(counter?.data).split(' ')[0])).toBe(counter?.stat.version)

    const present = new Set((await client.getChildren('/set'))?.children)
    expect(writers.flatMap(({ appended }) => [...appended]).filter((token) => !present.has(token))).toEqual([])

    const queue = new Map<string, string>()
    for (const name of (await client.getChildren('/queue'))?.children ?? []) {
      const token = text((await client.getData(`/queue/${name}`))?.data)
      expect([name, queue.has(token)]).toEqual([name, false])
      queue.set(token, `/queue/${name}`)
    }
    const made = writers.flatMap(({ sequential }) => sequential)
    expect(made.filter(({ token, path }) => queue.get(token) !== path)).toEqual([])
    expect(outOfOrder(made)).toEqual([])

    // A killed minority, and all of them for a moment, end no session: it has its whole time again.
    expect(writers.map((writer) => writer.client.sessionId)).toEqual(sessions)
    for (const writer of writers)
      expect((await client.exists(`/alive-${writer.name}`))?.ephemeralOwner).toBe(writer.client.sessionId)
    for (const writer of writers) await writer.client.close()
  })
})

/** Mostly one, now and then two, or all of them. */
function pick(below: (limit: number) => number): readonly number[] {
  const ids = [1, 2, 3].map((id) => ({ id, at: below(1_000) })).toSorted((a, b) => a.at - b.at)
  const die = below(6)
  return ids.slice(0, die === 0 ? 3 : die === 1 ? 2 : 1).map(({ id }) => id)
}

/** Whose name is lower than that of one that was answered before it began. */
function outOfOrder(made: readonly Made[]): readonly string[] {
  const byEnd = made.toSorted((a, b) => a.endedMs - b.endedMs)
  const problems: string[] = []
  let highest = ''
  let at = 0
  for (const { path, beganMs } of made.toSorted((a, b) => a.beganMs - b.beganMs)) {
    for (let end = byEnd[at]; end !== undefined && end.endedMs < beganMs; end = byEnd[++at])
      if (end.path > highest) highest = end.path
    if (path <= highest) problems.push(`${path} came after ${highest}`)
  }
  return problems
}
