/** All that a page of the app gets beside the web platform: a way to send and receive messages (api/wire.ts). */
import { contextBridge, ipcRenderer } from 'electron'
import type { LagoonPort } from '../api/api'

const port: LagoonPort = {
  post: (message) => ipcRenderer.send('lagoon', message),
  listen(received) {
    const listener = (_event: unknown, message: unknown): void => received(message)
    ipcRenderer.on('lagoon', listener)
    return () => ipcRenderer.off('lagoon', listener)
  }
}

contextBridge.exposeInMainWorld('lagoonPort', port)
