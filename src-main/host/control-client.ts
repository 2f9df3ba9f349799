/** The CLI's side of the control socket. */
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { ApiError, type ApiErrorBody } from '../api/api'
import type { CommandInput, CommandName, CommandOutput } from '../api/commands'
import type { WatchKey, WatchValue } from '../api/watch'
import { hostMessageSchema, type ClientMessage } from '../api/wire'
import { AppError } from '../kernel/errors'
import { controlPath } from './control-path'

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

export class ControlClient {
  readonly #socket: Socket
  readonly #calls = new Map<number, Pending>()
  readonly #watches = new Map<string, (value: unknown) => void>()
  #lastId = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    createInterface({ input: socket }).on('line', (line) => this.#receive(JSON.parse(line)))
    socket.on('close', () => {
      const gone = new ApiError({ code: 'DISCONNECTED', message: 'The cluster stopped before it answered.' })
      for (const call of this.#calls.values()) call.reject(gone)
      this.#calls.clear()
    })
  }

  /** Throws AppError NOT_RUNNING when nobody hosts the folder's cluster. */
  static connect(dir: string): Promise<ControlClient> {
    const path = controlPath(dir)
    return new Promise((resolve, reject) => {
      const socket = connect(path)
      socket.once('connect', () => resolve(new ControlClient(socket)))
      socket.once('error', (error: NodeJS.ErrnoException) => {
        const isDenied = error.code === 'EACCES' || error.code === 'EPERM'
        reject(
          isDenied
            ? new AppError('ACCESS_DENIED', `The cluster in ${dir} belongs to another user.`, { cause: error })
            : new AppError('NOT_RUNNING', `No cluster is running in ${dir}. Start it with: lagoon up --data ${dir}`, {
                cause: error
              })
        )
      })
    })
  }

  call<Name extends CommandName>(name: Name, input: CommandInput<Name>): Promise<CommandOutput<Name>> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.#send({ type: 'call', id, name, input })
    })
  }

  watch<Key extends WatchKey>(key: Key, changed: (value: WatchValue<Key>) => void): void {
    this.#watches.set(key, changed as (value: unknown) => void)
    this.#send({ type: 'watch', key })
  }

  onClose(listener: () => void): void {
    this.#socket.on('close', listener)
  }

  close(): void {
    this.#socket.destroy()
  }

  #send(message: ClientMessage): void {
    this.#socket.write(`${JSON.stringify(message)}\n`)
  }

  #receive(value: unknown): void {
    const message = hostMessageSchema.parse(value)
    if (message.type === 'push') {
      this.#watches.get(message.key)?.(message.value)
      return
    }
    const call = this.#calls.get(message.id)
    this.#calls.delete(message.id)
    if (message.type === 'result') call?.resolve(message.value)
    else call?.reject(new ApiError(message.error as ApiErrorBody))
  }
}
