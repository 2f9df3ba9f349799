/**
 * One client of the host, whatever carries its messages: checks each by schema, runs commands, keeps watches, ends them
 * with the connection. Nothing a client sends can do more than get an error back.
 */
import { ApiError, type ApiErrorBody, type LagoonApi } from '../api/api'
import { COMMANDS, type CommandInput, type CommandName, type CommandOutput } from '../api/commands'
import { changedRows, inParts, type ChangedRows, type InParts } from '../api/rows'
import { clientMessageSchema, type HostMessage } from '../api/wire'
import type { WatchKey } from '../api/watch'
import { messageOf } from '../kernel/errors'
import type { Log } from '../kernel/ports'
import { said } from '../kernel/said'

/** Watches of one client at a time. */
const watchesMax = 200
/** Calls of one client that have not been answered yet. */
const callsMax = 256

/** What stands behind a session: runs commands, serves watches. */
export interface ApiProvider extends Pick<LagoonApi, 'watch'> {
  /** Rejects with ApiError. */
  run<Name extends CommandName>(name: Name, input: CommandInput<Name>): Promise<CommandOutput<Name>>
}

export class ClientSession {
  readonly #api: ApiProvider
  readonly #send: (message: HostMessage) => void
  readonly #log: Log
  readonly #watches = new Map<string, () => void>()
  readonly #consumers = new Set<string>()
  readonly #jobs = new Set<string>()
  #callsUnderWay = 0
  #isClosed = false

  constructor(api: ApiProvider, send: (message: HostMessage) => void, log: Log) {
    this.#api = api
    this.#log = log
    this.#send = (message) => {
      if (!this.#isClosed) send(message)
    }
  }

  /** A message as it came; false when it is none of ours (the transport may then close). */
  receive(message: unknown): boolean {
    const parsed = clientMessageSchema.safeParse(message)
    if (!parsed.success) return false
    const { data } = parsed
    if (data.type === 'call') void this.#answer(data.id, data.name, data.input)
    else if (data.type === 'watch') this.#watch(data.key as WatchKey, data.byRows === true)
    else this.#unwatch(data.key)
    return true
  }

  async #answer(id: number, name: string, input: unknown): Promise<void> {
    if (this.#callsUnderWay >= callsMax) {
      const message = said`${callsMax} commands of this client are under way already. Wait for one of them.`
      this.#send({ type: 'error', id, error: { code: 'CONFLICT', message } })
      return
    }
    this.#callsUnderWay++
    try {
      this.#send({ type: 'result', id, value: await this.#dispatch(name, input) })
    } catch (error) {
      this.#send({ type: 'error', id, error: this.#errorBody(name, error) })
    } finally {
      this.#callsUnderWay--
    }
  }

  async #dispatch(name: string, input: unknown): Promise<unknown> {
    if (!isCommand(name)) throw new ApiError({ code: 'INVALID_INPUT', message: said`There is no command ${name}.` })
    const parsed = COMMANDS[name].input.safeParse(input)
    if (!parsed.success) {
      const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
      throw new ApiError({ code: 'INVALID_INPUT', message: `${name}: ${problems}` })
    }
    const value = await this.#api.run(name, parsed.data)
    if (name === 'consumer.open') this.#opened((value as { consumer: string }).consumer)
    if (name === 'job.close') this.#jobs.delete((input as { job: string }).job)
    else if (typeof (value as { job?: unknown }).job === 'string') this.#jobOpened((value as { job: string }).job)
    return value
  }

  #errorBody(name: string, error: unknown): ApiErrorBody {
    if (error instanceof ApiError) {
      const { code, message, kafkaError } = error
      return kafkaError === undefined ? { code, message } : { code, message, kafkaError }
    }
    this.#log('error', 'a command failed', { command: name, reason: messageOf(error) })
    return { code: 'FAILED', message: messageOf(error) }
  }

  #watch(key: WatchKey, byRows: boolean): void {
    if (this.#watches.has(key)) return
    const refused = (error: ApiErrorBody): void => this.#send({ type: 'refused', key, error })
    if (this.#watches.size >= watchesMax) {
      const message = said`This client watches ${watchesMax} views already. End one of those watches and ask again.`
      refused({ code: 'CONFLICT', message })
      return
    }
    let isOver = false
    let last: unknown
    const behind: { end?: () => void } = {}
    // What serves it counts its watches: it is told of the end once, whoever ends it.
    const end = (): void => {
      if (isOver) return
      isOver = true
      behind.end?.()
    }
    // Held before the first value or the refusal comes, which may be at once.
    this.#watches.set(key, end)
    behind.end = this.#api.watch(
      key,
      (value) => {
        const rows = byRows ? sharedRows(key, last, value) : undefined
        last = value
        if (rows !== undefined) this.#sendInParts('rows', key, rows)
        else if (byRows) this.#sendInParts('push', key, value)
        else this.#send({ type: 'push', key, value })
      },
      (error) => {
        if (isOver) return
        this.#watches.delete(key)
        end()
        refused(this.#errorBody(key, error))
      }
    )
    if (isOver) behind.end()
  }

  #sendInParts(type: 'push' | 'rows', key: WatchKey, told: unknown): void {
    const { parts, last } = sharedParts(type, key, told)
    for (const value of parts) this.#send({ type: 'part', key, value })
    const follows = parts.length === 0 ? {} : { follows: parts.length }
    if (type === 'push') this.#send({ type, key, value: last, ...follows })
    else this.#send({ type, key, value: last as ChangedRows, ...follows })
  }

  #unwatch(key: string): void {
    this.#watches.get(key)?.()
    this.#watches.delete(key)
  }

  close(): void {
    this.#isClosed = true
    for (const end of this.#watches.values()) end()
    this.#watches.clear()
    for (const consumer of this.#consumers) this.#leave(consumer)
    for (const job of this.#jobs) this.#end(job)
  }

  /** The client may have gone while it was opened: then nobody would ever close it. */
  #opened(consumer: string): void {
    if (this.#isClosed) this.#leave(consumer)
    else this.#consumers.add(consumer)
  }

  #jobOpened(job: string): void {
    if (this.#isClosed) this.#end(job)
    else this.#jobs.add(job)
  }

  /** Searches, tails and exports end with the client that wanted them. */
  #end(job: string): void {
    this.#api.run('job.close', { job }).catch((error: unknown) => {
      this.#log('debug', 'a job was closed already', { reason: messageOf(error) })
    })
  }

  /** Consumers that this client opened leave their groups with it. */
  #leave(consumer: string): void {
    this.#api.run('consumer.close', { consumer }).catch((error: unknown) => {
      this.#log('debug', 'a consumer was closed already', { reason: messageOf(error) })
    })
  }
}

/** By the view that came last: clients that watch the same are told the same, which is found and encoded once. */
const rowsOf = new WeakMap<object, { readonly before: unknown; readonly rows: ChangedRows | undefined }>()

function sharedRows(key: WatchKey, before: unknown, after: unknown): ChangedRows | undefined {
  if (before === undefined || typeof after !== 'object' || after === null) return undefined
  const known = rowsOf.get(after)
  if (known?.before === before) return known.rows
  const rows = changedRows(key, before, after)
  rowsOf.set(after, { before, rows })
  return rows
}

const partsOf = new WeakMap<object, InParts>()

/** As `sharedRows`. */
function sharedParts(type: 'push' | 'rows', key: WatchKey, told: unknown): InParts {
  if (typeof told !== 'object' || told === null) return { parts: [], last: told }
  const known = partsOf.get(told) ?? inParts(type, key, told)
  partsOf.set(told, known)
  return known
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name)
}
