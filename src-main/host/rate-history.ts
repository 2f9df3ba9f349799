/**
 * What went through each broker over the last hour, a sample a second. It is kept here and not in a window, so that a
 * page that is opened or reloaded shows what was before it, and on disk, so that it outlives the host. Bounded:
 * `KEPT_MS` of samples, whatever the rate.
 */
import { z } from 'zod'
import { HISTORY_LIMITS } from '../api/history-limits'
import type { BrokerStatsView, RatesView } from '../api/views'
import { KeptLines, type KeptLinesPorts } from './kept-lines'

/** The longest range of a chart. */
const KEPT_MS = 3_600_000
/** Samples are a second apart; a clock that jumps must not make more of them. */
const SAMPLES_MAX = KEPT_MS / 1000

/** An hour of ten brokers takes 1.4 MB. */
const BYTES_MAX = HISTORY_LIMITS.rateBytes

interface Rate {
  readonly name: string
  /** Whole bytes a second; null while they are not known. */
  readonly inPerSecond: number | null
  readonly outPerSecond: number | null
}
interface Sample {
  readonly atMs: number
  readonly brokers: readonly Rate[]
}
const rate = z.number().min(0).nullable()
const keptSchema = z.tuple([z.number().int().min(0), z.array(z.tuple([z.string(), rate, rate]))])

export class RateHistory {
  readonly #kept: KeptLines
  #samples: Sample[]
  readonly #listeners = new Set<(view: RatesView) => void>()

  constructor(ports: KeptLinesPorts, dir: string) {
    this.#kept = new KeptLines(ports, dir, 'rates.log', BYTES_MAX)
    const samples = inOrder(
      this.#kept
        .read()
        .slice(-SAMPLES_MAX)
        .flatMap((value) => sampleOf(value))
    )
    const last = samples.at(-1)
    this.#samples = last === undefined ? [] : [...samples, endOf(last)]
  }

  add(atMs: number, stats: readonly BrokerStatsView[]): void {
    const brokers = stats.map(({ name, bytesInPerSecond, bytesOutPerSecond }) => ({
      name,
      inPerSecond: whole(bytesInPerSecond),
      outPerSecond: whole(bytesOutPerSecond)
    }))
    // After the clock was put back, what has times that are yet to come would stand in the middle of what follows.
    if ((this.#samples.at(-1)?.atMs ?? 0) >= atMs) this.#samples = this.#samples.filter((one) => one.atMs < atMs)
    this.#samples.push({ atMs, brokers })
    while (this.#samples.length > SAMPLES_MAX || (this.#samples[0]?.atMs ?? atMs) < atMs - KEPT_MS)
      this.#samples.shift()
    this.#kept.append([
      atMs,
      brokers.map(({ name, inPerSecond, outPerSecond }) => [name, inPerSecond, outPerSecond])
    ] satisfies z.infer<typeof keptSchema>)
    if (this.#listeners.size === 0) return
    // One object for all: it is made into bytes once.
    const view = viewOf(this.#samples.slice(-1))
    for (const listener of this.#listeners) listener(view)
  }

  all(): RatesView {
    return viewOf(this.#samples)
  }

  listen(listener: (view: RatesView) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#kept.close()
  }
}

function sampleOf(value: unknown): readonly Sample[] {
  const { data } = keptSchema.safeParse(value)
  if (data === undefined) return []
  const [atMs, brokers] = data
  return [{ atMs, brokers: brokers.map(([name, inPerSecond, outPerSecond]) => ({ name, inPerSecond, outPerSecond })) }]
}

/** After the clock was put back, what was written later holds. */
function inOrder(written: readonly Sample[]): Sample[] {
  const kept: Sample[] = []
  for (const sample of written) {
    while ((kept.at(-1)?.atMs ?? -1) >= sample.atMs) kept.pop()
    kept.push(sample)
  }
  return kept
}

/** From then on until the next host nobody looked: a chart has a gap there. */
function endOf({ atMs, brokers }: Sample): Sample {
  return { atMs: atMs + 1, brokers: brokers.map(({ name }) => ({ name, inPerSecond: null, outPerSecond: null })) }
}

/** Whole bytes a second: a tenth of a byte is not seen in any chart and doubles what is sent. */
const whole = (rate: number | null): number | null => (rate === null ? null : Math.round(rate))

function viewOf(samples: readonly Sample[]): RatesView {
  const names = new Set(samples.flatMap(({ brokers }) => brokers.map(({ name }) => name)))
  const ofSample = samples.map(({ brokers }) => new Map(brokers.map((one) => [one.name, one])))
  return {
    atMs: samples.map(({ atMs }) => atMs),
    brokers: [...names].map((name) => ({
      name,
      inPerSecond: ofSample.map((brokers) => brokers.get(name)?.inPerSecond ?? null),
      outPerSecond: ofSample.map((brokers) => brokers.get(name)?.outPerSecond ?? null)
    }))
  }
}
