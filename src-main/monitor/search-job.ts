/**
 * A search: what it finds is pushed while it looks, as much as the screen shows; all of it is counted. Newest first, the
 * newest of each window are pushed when it has been read. Of more than are shown those that were found first are: partitions
 * are read side by side, and to know the newest of all of them everything would have to be decoded. The screen says so.
 */
import type { JobPush, JobState } from '../api/search'
import type { RecordView } from '../api/views'
import { ApiError } from '../api/api'
import { expectAppError, ignore } from '../kernel/errors'
import type { Timer } from '../kernel/ports'
import type { JobPorts, RecordJob } from './record-job'
import { NewestFound } from './core/newest-found'
import { problemText, TopicScan, type PlacedQuery } from './topic-scan'

const pushEveryMs = 250
/** Of what is found it goes to a screen: longer keys and values are cut. */
const payloadBytesMax = 16 * 1024
/** At most so much of it in one push, as characters. */
const pushTextMax = 1024 * 1024
/** Records that are made of bytes at once while the newest are looked for. */
const foundAtOnceMax = 1000

export class SearchJob implements RecordJob {
  readonly #ports: JobPorts
  readonly #scan: TopicScan
  readonly #isNewestFirst: boolean
  readonly #newest: NewestFound
  #left: number
  #fresh: RecordView[] = []
  #state: JobState = 'running'
  #error: string | null = null
  #timer: Timer | undefined
  #pushing: Promise<void> = Promise.resolve()

  /** Throws ApiError INVALID_INPUT. */
  constructor(ports: JobPorts, query: PlacedQuery & { readonly limit: number }, lane: string) {
    this.#ports = ports
    this.#left = query.limit
    this.#isNewestFirst = query.order === 'newestFirst'
    this.#newest = new NewestFound(query.limit)
    this.#scan = new TopicScan(ports, query, {
      lane,
      recordsMax: () => (this.#isLooking() ? foundAtOnceMax : this.#left),
      isWhole: () => this.#isLooking(),
      payloadBytesMax,
      hasBatch: true,
      taken: async (partition, { records }, isWindowEnd) => {
        const found = records.map(({ headers, ...record }): RecordView => ({
          topic: query.topic,
          partition,
          ...record,
          headers: [...headers]
        }))
        if (!this.#isNewestFirst) this.#keep(found)
        else {
          this.#newest.found(found)
          if (isWindowEnd) this.#keep(this.#newest.windowEnd(partition))
        }
        if (this.#fresh.length > 0 && this.#isLarge()) await this.#push()
      }
    })
  }

  async run(): Promise<void> {
    this.#again()
    let failure: unknown
    try {
      await this.#scan.run()
      if (this.#state === 'running') this.#state = 'done'
    } catch (error) {
      failure = error
      this.#state = 'failed'
      this.#error = problemText(error)
    }
    // Of windows that were not read to their end.
    this.#keep(this.#newest.windowEnd())
    this.#timer?.cancel()
    await this.#push()
    if (failure !== undefined && !(failure instanceof ApiError)) expectAppError(failure)
  }

  /** The newest are wanted and not all known: all that is found is looked at. */
  #isLooking(): boolean {
    return this.#isNewestFirst && this.#left > 0
  }

  /** Several leaders may have been told of the same room. */
  #keep(found: readonly RecordView[]): void {
    const kept = found.slice(0, this.#left)
    this.#left -= kept.length
    this.#fresh.push(...kept)
  }

  stop(): void {
    if (this.#state === 'running') this.#state = 'stopped'
    this.#scan.stop()
  }

  #isLarge(): boolean {
    let characters = 0
    for (const { value } of this.#fresh)
      characters += typeof value === 'string' ? value.length : (value?.base64.length ?? 0)
    return characters > pushTextMax
  }

  #again(): void {
    this.#timer = this.#ports.clock.after(pushEveryMs, () => {
      // How it ended is told once, when nothing of it is under way any more.
      if (this.#state !== 'running') return
      // A reader that does not keep up gets fewer.
      void this.#push().then(() => {
        if (this.#state === 'running') this.#again()
      })
    })
  }

  #push(): Promise<void> {
    const records = this.#fresh
    this.#fresh = []
    const push: JobPush = {
      type: 'search',
      state: this.#state,
      records,
      progress: this.#scan.progress(),
      error: this.#error
    }
    this.#pushing = this.#pushing
      .then(() => this.#ports.push(push))
      .catch((error: unknown) => ignore(error, 'the host is gone'))
    return this.#pushing
  }
}
