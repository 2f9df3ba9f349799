/**
 * The client's half of wire.ts on any transport: numbers the calls, keeps the table of watches, and says whether the
 * host can be reached. Watches survive a lost connection: they are sent again when it is back. Calls do not: one that
 * was under way when the connection went is rejected with DISCONNECTED, because nobody knows whether it took effect.
 */
import { ApiError, API_ERROR_CODES } from '@api/api'
import type { ApiErrorCode, LagoonApi } from '@api/api'
import type { CommandInput, CommandName, CommandOutput } from '@api/commands'
import { isListOfRows, withChangedRows, withParts } from '@api/rows'
import type { ChangedRows } from '@api/rows'
import type { WatchKey, WatchValue } from '@api/watch'
import type { ClientMessage, HostMessage } from '@api/wire'
import { GatheredPushes, isIncremental } from './gathered'
import type { GatheringPorts } from './gathered'

export interface Transport {
  /** Only called while connected. */
  send(message: ClientMessage): void
  open(listener: TransportListener): void
}

export interface TransportListener {
  connected(): void
  disconnected(): void
  received(message: unknown): void
  /** The host answers but does not let this page in, or no longer does not. */
  refused?(isRefused: boolean): void
}

interface PendingCall {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: ApiError) => void
}

interface Listener {
  readonly changed: (value: unknown) => void
  readonly refused: ((error: ApiError) => void) | undefined
}

interface Push {
  readonly key: string
  readonly value: unknown
}

interface Watch {
  readonly listeners: Set<Listener>
  last: { readonly value: unknown } | undefined
}

