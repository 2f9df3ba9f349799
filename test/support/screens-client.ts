/** What a page of web mode speaks, over its WebSocket: calls and watches of one cluster, named by its id. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { ApiError, type ApiErrorBody } from '../../src-main/api/api'
import type { CommandInput, CommandName, CommandOutput } from '../../src-main/api/commands'
import type { WatchKey, WatchValue } from '../../src-main/api/watch'
import { hostMessageSchema } from '../../src-main/api/wire'

export class ScreensClient {
  readonly #socket: WebSocket
  readonly #calls = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  readonly #watches = new Map<string, (value: unknown) => void>()
  #lastId = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => this.#receive(JSON.parse((data as Buffer).toString('utf8'))))
    socket.on('close', () => {
      for (const { reject } of this.#calls.values())
        reject(new ApiError({ code: 'DISCONNECTED', message: 'The page lost its host.' }))
    })
  }

  /** `url` is the one that `up --ui` tells. */
  static async open(url: string, cluster?: string): Promise<ScreensClient> {
    const { port } = new URL(url)
    const cookie = (await fetch(url, { redirect: 'manual' })).headers.get('set-cookie')?.split(';')[0] ?? ''
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api${cluster === undefined ? '' : `?cluster=${cluster}`}`, {
      headers: { cookie, origin: `http://127.0.0.1:${port}` }
    })
    await once(socket, 'open')
    return new ScreensClient(socket)
  }

  call<Name extends CommandName>(name: Name, input: CommandInput<Name>): Promise<CommandOutput<Name>> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.#socket.send(JSON.stringify({ type: 'call', id, name, input }))
    })
  }

  /** One watcher a key: the last. */
  watch<Key extends WatchKey>(key: Key, changed: (value: WatchValue<Key>) => void): void {
    this.#watches.set(key, changed as (value: unknown) => void)
    // Asked anew: a watch that is held already tells nothing until something changes.
    this.#socket.send(JSON.stringify({ type: 'unwatch', key }))
    this.#socket.send(JSON.stringify({ type: 'watch', key }))
  }

  /** Resolves with the first view that fits. */
  seen<Key extends WatchKey>(key: Key, fits: (value: WatchValue<Key>) => boolean): Promise<WatchValue<Key>> {
    return new Promise((resolve) => {
      this.watch(key, (value) => {
        if (fits(value)) resolve(value)
      })
    })
  }

  close(): void {
    this.#socket.close()
  }

  #receive(raw: unknown): void {
    const message = hostMessageSchema.parse(raw)
    if (message.type === 'push') this.#watches.get(message.key)?.(message.value)
    else if (message.type === 'result') this.#calls.get(message.id)?.resolve(message.value)
    else if (message.type === 'error') this.#calls.get(message.id)?.reject(new ApiError(message.error as ApiErrorBody))
  }
}
