/**
 * A client that never rests: it counts with compare-and-set, adds what is unique to a set, lists it, and makes sequential znodes, side by side
 * on one connection. What it asked for and was told goes into histories that linearizability.ts looks through.
 */
import { EnsembleError, type EnsembleClient } from '../../src-main/coordination/ensemble-client'
import { nodeEnsembleClient } from './ensemble-process'
import type { Operation } from './linearizability'
import type { RegisterCall, SequenceCall, SetCall } from './znode-history'

/** Longer than any killed member is gone: a session must not end. */
const sessionTimeoutMs = 20_000
/** Of its additions, one is followed by a list of all. */
const additionsPerList = 20

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
export const textOf = (data: Uint8Array | null | undefined): string => new TextDecoder().decode(data ?? undefined)

/** Where writers work now: a set and a queue stay small enough to be read at once. */
export interface Folders {
  readonly set: string
  readonly queue: string
}

export class KillWriter {
  readonly name: string
  readonly client: EnsembleClient
  readonly counter: Operation<RegisterCall>[] = []
  readonly sets = new Map<string, Operation<SetCall>[]>()
  readonly queues = new Map<string, Operation<SequenceCall>[]>()
  acks = 0
  readonly #folders: () => Folders
  readonly #acked: () => void
  #isRunning = true
  #last = 0
  #done: Promise<unknown> = Promise.resolve()

  constructor(name: string, ports: readonly number[], folders: () => Folders, acked: () => void) {
    this.name = name
    this.#folders = folders
    this.#acked = acked
    this.client = nodeEnsembleClient(ports, sessionTimeoutMs)
    this.client.start()
  }

  start(): void {
    this.#done = Promise.all([
      this.#forever(() => this.#count()),
      this.#forever(() => this.#add()),
      this.#forever(() => this.#enqueue())
    ])
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    await this.#done
  }

  #token(): string {
    return `${this.name}-${this.#last++}`
  }

  /** Asks, and keeps what it was told; what is not answered may have happened, or not. */
  async #asked<Call, Answer>(
    history: Operation<Call>[],
    asked: Call,
    ask: () => Promise<Answer>,
    told: (answer: Answer) => Call
  ): Promise<void> {
    const began = performance.now()
    try {
      const answer = await ask()
      history.push({ by: this.name, call: told(answer), began, ended: performance.now() })
    } catch (error) {
      history.push({ by: this.name, call: asked, began, ended: Infinity })
      throw error
    }
  }

  /** Reads what is newest and sets one more, unless somebody else has. */
  async #count(): Promise<void> {
    const { counter, name } = this
    const began = performance.now()
    const { value, version: at } = await this.readCounter()
    counter.push({ by: name, call: { type: 'read', value, version: at }, began, ended: performance.now() })
    const set = { type: 'set', value: `${Number(value.split(' ')[0]) + 1} ${this.#token()}`, at } as const
    const ask = async (): Promise<number | undefined> => {
      try {
        return (await this.client.setData('/counter', bytesOf(set.value), at)).version
      } catch (error) {
        if (error instanceof EnsembleError && error.code === 'BADVERSION') return undefined
        throw error
      }
    }
    await this.#asked<RegisterCall, number | undefined>(counter, set, ask, (version) =>
      version === undefined ? { type: 'refused', at } : { ...set, version }
    )
  }

  async readCounter(): Promise<{ readonly value: string; readonly version: number }> {
    await this.client.sync('/counter')
    const found = await this.client.getData('/counter')
    if (found === undefined) throw new Error('the counter is gone')
    return { value: textOf(found.data), version: found.stat.version }
  }

  async #add(): Promise<void> {
    const { set } = this.#folders()
    const call = { type: 'add', name: this.#token() } as const
    const history = historyOf(this.sets, set)
    await this.#asked<SetCall, unknown>(
      history,
      call,
      () => this.client.create(`${set}/${call.name}`, null),
      () => call
    )
    if (history.length % additionsPerList === 0) await this.list(set)
  }

  async list(set: string): Promise<void> {
    const began = performance.now()
    await this.client.sync(set)
    const names = (await this.client.getChildren(set))?.children ?? []
    historyOf(this.sets, set).push({ by: this.name, call: { type: 'list', names }, began, ended: performance.now() })
  }

  async #enqueue(): Promise<void> {
    const { queue } = this.#folders()
    const token = this.#token()
    await this.#asked<SequenceCall, { readonly path: string }>(
      historyOf(this.queues, queue),
      { token },
      () => this.client.create(`${queue}/n-`, bytesOf(token), { sequential: true }),
      ({ path }) => ({ token, number: Number(path.slice(-10)) })
    )
  }

  async #forever(step: () => Promise<void>): Promise<void> {
    while (this.#isRunning) {
      try {
        await step()
        this.acks++
        this.#acked()
      } catch (error) {
        if (!(error instanceof EnsembleError) || error.code !== 'CONNECTIONLOSS') throw error
        await this.client.whenConnected()
      }
    }
  }
}

function historyOf<Call>(histories: Map<string, Operation<Call>[]>, path: string): Operation<Call>[] {
  const known = histories.get(path)
  if (known !== undefined) return known
  const history: Operation<Call>[] = []
  histories.set(path, history)
  return history
}

/** Of all of them, by path. */
export function together<Call>(
  histories: readonly ReadonlyMap<string, readonly Operation<Call>[]>[]
): ReadonlyMap<string, readonly Operation<Call>[]> {
  const all = new Map<string, Operation<Call>[]>()
  for (const one of histories) for (const [path, history] of one) historyOf(all, path).push(...history)
  return all
}
