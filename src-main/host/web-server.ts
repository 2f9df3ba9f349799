/**
 * Web mode: the same screens in a browser, on 127.0.0.1 only. The URL carries a random token that is good until the
 * server stops; the first request swaps it for an HttpOnly SameSite=Strict cookie. Every request, HTTP and WebSocket,
 * needs that cookie and our own Host (against DNS rebinding), WebSockets our own Origin too.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { ignore } from '../kernel/errors'
import type { Log } from '../kernel/ports'
import { ClientSession } from './client-session'
import type { PageFace } from './cluster-face'
import { Clients, encodeMessage, type Connection } from './clients'
import { keepWebPlace, readWebPlace } from './web-place'
import { clusterOfQuery, contentTypeOf, fileWithin, indexPage, securityHeaders } from './renderer-files'

/** Cookies of one host are shared by all its ports: two clusters in one browser need two names. */
const cookieName = (port: number): string => `lagoon-${port}`
/** As much as the control socket takes: a record of some MB is typed or pasted in one piece. */
const messageBytesMax = 32 * 1024 * 1024
/** HTTP and WebSocket together; a connection too many is closed at once. */
const connectionsMax = 512

/** What a page speaks to, by the cluster that its address names; without one, the first. */
export type FaceOf = (cluster: string | undefined) => PageFace

interface Served {
  readonly api: PageFace
  readonly log: Log
  readonly clients: Clients
}

export interface WebServer {
  /** http://127.0.0.1:P/?token=… */
  readonly url: string
  close(): Promise<void>
}

/**
 * `port` is the one that was asked for; without one it is the last one of the cluster in `keptIn`, where that is free,
 * and a tab that was let in before is let in again.
 */
export async function openWebServer(
  faceOf: FaceOf,
  rendererDir: string,
  log: Log,
  port?: number,
  keptIn?: string
): Promise<WebServer> {
  const kept = keptIn === undefined ? undefined : readWebPlace(keptIn)
  const secret = kept?.secret ?? newSecret()
  const open = (at: number): Promise<WebServer & { readonly port: number }> =>
    openAt(faceOf, { rendererDir, log, secret }, at)
  const opened = await open(port ?? kept?.port ?? 0).catch((error: unknown) => {
    if (port !== undefined || kept === undefined || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return open(0)
  })
  if (keptIn !== undefined) keepWebPlace(keptIn, { port: opened.port, secret })
  return opened
}

const newSecret = (): string => randomBytes(32).toString('base64url')

interface Place {
  readonly rendererDir: string
  readonly log: Log
  readonly secret: string
}

function openAt(
  faceOf: FaceOf,
  { rendererDir, log, secret }: Place,
  port: number
): Promise<WebServer & { readonly port: number }> {
  const token = newSecret()
  const guard = new Guard(token, secret)
  const sockets = new WebSocketServer({ noServer: true, maxPayload: messageBytesMax })
  const clients = new Clients()
  const server = createServer((request, response) => {
    respond(guard, rendererDir, request, response).catch((error: unknown) => {
      log('error', 'a page could not be served', { reason: String(error) })
      response.destroy()
    })
  })
  server.maxConnections = connectionsMax
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // From here on nobody else listens: an unheard error of the socket would end the process.
    socket.on('error', (error) => ignore(error, 'a browser that went away'))
    const cluster = clusterIn(request.url)
    if (cluster === null || !guard.admitsSocket(request)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')
      return
    }
    if (clients.isFull) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, (client) => serve(client, { api: faceOf(cluster), log, clients }))
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port }, () => {
      const address = server.address()
      const bound = typeof address === 'object' && address !== null ? address.port : port
      guard.port = bound
      resolve({ url: `http://127.0.0.1:${bound}/?token=${token}`, port: bound, close: () => close(server, sockets) })
    })
  })
}

/** `/api?cluster=<id>`; undefined without one, null for any other address. */
function clusterIn(url: string | undefined): string | undefined | null {
  const [path, query] = (url ?? '').split('?')
  if (path !== '/api') return null
  return clusterOfQuery(query ?? '')
}

/** Who is let in. */
class Guard {
  port = 0
  readonly #token: string
  /** Not the token itself: a cookie that leaks cannot be turned into a URL. */
  readonly #cookie: string

  constructor(token: string, secret: string) {
    this.#token = token
    this.#cookie = secret
  }

