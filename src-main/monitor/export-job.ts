/** An export: what fits goes to a file as it is read; the file has its name when all of it is there, or does not exist. */
import { ApiError } from '../api/api'
import type { JobPush, JobState } from '../api/search'
import type { RecordView } from '../api/views'
import { expectAppError, ignore } from '../kernel/errors'
import type { FileSink, FileSinks, Timer } from '../kernel/ports'
import { exportHead, exportLine, type ExportFormat } from './core/export-lines'
import type { JobPorts, RecordJob } from './record-job'
import { problemText, TopicScan, type PlacedQuery } from './topic-scan'

const pushEveryMs = 250
/** Held between two writes. */
export const exportRecordsMax = 5000

export interface ExportQuery extends PlacedQuery {
  readonly format: ExportFormat
  readonly path: string
  readonly isReplacing?: boolean | undefined
}

export class ExportJob implements RecordJob {
  readonly #ports: JobPorts & { readonly files: FileSinks }
  readonly #query: ExportQuery
  readonly #scan: TopicScan
  #sink: FileSink | undefined
  #writing: Promise<void> = Promise.resolve()
  #bytesWritten = 0
  #state: JobState = 'running'
  #path: string | null = null
  #timer: Timer | undefined

  /** Throws ApiError INVALID_INPUT. */
  constructor(ports: JobPorts & { readonly files: FileSinks }, query: ExportQuery, lane: string) {
    this.#ports = ports
    this.#query = query
    this.#scan = new TopicScan(ports, query, {
      lane,
      recordsMax: () => exportRecordsMax,
      isWhole: () => true,
      taken: (partition, { records }) =>
        this.#write(
          records
            .map(({ headers, ...record }): RecordView => ({
              topic: query.topic,
              partition,
              ...record,
              headers: [...headers]
            }))
            .map((record) => exportLine(record, query.format))
        )
    })
  }

  async run(): Promise<void> {
    let failure: unknown
    this.#again()
    try {
      this.#sink = await this.#ports.files.create(this.#query.path, this.#query.isReplacing === true)
      await this.#write([exportHead[this.#query.format]])
      await this.#scan.run()
      if (this.#state === 'running') {
        this.#path = await this.#sink.finish()
        this.#state = 'done'
      }
    } catch (error) {
      failure = error
      this.#state = 'failed'
    }
    // Nothing is left of a stopped one, nor of one that failed.
    if (this.#state !== 'done') await this.#sink?.discard()
    this.#timer?.cancel()
    await this.#push(failure === undefined ? null : problemText(failure))
    if (failure !== undefined && !(failure instanceof ApiError)) expectAppError(failure)
  }

  stop(): void {
    if (this.#state === 'running') this.#state = 'stopped'
    this.#scan.stop()
  }

  /** One after the other, whichever leader's records they are; reading waits for it. */
  #write(lines: readonly string[]): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      if (this.#state !== 'running' || lines.length === 0) return
      this.#bytesWritten += (await this.#sink?.write(lines)) ?? 0
    })
    return this.#writing
  }

  #again(): void {
    this.#timer = this.#ports.clock.after(pushEveryMs, () => {
      // How it ended is told once, when nothing of it is under way any more.
      if (this.#state !== 'running') return
      void this.#push(null).then(() => {
        if (this.#state === 'running') this.#again()
      })
    })
  }

  async #push(error: string | null): Promise<void> {
    const push: JobPush = {
      type: 'export',
      state: this.#state,
      progress: this.#scan.progress(),
      bytesWritten: this.#bytesWritten,
      path: this.#path,
      error
    }
    await this.#ports.push(push).catch((error: unknown) => ignore(error, 'the host is gone'))
  }
}
