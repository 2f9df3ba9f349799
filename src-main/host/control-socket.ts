/**
 * The control socket of a cluster folder, mode 0600: how CLI verbs reach the process that hosts the cluster. One JSON
 * message a line (api/wire.ts). Whoever can open it is the user, so there is no token.
 */
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { ApiErrorBody } from '../api/api'
import { AppError, ignore, messageOf } from '../kernel/errors'
import { LineSplitter } from '../kernel/line-splitter'
import type { Log } from '../kernel/ports'
import { ClientSession, type ApiProvider } from './client-session'
import { Clients, connectionError, encodeMessage, tooManyClients, type Connection } from './clients'
import { controlPath } from './control-path'

/** Of one message, either way: a record of 20 MB as base64 is in it. */
export const lineBytesMax = 32 * 1024 * 1024
const refusedGraceMs = 2000
const decoder = new TextDecoder()

interface Served {
  readonly api: ApiProvider
  readonly log: Log
  readonly clients: Clients
}

export interface ControlSocket {
  close(): Promise<void>
}

/** The folder's lock is ours: a socket that is there was left behind. Rejects with AppError. */
export async function openControlSocket(dir: string, api: ApiProvider, log: Log): Promise<ControlSocket> {
  const { path, release } = controlPath(dir)
  const sockets = new Set<Socket>()
  const clients = new Clients()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serve(socket, { api, log, clients })
  })
  const failed = (error: unknown): AppError => {
    release()
    const reason = `The control socket of ${dir} cannot be opened: ${messageOf(error)}`
    return new AppError('FAILED', reason, { cause: error })
  }
  try {
    if (process.platform !== 'win32') rmSync(path, { force: true })
  } catch (error) {
    throw failed(error)
  }
  return await new Promise((resolve, reject) => {
    server.once('error', (error) => reject(failed(error)))
    // Nobody else may open it, not even between its making and the chmod. Node makes it inside this call: what other
    // work makes meanwhile (folders of nodes, their processes) keeps the user's own mask.
    const before = process.umask(0o177)
    try {
      server.listen(path)
    } finally {
      process.umask(before)
    }
    server.once('listening', () => {
      if (process.platform !== 'win32') chmodSync(path, 0o600)
      // Its file is removed by that path when it closes.
      resolve({ close: () => close(server, sockets).finally(release) })
    })
  })
}

function serve(socket: Socket, { api, log, clients }: Served): void {
  socket.on('error', (error) => ignore(error, 'a client that went away'))
  let isRefused = false
  const refuse = (error: ApiErrorBody): void => {
    isRefused = true
    socket.end(encodeMessage(connectionError(error)))
    // What is still being sent is dropped for a while: cut off in the middle of it, the client would not see the reason.
    setTimeout(() => socket.destroy(), refusedGraceMs).unref()
  }
  if (clients.isFull) {
    socket.resume()
    refuse(tooManyClients())
    return
  }
  const connection: Connection = {
    get unsentBytes() {
      return socket.writableLength
    },
    send: (bytes) => void socket.write(bytes),
    cutOff: () => void socket.destroy()
  }
  clients.add(connection)
  const session = new ClientSession(api, (message) => clients.send(connection, encodeMessage(message)), log)
  const lines = new LineSplitter(lineBytesMax, (line, isCut) => {
    if (isRefused) return
    if (isCut) refuse({ code: 'INVALID_INPUT', message: `A message may have ${lineBytesMax} bytes at most.` })
    else if (!session.receive(parsed(line))) {
      refuse({ code: 'INVALID_INPUT', message: 'That line is no message of this API. Use the lagoon of this app.' })
    }
  })
  socket.on('data', (chunk) => {
    if (!isRefused) lines.push(chunk)
  })
  socket.on('close', () => {
    clients.remove(connection)
    session.close()
  })
}

function parsed(line: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(line))
  } catch {
    return undefined
  }
}

function close(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    // Answers that are on their way still leave; a client that does not close is not waited for.
    for (const socket of sockets) socket.end(() => socket.destroy())
  })
}