/** Without a beat each push is told when it comes. */
export function createClient(transport: Transport, beat?: Omit<GatheringPorts, 'deliver'>): LagoonApi {
  const calls = new Map<number, PendingCall>()
  const watches = new Map<string, Watch>()
  /** Of long lists: the view that the host told last, be it shown already or not. */
  const wholes = new Map<string, unknown>()
  /** Of long lists: rows of a view whose end has not come. */
  const parts = new Map<string, (HostMessage & { readonly type: 'part' })['value'][]>()
  const connectionListeners = new Set<(isConnected: boolean, isRefused: boolean) => void>()
  let nextId = 1
  let isConnected = false
  let isRefused = false

  const deliver = ({ key, value }: Push): void => {
    const watch = watches.get(key)
    if (watch === undefined) return
    watch.last = { value }
    for (const { changed } of watch.listeners) changed(value)
  }
  const gathered = beat === undefined ? undefined : new GatheredPushes({ ...beat, deliver })

  const tellConnection = (): void => {
    for (const listener of connectionListeners) listener(isConnected, isRefused)
  }
  const setConnected = (value: boolean): void => {
    isConnected = value
    if (value) isRefused = false
    tellConnection()
  }

  const forgetRows = (key: string): void => {
    wholes.delete(key)
    parts.delete(key)
  }
  const ask = (key: string): void => {
    forgetRows(key)
    transport.send(isListOfRows(key) ? { type: 'watch', key, byRows: true } : { type: 'watch', key })
  }
  type ViewMessage = HostMessage & { readonly type: 'push' | 'rows' }
  /** Undefined when it needs what is not here. */
  const wholeValue = (message: ViewMessage): { readonly value: unknown } | undefined => {
    const { type, key } = message
    const first = parts.get(key) ?? []
    parts.delete(key)
    // Of a watch that was ended in the middle of them, and asked for again.
    if (first.length !== (message.follows ?? 0)) return undefined
    const told = withParts(type, key, { parts: first, last: message.value })
    if (type === 'push') return { value: told }
    const value = withChangedRows(key, wholes.get(key), told as ChangedRows)
    return value === undefined ? undefined : { value }
  }
  /** The push as a whole view; undefined when it cannot be made of what is here, and is asked for again. */
  const whole = (message: ViewMessage): Push | undefined => {
    const { key } = message
    const here = wholeValue(message)
    if (here !== undefined) {
      if (isListOfRows(key)) wholes.set(key, here.value)
      return { key, value: here.value }
    }
    if (watches.has(key)) {
      transport.send({ type: 'unwatch', key })
      ask(key)
    }
    return undefined
  }

  transport.open({
    connected() {
      gathered?.hurry()
      for (const key of watches.keys()) ask(key)
      setConnected(true)
    },
    disconnected() {
      const lost = [...calls.values()]
      calls.clear()
      for (const call of lost) call.reject(disconnectedError())
      if (isConnected) setConnected(false)
    },
    refused(value) {
      if (isConnected || value === isRefused) return
      isRefused = value
      tellConnection()
    },
    received(raw) {
      const message = asHostMessage(raw)
      if (message === undefined) return
      if (message.type === 'part') {
        if (watches.has(message.key)) parts.set(message.key, [...(parts.get(message.key) ?? []), message.value])
        return
      }
      if (message.type === 'push' || message.type === 'rows') {
        const push = whole(message)
        if (push === undefined) return
        if (gathered === undefined) deliver(push)
        else gathered.arrived(push)
        return
      }
      // Whatever was told before an answer is known when the answer is.
      gathered?.flush()
      if (message.type === 'refused') {
        const watch = watches.get(message.key)
        watches.delete(message.key)
        for (const { refused } of watch?.listeners ?? []) refused?.(asApiError(message.error))
        return
      }
      const call = calls.get(message.id)
      if (call === undefined) return
      calls.delete(message.id)
      if (message.type === 'result') call.resolve(message.value)
      else call.reject(asApiError(message.error))
    }
  })

  return {
    call<Name extends CommandName>(name: Name, input: CommandInput<Name>): Promise<CommandOutput<Name>> {
      if (!isConnected) return Promise.reject(disconnectedError())
      const id = nextId++
      return new Promise((resolve, reject) => {
        calls.set(id, { resolve: (value) => resolve(value as CommandOutput<Name>), reject })
        gathered?.hurry()
        transport.send({ type: 'call', id, name, input })
      })
    },

    watch<Key extends WatchKey>(
      key: Key,
      changed: (value: WatchValue<Key>) => void,
      refused?: (error: ApiError) => void
    ): () => void {
      const listener: Listener = { changed: changed as (value: unknown) => void, refused }
      const known = watches.get(key)
      const watch: Watch = known ?? { listeners: new Set(), last: undefined }
      watch.listeners.add(listener)
      if (known === undefined) {
        watches.set(key, watch)
        gathered?.hurry()
        if (isConnected) ask(key)
      } else if (watch.last !== undefined && !isIncremental(key)) {
        listener.changed(watch.last.value)
      }
      return () => {
        if (!watch.listeners.delete(listener) || watch.listeners.size > 0 || watches.get(key) !== watch) return
        watches.delete(key)
        gathered?.forget(key)
        forgetRows(key)
        if (isConnected) transport.send({ type: 'unwatch', key })
      }
    },

    connection(changed) {
      connectionListeners.add(changed)
      changed(isConnected, isRefused)
      return () => connectionListeners.delete(changed)
    }
  }
}

function disconnectedError(): ApiError {
  return new ApiError({ code: 'DISCONNECTED', message: 'The host of the cluster cannot be reached.' })
}

function asApiError(error: { code: string; message: string; kafkaError?: string | undefined }): ApiError {
  const code: ApiErrorCode = API_ERROR_CODES.find((known) => known === error.code) ?? 'FAILED'
  return new ApiError({
    code,
    message: error.message,
    ...(error.kafkaError === undefined ? {} : { kafkaError: error.kafkaError })
  })
}

/** The host is ours and versioned with us; this only keeps a stray message from breaking the dispatch. */
function asHostMessage(raw: unknown): HostMessage | undefined {
  if (typeof raw !== 'object' || raw === null || !('type' in raw)) return undefined
  const { type } = raw
  return type === 'push' ||
    type === 'rows' ||
    type === 'part' ||
    type === 'refused' ||
    type === 'result' ||
    type === 'error'
    ? (raw as HostMessage)
    : undefined
}