  get setCookie(): string {
    return `${cookieName(this.port)}=${this.#cookie}; HttpOnly; SameSite=Strict; Path=/`
  }

  isOurHost(request: IncomingMessage): boolean {
    const host = request.headers.host
    return host === `127.0.0.1:${this.port}` || host === `localhost:${this.port}`
  }

  isOurOrigin(origin: string | undefined): boolean {
    return origin === `http://127.0.0.1:${this.port}` || origin === `http://localhost:${this.port}`
  }

  hasToken(url: URL): boolean {
    const given = url.searchParams.get('token')
    return given !== null && isSame(given, this.#token)
  }

  hasCookie(request: IncomingMessage): boolean {
    for (const pair of (request.headers.cookie ?? '').split(';')) {
      const [name, value] = pair.trim().split('=')
      if (name === cookieName(this.port) && value !== undefined && isSame(value, this.#cookie)) return true
    }
    return false
  }

  admitsSocket(request: IncomingMessage): boolean {
    return this.isOurHost(request) && this.isOurOrigin(request.headers.origin) && this.hasCookie(request)
  }
}

function isSame(given: string, own: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(own))
}

async function respond(
  guard: Guard,
  rendererDir: string,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  const refuse = (status: number, text: string): void => {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' })
    response.end(`${text}\n`)
  }
  if (!guard.isOurHost(request)) {
    refuse(403, 'Open Lagoon by the address that it printed.')
    return
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    refuse(405, 'Only GET is answered here.')
    return
  }
  const { origin } = request.headers
  if (origin !== undefined && !guard.isOurOrigin(origin)) {
    refuse(403, 'This page may not be used from another one.')
    return
  }
  const url = urlOf(request)
  if (url === undefined) {
    refuse(400, 'That is no address of a page here.')
    return
  }
  if (guard.hasToken(url)) {
    response.writeHead(303, {
      location: '/',
      'set-cookie': guard.setCookie,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer'
    })
    response.end()
    return
  }
  if (!guard.hasCookie(request)) {
    refuse(401, 'Open Lagoon by the address that it printed when it started: it carries a token.')
    return
  }
  await respondFile({ rendererDir, port: guard.port }, url.pathname, response, refuse)
}

/** `GET //` names no host, and is no URL either. */
function urlOf({ url = '/' }: IncomingMessage): URL | undefined {
  const base = 'http://127.0.0.1'
  try {
    return url.startsWith('/') ? new URL(`${base}${url}`) : new URL(url, base)
  } catch (error) {
    ignore(error, 'told to the browser')
    return undefined
  }
}

async function respondFile(
  { rendererDir, port }: { readonly rendererDir: string; readonly port: number },
  pathname: string,
  response: ServerResponse,
  refuse: (status: number, text: string) => void
): Promise<void> {
  if (pathname === '/' || pathname === '/index.html') {
    const { html, nonce } = await indexPage(rendererDir)
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      ...securityHeaders(nonce, port)
    })
    response.end(html)
    return
  }
  const file = fileWithin(rendererDir, pathname)
  try {
    if (file === undefined) throw new Error('outside of the folder')
    const bytes = await readFile(file)
    response.writeHead(200, {
      'content-type': contentTypeOf(file),
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff'
    })
    response.end(bytes)
  } catch (error) {
    ignore(error, 'told to the browser')
    refuse(404, 'There is no such file.')
  }
}

function serve(client: WebSocket, { api, log, clients }: Served): void {
  client.on('error', (error) => ignore(error, 'a browser that went away'))
  const connection: Connection = {
    get unsentBytes() {
      return client.bufferedAmount
    },
    send: (bytes) => client.send(bytes, { binary: false }),
    cutOff: () => client.terminate()
  }
  clients.add(connection)
  const session = new ClientSession(api, (message) => clients.send(connection, encodeMessage(message)), log)
  client.on('message', (data, isBinary) => {
    if (isBinary || !session.receive(parsed((data as Buffer).toString('utf8'))))
      client.close(1008, 'not a message of the API')
  })
  client.on('close', () => {
    clients.remove(connection)
    session.close()
    api.close()
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function close(server: Server, sockets: WebSocketServer): Promise<void> {
  return new Promise((resolve) => {
    for (const client of sockets.clients) client.terminate()
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
