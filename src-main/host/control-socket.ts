/**
 * The control socket of a cluster folder, mode 0600: how CLI verbs reach the process that hosts the cluster. One JSON
 * message a line (api/wire.ts). Whoever can open it is the user, so there is no token.
 */
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { AppError, ignore } from '../kernel/errors'
import type { Log } from '../kernel/ports'
import { ClientSession, type ApiProvider } from './client-session'
import { controlPath } from './control-path'

export interface ControlSocket {
  close(): Promise<void>
}

/** The folder's lock is ours: a socket that is there was left behind. */
export function openControlSocket(dir: string, api: ApiProvider, log: Log): Promise<ControlSocket> {
  const path = controlPath(dir)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serve(socket, api, log)
  })
  if (process.platform !== 'win32') rmSync(path, { force: true })
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new AppError('FAILED', `The control socket ${path} cannot be opened: ${error.message}`, { cause: error }))
    )
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
      resolve({ close: () => close(server, sockets) })
    })
  })
}

function serve(socket: Socket, api: ApiProvider, log: Log): void {
  const session = new ClientSession(api, (message) => socket.write(`${JSON.stringify(message)}\n`), log)
  const lines = createInterface({ input: socket })
  lines.on('line', (line) => {
    if (!session.receive(parsed(line))) socket.destroy()
  })
  lines.on('error', (error) => ignore(error, 'the socket tells of it'))
  socket.on('error', (error) => ignore(error, 'a client that went away'))
  socket.on('close', () => session.close())
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
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
