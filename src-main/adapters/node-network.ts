/**
 * TCP on Node, on the hot path (ADR 3): every accepted socket reads through `onread` into ONE static buffer,
 * whole frames are handed out in place, sends made in one callback leave as one write, and a connection gets at most
 * one buffer's worth per turn of the event loop, so that a bulk producer does not starve the others.
 *
 * Reading an accepted socket through `onread` needs its private `_handle` (Node offers the option only to
 * outgoing sockets); where a Node version hides it, 'data' events do the same slower.
 */
import * as net from 'node:net'
import { AppError, ignore } from '../kernel/errors'
import { FrameSplitter } from '../kernel/frame-splitter'
import {
  isPort,
  type Address,
  type Connection,
  type FrameHandler,
  type Listener,
  type ListenOptions,
  type Network
} from '../kernel/ports'
import { said } from '../kernel/said'
import { portTaken } from './port-holder'

const receiveBufferBytes = 256 * 1024
const turnBytesMax = 256 * 1024
/** Sends of at most this are put together: a chunk less in the stream's queue costs more than copying it. */
const gatheredBytesMax = 1024
/** Of a word in the place of a frame's length (ports.ts). */
const wordBytes = 4
/** No Buffer: its `slice` would not copy, and who keeps a part of a frame copies it by `slice`. */
const shared = new Uint8Array(receiveBufferBytes)

let lastConnectionId = 0

class NodeConnection implements Connection {
  readonly id = ++lastConnectionId
  readonly remote: Address
  readonly local: Address
  readonly #splitter: FrameSplitter
  readonly #words: readonly string[]
  #socket: net.Socket | undefined
  #handler: FrameHandler | undefined
  /** Nothing is known yet of who speaks: a word, or frames. */
  #isBeginning = true
  /** What came meanwhile, less than a word: a slow peer, or one that types, sends a byte at a time. */
  #begun = new Uint8Array(0)
  #isCorked = false
  #isFlushScheduled = false
  #gathered: Uint8Array[] = []
  #gatheredBytes = 0
  #isPaused = false
  #isEnded = false
  #turnBytes = 0
  #isTurnScheduled = false
  #failure: Error | undefined

  constructor(
    addresses: { readonly remote: Address; readonly local: Address },
    { frameBytesMax, firstFrameBytesMax, words = [] }: Omit<ListenOptions, keyof Address>
  ) {
    this.remote = addresses.remote
    this.local = addresses.local
    this.#splitter = new FrameSplitter(frameBytesMax, firstFrameBytesMax)
    this.#words = words
  }

