/**
 * The clients of a host taken together, on whatever transport. The end of the host is the end of the cluster, so what
 * they may cost is bounded: how many there are, what waits unsent for each and for all, and a view that many watch is
 * made into bytes once.
 */
import type { ApiErrorBody } from '../api/api'
import type { HostMessage } from '../api/wire'
import { said } from '../kernel/said'

export const clientLimits = {
  /** On one transport at a time. */
  clientsMax: 128,
  /** A client that does not read is cut off. */
  unsentBytesMax: 64 * 1024 * 1024,
  /** So is the one that reads least when all together wait for more. */
  unsentBytesOfAllMax: 192 * 1024 * 1024
}

/** Less is not worth a look at all the others. */
const noticedBytes = 256 * 1024

export interface Connection {
  readonly unsentBytes: number
  send(bytes: Uint8Array): void
  /** At once; what waits is dropped. */
  cutOff(): void
}

export class Clients {
  readonly #limits: typeof clientLimits
  readonly #connections = new Set<Connection>()

  constructor(limits = clientLimits) {
    this.#limits = limits
  }

  get isFull(): boolean {
    return this.#connections.size >= this.#limits.clientsMax
  }

  add(connection: Connection): void {
    this.#connections.add(connection)
  }

  remove(connection: Connection): void {
    this.#connections.delete(connection)
  }

  send(connection: Connection, bytes: Uint8Array): void {
    if (!this.#connections.has(connection)) return
    const { unsentBytesMax, unsentBytesOfAllMax } = this.#limits
    const unsent = connection.unsentBytes
    if (unsent > unsentBytesMax) {
      this.#cutOff(connection)
      return
    }
    connection.send(bytes)
    if (unsent + bytes.length < noticedBytes) return
    while (this.#unsentOfAll() > unsentBytesOfAllMax) this.#cutOff(this.#slowest())
  }

  #unsentOfAll(): number {
    let total = 0
    for (const { unsentBytes } of this.#connections) total += unsentBytes
    return total
  }

  #slowest(): Connection | undefined {
    let slowest: Connection | undefined
    for (const connection of this.#connections) {
      if (slowest === undefined || connection.unsentBytes > slowest.unsentBytes) slowest = connection
    }
    return slowest
  }

  #cutOff(connection: Connection | undefined): void {
    if (connection === undefined) return
    this.#connections.delete(connection)
    connection.cutOff()
  }
}

/** An error that is about the connection and not about a call. */
export const connectionErrorId = 0

export function connectionError(error: ApiErrorBody): HostMessage {
  return { type: 'error', id: connectionErrorId, error }
}

export function tooManyClients(): ApiErrorBody {
  const { clientsMax } = clientLimits
  return { code: 'CONFLICT', message: said`${clientsMax} clients are connected already. Close one and try again.` }
}

const encoder = new TextEncoder()
/** Pushes by the view in them: every watcher of a key gets the same object. */
const encoded = new WeakMap<object, { readonly key: string; readonly bytes: Uint8Array }>()

/** A message as a line of JSON, LF included. */
export function encodeMessage(message: HostMessage): Uint8Array {
  const { value } = message as { readonly value?: unknown }
  const isOfView = message.type === 'push' || message.type === 'rows' || message.type === 'part'
  const isShared = isOfView && typeof value === 'object' && value !== null
  if (!isShared) return encoder.encode(`${JSON.stringify(message)}\n`)
  const known = encoded.get(value)
  if (known?.key === message.key) return known.bytes
  const bytes = encoder.encode(`${JSON.stringify(message)}\n`)
  encoded.set(value, { key: message.key, bytes })
  return bytes
}
