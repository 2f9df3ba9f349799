/** Chooses the transport: the port of Electron's preload script if there is one, else a WebSocket to our own origin. */
import type { LagoonApi, LagoonPort } from '@api/api'
import { onBeat } from '@/beat'
import { createClient } from './client'
import { createPortTransport } from './port-transport'
import { createSocketTransport } from './socket-transport'
import type { Socket } from './socket-transport'

declare global {
  interface Window {
    readonly lagoonPort?: LagoonPort
  }
}

const UNAUTHORIZED = 401
const FORBIDDEN = 403

export function connectToHost(): LagoonApi {
  const beat = { nowMs: () => performance.now(), onBeat: (run: () => void) => void onBeat(run) }
  if (window.lagoonPort !== undefined) return createClient(createPortTransport(window.lagoonPort), beat)
  const url = new URL('/api', window.location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  const cluster = new URLSearchParams(window.location.search).get('cluster')
  if (cluster !== null) url.searchParams.set('cluster', cluster)
  return createClient(
    createSocketTransport({
      connect: () => new WebSocket(url) as unknown as Socket,
      after: (ms, run) => {
        window.setTimeout(run, ms)
      },
      isRefused: async () => {
        try {
          const { status } = await fetch('/', { method: 'HEAD', cache: 'no-store' })
          return status === UNAUTHORIZED || status === FORBIDDEN
        } catch {
          return false // nobody answers
        }
      }
    }),
    beat
  )
}
