/** The jobs that screens have open. Each begins when it is first watched, so that nothing is sent unseen. */
import { ApiError } from '../api/api'
import type { CommandInput } from '../api/commands'
import type { JobPush } from '../api/search'
import type { KafkaCluster, RecordScanner } from '../kernel/cluster-ports'
import { ignore, messageOf } from '../kernel/errors'
import type { Clock, FileSinks, Log } from '../kernel/ports'
import { said } from '../kernel/said'
import { ExportJob } from './export-job'
import type { JobPorts, RecordJob } from './record-job'
import { SearchJob } from './search-job'
import { TailJob } from './tail-job'
import type { PlacedQuery } from './topic-scan'

/** More are refused. */
const jobsMax = 32
/** One that nobody watches is forgotten after this. */
const unwatchedMsMax = 60_000

export interface RecordJobsPorts {
  readonly clock: Clock
  readonly log: Log
  readonly cluster: KafkaCluster & RecordScanner
  readonly files: FileSinks
  readonly push: (id: string, push: JobPush) => Promise<void>
}

interface Open {
  readonly job: RecordJob
  running: Promise<void> | undefined
}

export class RecordJobs {
  readonly #ports: RecordJobsPorts
  readonly #open = new Map<string, Open>()
  /** Ids of one process are not those of the next. */
  readonly #prefix: string
  #lastId = 0

  constructor(ports: RecordJobsPorts) {
    this.#ports = ports
    this.#prefix = ports.clock.nowMs().toString(36)
  }

  search(query: CommandInput<'search.open'> & PlacedQuery): string {
    return this.#add((ports, lane) => new SearchJob(ports, query, lane))
  }

  tail(query: CommandInput<'tail.open'>): string {
    return this.#add((ports, lane) => new TailJob(ports, query, lane))
  }

  export(query: CommandInput<'export.open'> & PlacedQuery): string {
    const { files } = this.#ports
    return this.#add((ports, lane) => new ExportJob({ ...ports, files }, query, lane))
  }

  #add(make: (ports: JobPorts, lane: string) => RecordJob): string {
    if (this.#open.size >= jobsMax) {
      const message = said`${jobsMax} searches, tails and exports are open already. Stop one of them.`
      throw new ApiError({ code: 'CONFLICT', message })
    }
    const { clock, log, cluster, push } = this.#ports
    const id = `${this.#prefix}-${++this.#lastId}`
    const job = make({ clock, log, cluster, push: (value) => push(id, value) }, `job-${id}`)
    const open: Open = { job, running: undefined }
    this.#open.set(id, open)
    clock.after(unwatchedMsMax, () => {
      if (open.running === undefined) this.#open.delete(id)
    })
    return id
  }

  /** False when there is no such job (any more). Idempotent. */
  begin(id: string): boolean {
    const open = this.#open.get(id)
    if (open === undefined) return false
    open.running ??= open.job.run().finally(() => this.#open.delete(id))
    return true
  }

  pause(id: string, isPaused: boolean): void {
    this.#open.get(id)?.job.pause?.(isPaused)
  }

  /** Resolves when it has ended and given back what it held. Idempotent. */
  async close(id: string): Promise<void> {
    const open = this.#open.get(id)
    if (open === undefined) return
    open.job.stop()
    await open.running?.catch((error: unknown) => ignore(error, `it ends the process by itself: ${messageOf(error)}`))
    this.#open.delete(id)
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.close(id)))
  }
}
