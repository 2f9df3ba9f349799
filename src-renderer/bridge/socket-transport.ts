/**
 * Transport over a WebSocket, for web mode. A lost connection is tried again with a doubling delay; the page stays up
 * meanwhile and says since when it knows nothing new.
 */
import type { Transport } from './client'

const RETRY_FIRST_MS = 250
const RETRY_MAX_MS = 5_000

/** The part of WebSocket that is used, so that tests can bring their own. */
export interface Socket {
  onopen: (() => void) | null
  onclose: (() => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  send(text: string): void
}

export interface SocketTransportOptions {
  readonly connect: () => Socket
  readonly after: (ms: number, run: () => void) => void
  /** Whether the host answers, and does not let this page in. Never rejects. */
  readonly isRefused?: () => Promise<boolean>
}

export function createSocketTransport(options: SocketTransportOptions): Transport {
  let socket: Socket | undefined
  let retryMs = RETRY_FIRST_MS

  return {
    send: (message) => socket?.send(JSON.stringify(message)),
    open(listener) {
      const attempt = (): void => {
        const opening = options.connect()
        opening.onopen = () => {
          socket = opening
          retryMs = RETRY_FIRST_MS
          listener.connected()
        }
        opening.onmessage = (event) => {
          if (typeof event.data === 'string') listener.received(JSON.parse(event.data))
        }
        opening.onclose = () => {
          const wasOpen = socket === opening
          socket = undefined
          listener.disconnected()
          options.after(retryMs, attempt)
          retryMs = Math.min(retryMs * 2, RETRY_MAX_MS)
          // A WebSocket that was refused and one that nobody answers look the same; only a request tells.
          if (!wasOpen) void options.isRefused?.().then((isRefused) => listener.refused?.(isRefused))
        }
      }
      attempt()
    }
  }
}
