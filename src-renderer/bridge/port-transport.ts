/** Transport over the port that Electron's preload script exposes. The host lives as long as the window does. */
import type { LagoonPort } from '@api/api'
import type { Transport } from './client'

export function createPortTransport(port: LagoonPort): Transport {
  return {
    send: (message) => port.post(message),
    open(listener) {
      port.listen((message) => listener.received(message))
      listener.connected()
    }
  }
}
