/** The CLI's side of the control socket. */
import { connect, type Socket } from 'node:net'
import { ApiError, type ApiErrorBody } from '../api/api'
import type { CommandInput, CommandName, CommandOutput } from '../api/commands'
import type { WatchKey, WatchValue } from '../api/watch'
import { hostMessageSchema, type ClientMessage, type HostMessage } from '../api/wire'
import { AppError } from '../kernel/errors'
import { LineSplitter } from '../kernel/line-splitter'
import { connectionErrorId } from './clients'
import { controlPath } from './control-path'

/** A view of tens of thousands of partitions is a line. */
const answerBytesMax = 256 * 1024 * 1024

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

interface Watcher {
  readonly changed: (value: unknown) => void
  readonly refused: ((error: ApiError) => void) | undefined
}

export class ControlClient {
  readonly #socket: Socket
  readonly #calls = new Map<number, Pending>()
  readonly #watches = new Map<string, Watcher>()
  #lastId = 0
  /** Why the host ended the connection, when it said so. */
  #refusal: ApiError | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    const decoder = new TextDecoder()
    const lines = new LineSplitter(answerBytesMax, (line, isCut) => {
      if (isCut) this.#refuse(new ApiError({ code: 'FAILED', message: 'The answer is too large to be read.' }))
      else this.#receive(decoder.decode(line))
    })
    socket.on('data', (chunk) => lines.push(chunk))
    socket.on('close', () => {
      for (const call of this.#calls.values()) call.reject(this.#gone())
      this.#calls.clear()
    })
  }

  /** Rejects with AppError, NOT_RUNNING when nobody hosts the folder's cluster. */
  static async connect(dir: string): Promise<ControlClient> {
    const { path, release } = controlPath(dir)
    return await new Promise((resolve, reject) => {
      const socket = connect(path)
      socket.once('connect', () => {
        release()
        resolve(new ControlClient(socket))
      })
      socket.once('error', (error: NodeJS.ErrnoException) => {
        release()
        reject(connectError(dir, error))
      })
    })
  }

  call<Name extends CommandName>(name: Name, input: CommandInput<Name>): Promise<CommandOutput<Name>> {
    if (this.#socket.destroyed) return Promise.reject(this.#gone())
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.#send({ type: 'call', id, name, input })
    })
  }

  /** One watcher a key. Without `refused` the connection ends when the watch is not held. */
  watch<Key extends WatchKey>(
    key: Key,
    changed: (value: WatchValue<Key>) => void,
    refused?: (error: ApiError) => void
  ): void {
    this.#watches.set(key, { changed: changed as (value: unknown) => void, refused })
    this.#send({ type: 'watch', key })
  }

  unwatch(key: WatchKey): void {
    if (this.#watches.delete(key)) this.#send({ type: 'unwatch', key })
  }

  onClose(listener: () => void): void {
    this.#socket.on('close', listener)
  }

  close(): void {
    this.#socket.destroy()
  }

  #gone(): ApiError {
    return this.#refusal ?? new ApiError({ code: 'DISCONNECTED', message: 'The cluster stopped before it answered.' })
  }

  #send(message: ClientMessage): void {
    // What was watched or asked for ends with the connection, which says so by itself.
    if (this.#socket.destroyed) return
    this.#socket.write(`${JSON.stringify(message)}\n`)
  }

  #receive(line: string): void {
    const message = messageIn(line)
    if (message === undefined) {
      const foreign = 'What answers there speaks another API. Use the lagoon of the app that hosts this cluster.'
      this.#refuse(new ApiError({ code: 'FAILED', message: foreign }))
      return
    }
    if (message.type === 'push') {
      this.#watches.get(message.key)?.changed(message.value)
      return
    }
    // Asked for by pages only.
    if (message.type === 'rows' || message.type === 'part') return
    const refused = message.type === 'refused' ? this.#watches.get(message.key)?.refused : undefined
    if (message.type === 'refused' && refused !== undefined) {
      this.#watches.delete(message.key)
      refused(new ApiError(message.error as ApiErrorBody))
      return
    }
    // Nobody waits for a watch alone: without it the command that wanted it cannot go on.
    if (message.type === 'refused' || (message.type === 'error' && message.id === connectionErrorId)) {
      this.#refuse(new ApiError(message.error as ApiErrorBody))
      return
    }
    const call = this.#calls.get(message.id)
    this.#calls.delete(message.id)
    if (message.type === 'result') call?.resolve(message.value)
    else call?.reject(new ApiError(message.error as ApiErrorBody))
  }

  #refuse(reason: ApiError): void {
    this.#refusal = reason
    this.#socket.destroy()
  }
}

function connectError(dir: string, error: NodeJS.ErrnoException): AppError {
  if (error.code === 'EACCES' || error.code === 'EPERM')
    return new AppError('ACCESS_DENIED', `The cluster in ${dir} belongs to another user.`, { cause: error })
  const message = `No cluster is running in ${dir}. Start it with: lagoon up --data ${dir}`
  return new AppError('NOT_RUNNING', message, { cause: error })
}

function messageIn(line: string): HostMessage | undefined {
  try {
    return hostMessageSchema.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}
