/** The reader: answers the commands about records of which many are looked at, apart from the monitor's samples. */
import { ApiError } from '../api/api'
import type { CommandInput, CommandName, CommandOutput } from '../api/commands'
import type { Serdes } from '../api/formats'
import type { ScanQuery } from '../api/search'
import type { ClientMessage, HostMessage } from '../api/wire'
import type { KafkaCluster, RecordScanner } from '../kernel/cluster-ports'
import { expectAppError, ignore } from '../kernel/errors'
import type { Clock, FileSinks, Log } from '../kernel/ports'
import { said } from '../kernel/said'
import { failureOf } from './failure'
import { commitsOf } from './group-commits'
import { RecordJobs } from './record-jobs'
import { saveRecord } from './saved-record'
import type { PlacedQuery } from './topic-scan'

type Served = Extract<
  CommandName,
  `search.${string}` | `tail.${string}` | `export.${string}` | `job.${string}` | 'record.save'
>
type Table = { readonly [Name in Served]: (input: CommandInput<Name>) => Promise<CommandOutput<Name>> }

export interface RecordReaderPorts {
  readonly clock: Clock
  readonly log: Log
  readonly cluster: KafkaCluster & RecordScanner
  readonly files: FileSinks
  readonly serdes: Pick<Serdes, 'payloadBytes'>
  /** To the host; resolves when the message has left. */
  readonly tell: (message: HostMessage) => Promise<void>
}

export class RecordReader {
  readonly #ports: RecordReaderPorts
  readonly #jobs: RecordJobs
  readonly #commands: Table

  constructor(ports: RecordReaderPorts) {
    this.#ports = ports
    const { clock, log, cluster, files, tell } = ports
    const jobs = new RecordJobs({
      clock,
      log,
      cluster,
      files,
      push: (id, value) => tell({ type: 'push', key: `job:${id}`, value })
    })
    this.#jobs = jobs
    this.#commands = {
      'search.open': async (input) => ({ job: jobs.search(await this.#placed(input)) }),
      'tail.open': async (input) => Promise.resolve({ job: jobs.tail(input) }),
      'tail.pause': ({ job, isPaused }) => {
        jobs.pause(job, isPaused)
        return Promise.resolve({})
      },
      'export.open': async (input) => ({ job: jobs.export(await this.#placed(input)) }),
      'job.close': async ({ job }) => {
        await jobs.close(job)
        return {}
      },
      'record.save': (input) => saveRecord(ports, input)
    }
  }

  /** Asked before anything is begun: a group that is not there starts nothing. */
  async #placed<Query extends ScanQuery>(query: Query): Promise<Query & PlacedQuery> {
    const { topic, from } = query
    if (from?.type !== 'group') return query
    const { clock, cluster } = this.#ports
    return { ...query, committed: await commitsOf(clock, cluster, { topic, groupId: from.groupId }) }
  }

  async stop(): Promise<void> {
    await this.#jobs.closeAll()
    await this.#ports.cluster.close()
  }

  receive(message: ClientMessage): void {
    if (message.type === 'call') {
      void this.#answer(message.id, message.name, message.input)
      return
    }
    const id = message.key.replace(/^job:/, '')
    if (message.type === 'unwatch') void this.#jobs.close(id)
    else if (!this.#jobs.begin(id)) this.#refuse(message.key)
  }

  /** It was of a reader that is dead, or ended before it was watched. */
  #refuse(key: string): void {
    const message = said`It is over: what read it has ended. Begin it again.`
    this.#tell({ type: 'refused', key, error: { code: 'NOT_FOUND', message } })
  }

  async #answer(id: number, name: string, input: unknown): Promise<void> {
    try {
      const command = this.#commands[name as keyof Table] as ((input: unknown) => Promise<unknown>) | undefined
      if (command === undefined)
        throw new ApiError({ code: 'INVALID_INPUT', message: said`There is no command ${name}.` })
      this.#tell({ type: 'result', id, value: await command(input) })
    } catch (error) {
      this.#tell({ type: 'error', id, error: failureOf(error) })
      // It is answered; but a broken invariant must not go on unseen.
      if (!(error instanceof ApiError)) expectAppError(error)
    }
  }

  #tell(message: HostMessage): void {
    this.#ports.tell(message).catch((error: unknown) => ignore(error, 'the host is gone, and so will we be'))
  }
}
