/** A LagoonApi whose pushes and answers the test decides. */
import type { ApiError, LagoonApi } from '@api/api'
import type { CommandName } from '@api/commands'
import type { WatchKey, WatchValue } from '@api/watch'

export interface Call {
  readonly name: CommandName
  readonly input: unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

export interface FakeApi extends LagoonApi {
  readonly calls: Call[]
  readonly watched: () => string[]
  push<Key extends WatchKey>(key: Key, value: WatchValue<Key>): void
  /** The watches of this key are over. */
  refuse(key: WatchKey, error: ApiError): void
  setConnected(isConnected: boolean, isRefused?: boolean): void
  /** The newest call of this name. */
  last(name: CommandName): Call
}

interface Watcher {
  readonly changed: (value: never) => void
  readonly refused: ((error: ApiError) => void) | undefined
}

export function createFakeApi(): FakeApi {
  const calls: Call[] = []
  const watches = new Map<string, Set<Watcher>>()
  const connectionListeners = new Set<(isConnected: boolean, isRefused?: boolean) => void>()
  let isConnected = true

  return {
    calls,
    watched: () => [...watches].filter(([, listeners]) => listeners.size > 0).map(([key]) => key),
    call: (name, input) =>
      new Promise((resolve, reject) => {
        calls.push({ name, input, resolve: resolve as (value: unknown) => void, reject })
      }),
    watch(key, changed, refused) {
      const listeners = watches.get(key) ?? new Set()
      watches.set(key, listeners)
      const watcher = { changed, refused }
      listeners.add(watcher)
      return () => listeners.delete(watcher)
    },
    connection(changed) {
      connectionListeners.add(changed)
      changed(isConnected)
      return () => connectionListeners.delete(changed)
    },
    push(key, value) {
      for (const { changed } of watches.get(key) ?? []) changed(value as never)
    },
    refuse(key, error) {
      const over = watches.get(key) ?? []
      watches.delete(key)
      for (const { refused } of over) refused?.(error)
    },
    setConnected(value, isRefused = false) {
      isConnected = value
      for (const listener of connectionListeners) listener(value, isRefused)
    },
    last(name) {
      const call = calls.findLast((one) => one.name === name)
      if (call === undefined) throw new Error(`${name} was not called`)
      return call
    }
  }
}