  /** `accept` may send at once: the socket is there before the handler is. */
  attach(socket: net.Socket, accept: (connection: Connection) => FrameHandler): void {
    this.#socket = socket
    const handler = accept(this)
    this.#handler = handler
    socket.on('error', (error) => {
      this.#failure ??= new AppError('CONNECTION_LOST', error.message, { cause: error })
    })
    socket.on('close', () => {
      if (this.#failure === undefined && !this.#isEnded && !this.#isBetweenFrames) {
        this.#failure = new AppError('CONNECTION_LOST', 'the peer closed in the middle of a frame')
      }
      handler.closed(this.#failure)
    })
    socket.on('drain', () => this.#drained())
    socket.resume()
  }

  #drained(): void {
    if (this.#handler?.drained !== undefined) setImmediate(() => this.#handler?.drained?.())
  }

  get unsentBytes(): number {
    return (this.#socket?.writableLength ?? 0) + this.#gatheredBytes
  }

  /** One chunk of the stream, which lies in the shared buffer. Returns false to stop reading. */
  received(length: number, chunk: Uint8Array): boolean {
    if (this.#isEnded) return true
    if (!this.#isBeginning || this.#words.length === 0) return this.#split(length, chunk)
    const bytes = new Uint8Array(this.#begun.length + length)
    bytes.set(this.#begun)
    bytes.set(chunk.subarray(0, length), this.#begun.length)
    this.#begun = bytes
    if (bytes.length < wordBytes) return true
    this.#isBeginning = false
    this.#begun = new Uint8Array(0)
    return this.#isWord(bytes) || this.#split(bytes.length, bytes)
  }

  get #isBetweenFrames(): boolean {
    return this.#begun.length === 0 && this.#splitter.isBetweenFrames
  }

  #split(length: number, chunk: Uint8Array): boolean {
    const result = this.#splitter.push(chunk, length, (frame) => {
      this.#handler?.frame(frame)
      return !this.#isEnded
    })
    if (result === 'oversized') {
      this.#failure = new AppError('CORRUPT', 'a frame is longer than this port takes, or its length is negative')
      this.destroy()
      return true
    }
    this.#turnBytes += length
    if (this.#isPaused) return false
    if (this.#turnBytes < turnBytesMax) return true
    this.#endTurn()
    return false
  }

  #isWord(bytes: Uint8Array): boolean {
    const word = String.fromCharCode(...bytes.subarray(0, wordBytes))
    if (!this.#words.includes(word)) return false
    this.#handler?.word?.(word)
    return true
  }

  #endTurn(): void {
    if (this.#isTurnScheduled) return
    this.#isTurnScheduled = true
    setImmediate(() => {
      this.#isTurnScheduled = false
      this.#turnBytes = 0
      if (!this.#isPaused) this.#socket?.resume()
    })
  }

  send(bytes: Uint8Array, whenTaken?: () => void): void {
    const socket = this.#socket
    if (socket === undefined || socket.destroyed || this.#isEnded) {
      if (whenTaken !== undefined) setImmediate(whenTaken)
      return
    }
    if (!this.#isFlushScheduled) {
      this.#isFlushScheduled = true
      process.nextTick(() => this.flush())
    }
    if (whenTaken === undefined && bytes.length <= gatheredBytesMax) {
      this.#gathered.push(bytes)
      this.#gatheredBytes += bytes.length
      return
    }
    if (!this.#isCorked) {
      this.#isCorked = true
      socket.cork()
    }
    this.#writeGathered(socket)
    if (whenTaken === undefined) socket.write(bytes)
    // Not from the callback itself: what continues at once from a write that the kernel took at once would starve
    // everybody else.
    else socket.write(bytes, () => setImmediate(whenTaken))
  }

  flush(): void {
    this.#isFlushScheduled = false
    const socket = this.#socket
    if (socket === undefined) return
    this.#writeGathered(socket)
    if (!this.#isCorked) return
    this.#isCorked = false
    socket.uncork()
  }

  #writeGathered(socket: net.Socket): void {
    const [first] = this.#gathered
    if (first === undefined) return
    const bytes =
      this.#gathered.length === 1 ? alone(first, socket) : Buffer.concat(this.#gathered, this.#gatheredBytes)
    this.#gathered = []
    this.#gatheredBytes = 0
    if (socket.destroyed) return
    // What the kernel took at once Node 20 never calls drained, and somebody may wait for that who saw all of it unsent.
    const isTaken = socket.write(bytes)
    if (isTaken && bytes.length >= socket.writableHighWaterMark) this.#drained()
  }

  pause(): void {
    this.#isPaused = true
    this.#socket?.pause()
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    if (!this.#isTurnScheduled) this.#socket?.resume()
  }

  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    if (this.#socket !== undefined) this.#writeGathered(this.#socket)
    this.#socket?.end()
    // Our side is closed; a peer that never closes its own must not hold the socket.
    this.#socket?.setTimeout(5000, () => this.#socket?.destroy())
  }

  destroy(): void {
    this.#isEnded = true
    this.#socket?.destroy()
  }
}

const addressesOf = (socket: net.Socket): { remote: Address; local: Address } => ({
  remote: { host: plainHost(socket.remoteAddress), port: socket.remotePort ?? 0 },
  local: { host: plainHost(socket.localAddress), port: socket.localPort ?? 0 }
})

/**
 * What waits for the peer may wait for long: a short frame that lies in a larger buffer, among others, would keep all of that, and who
 * counts what is unsent counts frames.
 */
function alone(frame: Uint8Array, { writableLength }: net.Socket): Uint8Array {
  return writableLength > 0 && frame.buffer.byteLength > 2 * frame.byteLength ? new Uint8Array(frame) : frame
}

/** An IPv4 peer of a dual-stack socket shows as ::ffff:127.0.0.1. */
function plainHost(host: string | undefined): string {
  return (host ?? '').replace(/^::ffff:/, '')
}

interface HandleOwner {
  _handle: unknown
}

function plainBytes(chunk: Buffer): Uint8Array {
  return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}

/** The same connection as a socket that reads through the shared buffer. */
function withSharedBuffer(accepted: net.Socket, received: (length: number, chunk: Uint8Array) => boolean): net.Socket {
  const owner = accepted as unknown as HandleOwner
  const handle = owner._handle
  if (handle === undefined || handle === null) {
    accepted.on('data', (chunk: Buffer) => {
      if (!received(chunk.length, plainBytes(chunk))) accepted.pause()
    })
    return accepted
  }
  owner._handle = null
  const options = {
    handle,
    readable: true,
    writable: true,
    onread: { buffer: () => shared, callback: received }
  }
  return new net.Socket(options)
}

function listenError(error: NodeJS.ErrnoException, options: Address): AppError {
  const at = `${options.host}:${options.port}`
  if (error.code === 'EADDRINUSE') return portTaken(options, said`use another data folder`, error)
  const isForFiles = error.code === 'EMFILE' || error.code === 'ENFILE'
  return new AppError(isForFiles ? 'TOO_MANY_FILES' : 'FAILED', said`${at} cannot be listened on: ${error.message}`, {
    cause: error,
    details: { host: options.host, port: options.port }
  })
}

export const nodeNetwork: Network = {
  listen(options: ListenOptions, accept): Promise<Listener> {
    const open = new Set<NodeConnection>()
    const server = net.createServer({ pauseOnConnect: true, noDelay: true }, (accepted) => {
      const connection = new NodeConnection(addressesOf(accepted), options)
      const socket = withSharedBuffer(accepted, (length, chunk) => connection.received(length, chunk))
      open.add(connection)
      socket.on('close', () => open.delete(connection))
      connection.attach(socket, accept)
    })
    return new Promise((resolve, reject) => {
      server.once('error', (error) => reject(listenError(error, options)))
      server.listen({ host: options.host, port: options.port, backlog: 511 }, () => {
        const bound = server.address()
        const port = typeof bound === 'object' && bound !== null ? bound.port : options.port
        server.on('error', (error) => ignore(error, 'a failed accept (EMFILE): the peer retries'))
        resolve({
          address: { host: options.host, port },
          close: () =>
            new Promise((closed) => {
              // Not by the server's own 'close': it still counts the sockets whose handles we took over.
              server.close()
              for (const connection of open) connection.destroy()
              setImmediate(closed)
            })
        })
      })
    })
  },

  connect(options, handlerFor): Promise<Connection> {
    const at = `${options.host}:${options.port}`
    if (!isPort(options.port)) {
      const message = said`${at} is no address: ${options.port} is no port`
      return Promise.reject(new AppError('CONNECTION_REFUSED', message))
    }
    return new Promise((resolve, reject) => {
      let connection: NodeConnection | undefined
      const onread = {
        buffer: shared,
        callback: (length: number, chunk: Uint8Array): boolean => connection?.received(length, chunk) ?? true
      }
      const socket = net.connect({ host: options.host, port: options.port, noDelay: true, onread })
      const timer = setTimeout(() => {
        socket.destroy()
        reject(new AppError('TIMED_OUT', said`${at} did not answer within ${options.timeoutMs} ms`))
      }, options.timeoutMs)
      const refused = (error: Error): void => {
        clearTimeout(timer)
        reject(new AppError('CONNECTION_REFUSED', said`${at} cannot be reached: ${error.message}`, { cause: error }))
      }
      socket.once('error', refused)
      socket.once('connect', () => {
        clearTimeout(timer)
        socket.off('error', refused)
        connection = new NodeConnection(addressesOf(socket), options)
        connection.attach(socket, handlerFor)
        resolve(connection)
      })
    })
  }
}
