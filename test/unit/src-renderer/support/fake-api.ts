/** A LagoonApi whose pushes and answers the test decides. */
import type { LagoonApi } from '@api/api'
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
  setConnected(isConnected: boolean, isRefused?: boolean): void
  /** The newest call of this name. */
  last(name: CommandName): Call
}

export function createFakeApi(): FakeApi {
  const calls: Call[] = []
  const watches = new Map<string, Set<(value: never) => void>>()
  const connectionListeners = new Set<(isConnected: boolean, isRefused?: boolean) => void>()
  let isConnected = true

  return {
    calls,
    watched: () => [...watches].filter(([, listeners]) => listeners.size > 0).map(([key]) => key),
    call: (name, input) =>
      new Promise((resolve, reject) => {
        calls.push({ name, input, resolve: resolve as (value: unknown) => void, reject })
      }),
    watch(key, changed) {
      const listeners = watches.get(key) ?? new Set()
      watches.set(key, listeners)
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
    connection(changed) {
      connectionListeners.add(changed)
      changed(isConnected)
      return () => connectionListeners.delete(changed)
    },
    push(key, value) {
      for (const listener of watches.get(key) ?? []) listener(value as never)
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
