/**
 * Many records from one template, at a rate or as fast as the brokers take them: a step of records at a time, the next
 * when all of it is answered, so that memory does not grow with the count or with a slow broker. What a broker refuses is
 * counted and the next step tried; a template that cannot be encoded, and a topic that is not there, end it.
 */
import { ApiError } from '../api/api'
import type { CommandInput } from '../api/commands'
import type { Serdes } from '../api/formats'
import { COUNTER, type ProductionView, type TypedRecord } from '../api/producing'
import type { Payload } from '../api/views'
import type { NewRecord } from '../kernel/cluster-ports'
import { expectAppError, messageOf } from '../kernel/errors'
import type { Clock } from '../kernel/ports'
import { pause } from '../kernel/waiting'
import { failureOf } from './failure'
import { batchBytesMax, type Fate, type Producer } from './producer'
import { newRecord, recordBytes } from './typed-records'

const stepRecordsMax = 1000
/** A step is that of so much time, unless more is owed than one step holds: then the next follows at once. */
const stepMs = 50
/** What was missed while a broker was slow is caught up with for no longer than this. */
const arrearsMsMax = 1000
const leaderWithinMs = 3000
const afterFailureMs = 250
const lastMax = 50
const failuresMax = 8

export interface ProductionPorts {
  readonly clock: Clock
  readonly serdes: Serdes
  readonly producer: Pick<Producer, 'send' | 'refuseCodec'>
}

type Failure = ProductionView['failures'][number]

export class Production {
  readonly #ports: ProductionPorts
  readonly #input: CommandInput<'production.start'>
  readonly #beganMs: number
  #state: ProductionView['state'] = 'running'
  #sent = 0
  #acked = 0
  #failed = 0
  #problem: string | null = null
  readonly #failures = new Map<string, Failure>()
  #last: readonly Pick<Fate, 'partition' | 'offset'>[] = []
  #isStopping = false
  #endedMs: number | undefined

  /** Throws ApiError INVALID_INPUT when its first record could not be written as it is. */
  constructor(ports: ProductionPorts, input: CommandInput<'production.start'>) {
    this.#ports = ports
    this.#input = input
    this.#beganMs = ports.clock.monotonicMs()
    ports.producer.refuseCodec(input.codec ?? 'none')
    this.#record(1)
  }

  view(): ProductionView {
    return {
      state: this.#state,
      sent: this.#sent,
      acked: this.#acked,
      failed: this.#failed,
      elapsedMs: Math.round((this.#endedMs ?? this.#ports.clock.monotonicMs()) - this.#beganMs),
      problem: this.#problem,
      failures: [...this.#failures.values()],
      last: this.#last
    }
  }

  stop(): void {
    this.#isStopping = true
  }

  /** Resolves when it has ended, whatever the reason; rejects with programmer errors only. */
  async run(): Promise<void> {
    try {
      await this.#produce()
      this.#state = this.#isDone() ? 'done' : 'stopped'
    } catch (error) {
      if (!(error instanceof ApiError)) expectAppError(error)
      this.#state = 'failed'
      this.#problem = messageOf(error)
    } finally {
      this.#endedMs = this.#ports.clock.monotonicMs()
    }
  }

  #isDone(): boolean {
    return this.#sent >= (this.#input.count ?? Number.POSITIVE_INFINITY)
  }

  async #produce(): Promise<void> {
    const { clock } = this.#ports
    const { ratePerSecond } = this.#input
    /** Records owed by now; grows with time. */
    let owed = 1
    let countedMs = clock.monotonicMs()
    while (!this.#isStopping && !this.#isDone()) {
      if (ratePerSecond !== undefined) {
        const nowMs = clock.monotonicMs()
        const passedMs = Math.min(arrearsMsMax, nowMs - countedMs)
        owed = Math.min(owed + (passedMs * ratePerSecond) / 1000, Math.max(1, (arrearsMsMax * ratePerSecond) / 1000))
        countedMs = nowMs
        if (owed < 1) {
          await pause(clock, Math.max(1, Math.min(stepMs, ((1 - owed) * 1000) / ratePerSecond)))
          continue
        }
      }
      const step = this.#step(ratePerSecond === undefined ? stepRecordsMax : Math.floor(owed))
      owed -= step.length
      const isRefused = await this.#send(step)
      if (isRefused) await pause(clock, afterFailureMs)
      else if (ratePerSecond !== undefined && owed < Math.min(stepRecordsMax, (ratePerSecond * stepMs) / 1000))
        await pause(clock, stepMs)
    }
  }

  #step(wanted: number): readonly NewRecord[] {
    const left = (this.#input.count ?? Number.POSITIVE_INFINITY) - this.#sent
    const max = Math.min(wanted, stepRecordsMax, left)
    const records: NewRecord[] = []
    let bytes = 0
    while (records.length < max && bytes < batchBytesMax) {
      const record = this.#record(this.#sent + records.length + 1)
      bytes += recordBytes(record)
      records.push(record)
    }
    return records
  }

  /** True when not one of them was taken. */
  async #send(records: readonly NewRecord[]): Promise<boolean> {
    const { topic, acks, codec = 'none', partition } = this.#input
    const to = { topic, acks, codec, partition, withinMs: leaderWithinMs }
    const fates = await this.#ports.producer.send(to, records).catch((error: unknown) => this.#unsent(error, records))
    this.#sent += records.length
    const written = fates.filter(({ error }) => error === undefined)
    if (acks !== 0) this.#acked += written.length
    this.#failed += records.length - written.length
    for (const { error } of fates) if (error !== undefined) this.#count(error)
    this.#last = [...this.#last, ...written.slice(-lastMax)].slice(-lastMax).map(({ partition: at, offset }) => {
      return { partition: at, offset }
    })
    return written.length === 0
  }

  /** No broker told where partitions are; that may pass. A topic that is gone does not come back by itself. */
  #unsent(error: unknown, records: readonly NewRecord[]): readonly Fate[] {
    if (error instanceof ApiError) throw error
    expectAppError(error)
    return records.map(() => ({ partition: 0, offset: null, error: failureOf(error) }))
  }

  #count({ message, kafkaError }: NonNullable<Fate['error']>): void {
    const known = this.#failures.get(message)
    if (known === undefined && this.#failures.size >= failuresMax) return
    const records = (known?.records ?? 0) + 1
    this.#failures.set(message, { message, records, ...(kafkaError === undefined ? {} : { kafkaError }) })
  }

  #record(number: number): NewRecord {
    return newRecord(this.#ports.serdes, this.#input, numbered(this.#input.record, number))
  }
}

function numbered({ key, value, headers = [], timestampMs }: TypedRecord, number: number): TypedRecord {
  const text = <T extends Payload>(payload: T): T | string =>
    typeof payload === 'string' ? payload.replaceAll(COUNTER, String(number)) : payload
  return {
    key: text(key),
    value: text(value),
    headers: headers.map((header) => ({ key: header.key, value: text(header.value) })),
    ...(timestampMs === undefined ? {} : { timestampMs })
  }
}
