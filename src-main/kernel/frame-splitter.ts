/**
 * Cuts a byte stream into frames of `int32 length, then that many bytes` (Kafka protocol guide, "Protocol basics";
 * ZooKeeper's client protocol frames alike). A frame that lies whole in the chunk is handed out in place; only a
 * partial one is copied, into a buffer sized from its length prefix. Either way the bytes are the receiver's only during
 * the call, unless the frame is longer than `ownFrameBytesMin`: then nobody else uses its buffer again.
 */
export type SplitResult = 'ok' | 'oversized' | 'stopped'

/** Frames are copied in steps of at most this, so that a length prefix alone cannot make us allocate 100 MB. */
const firstCopyBytesMax = 1 << 20
/** Shorter frames are not worth a buffer that is kept. */
const spareFrameBytesMin = 4096
const spareBytesMin = 64 * 1024
const sparesMax = 4
/** Longer frames than this never lie in a buffer that is used again. */
export const ownFrameBytesMin = firstCopyBytesMax

/**
 * Buffers of partial frames that were handed out: a bulk producer cuts a frame in each chunk, and a fresh buffer for each
 * of them would be zeroed and collected.
 */
const spares: Uint8Array[] = []

function takeSpare(bytes: number): Uint8Array {
  if (bytes < spareFrameBytesMin) return new Uint8Array(bytes)
  const at = spares.findIndex((spare) => spare.length >= bytes)
  const [spare] = at === -1 ? [] : spares.splice(at, 1)
  return spare ?? new Uint8Array(bytes > firstCopyBytesMax ? bytes : spareBytesFor(bytes))
}

/** Of few sizes: a frame that is a little longer than the last one finds a buffer, too. */
function spareBytesFor(bytes: number): number {
  let size = spareBytesMin
  while (size < bytes) size *= 2
  return size
}

function giveSpare(buffer: Uint8Array): void {
  if (buffer.length < spareBytesMin || buffer.length > firstCopyBytesMax) return
  if (spares.length === sparesMax) spares.shift()
  spares.push(buffer)
}

export class FrameSplitter {
  readonly #frameBytesMax: number
  /** Of the next frame. */
  #nextBytesMax: number
  /** The length prefix while it is incomplete. */
  readonly #prefix = new Uint8Array(4)
  #prefixBytes = 0
  /** The partial frame: its whole length, what has come of it. */
  #frameBytes = -1
  #partial: Uint8Array | undefined
  #partialBytes = 0

  /** `firstFrameBytesMax`: of the first frame alone, where that shows who speaks. */
  constructor(frameBytesMax: number, firstFrameBytesMax = frameBytesMax) {
    this.#frameBytesMax = frameBytesMax
    this.#nextBytesMax = firstFrameBytesMax
  }

  /** True between frames: a connection that ends here ended in good order. */
  get isBetweenFrames(): boolean {
    return this.#prefixBytes === 0 && this.#frameBytes === -1
  }

  /** Hands out every whole frame; `emit` returns false to stop (the rest of the chunk is dropped). */
  push(chunk: Uint8Array, length: number, emit: (frame: Uint8Array) => boolean): SplitResult {
    let at = 0
    while (at < length) {
      if (this.#frameBytes === -1) {
        const taken = this.#takePrefix(chunk, at, length)
        at += taken
        if (this.#prefixBytes < 4) return 'ok'
        const p = this.#prefix
        const frameBytes = ((p[0] ?? 0) << 24) | ((p[1] ?? 0) << 16) | ((p[2] ?? 0) << 8) | (p[3] ?? 0)
        if (frameBytes < 0 || frameBytes > this.#nextBytesMax) return 'oversized'
        this.#nextBytesMax = this.#frameBytesMax
        this.#prefixBytes = 0
        this.#frameBytes = frameBytes
        this.#partialBytes = 0
      }
      if (this.#partial === undefined && length - at >= this.#frameBytes) {
        const end = at + this.#frameBytes
        this.#frameBytes = -1
        if (!emit(chunk.subarray(at, end))) return 'stopped'
        at = end
        continue
      }
      at += this.#takePartial(chunk, at, length)
      if (this.#partialBytes === this.#frameBytes && this.#partial !== undefined) {
        const buffer = this.#partial
        const frame = buffer.subarray(0, this.#frameBytes)
        this.#partial = undefined
        this.#frameBytes = -1
        const goesOn = emit(frame)
        giveSpare(buffer)
        if (!goesOn) return 'stopped'
      }
    }
    // A frame of length 0 whose prefix ended the chunk.
    if (this.#frameBytes === 0) {
      this.#frameBytes = -1
      if (!emit(chunk.subarray(0, 0))) return 'stopped'
    }
    return 'ok'
  }

  #takePrefix(chunk: Uint8Array, at: number, length: number): number {
    const taken = Math.min(4 - this.#prefixBytes, length - at)
    for (let i = 0; i < taken; i++) this.#prefix[this.#prefixBytes + i] = chunk[at + i] ?? 0
    this.#prefixBytes += taken
    return taken
  }

  #takePartial(chunk: Uint8Array, at: number, length: number): number {
    const taken = Math.min(this.#frameBytes - this.#partialBytes, length - at)
    const needed = this.#partialBytes + taken
    let partial = this.#partial
    if (partial === undefined) {
      partial = takeSpare(Math.min(this.#frameBytes, Math.max(firstCopyBytesMax, needed)))
    } else if (partial.length < needed) {
      const grown = new Uint8Array(Math.min(this.#frameBytes, Math.max(partial.length * 2, needed)))
      grown.set(partial.subarray(0, this.#partialBytes))
      partial = grown
    }
    partial.set(chunk.subarray(at, at + taken), this.#partialBytes)
    this.#partial = partial
    this.#partialBytes = needed
    return taken
  }
}
