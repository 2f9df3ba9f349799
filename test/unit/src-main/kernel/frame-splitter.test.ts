import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameSplitter } from '../../../../src-main/kernel/frame-splitter'

function framed(frames: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + 4 + frame.length, 0))
  let at = 0
  for (const frame of frames) {
    new DataView(bytes.buffer).setInt32(at, frame.length)
    bytes.set(frame, at + 4)
    at += 4 + frame.length
  }
  return bytes
}

describe('FrameSplitter', () => {
  it('gives the same frames however the stream is cut', () => {
    const frames = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 })
    const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(frames, cuts, (sent, sizes) => {
        const stream = framed(sent)
        const splitter = new FrameSplitter(1000)
        const received: Uint8Array[] = []

        let turn = 0
        for (let at = 0; at < stream.length;) {
          const size = Math.min(sizes[turn++ % sizes.length] ?? 1, stream.length - at)
          // One buffer for all reads, as the network adapter has.
          const shared = new Uint8Array(64)
          shared.set(stream.subarray(at, at + size))
          expect(splitter.push(shared, size, (frame) => received.push(frame.slice()) > 0)).toBe('ok')
          at += size
        }

        expect(received).toEqual(sent)
        expect(splitter.isBetweenFrames).toBe(true)
      })
    )
  })

  it('keeps apart the partial frames of several connections, which take turns with the same few buffers', () => {
    const sizes = [5_000, 200_000, 70_000, 1_500_000, 4_096, 3]
    const streams = sizes.map((size, i) =>
      framed(Array.from({ length: 3 }, (_, k) => new Uint8Array(size).fill(i * 3 + k)))
    )
    const splitters = streams.map(() => new FrameSplitter(2_000_000))
    const received = streams.map((): Uint8Array[] => [])

    // Each gets a share at a time: all of them are in the middle of a frame all along.
    const shares = 7
    for (let share = 0; share < shares; share++) {
      for (const [i, stream] of streams.entries()) {
        const [from, to] = [share, share + 1].map((part) => Math.floor((stream.length * part) / shares)) as [
          number,
          number
        ]
        const chunk = stream.slice(from, to)
        splitters[i]?.push(chunk, chunk.length, (frame) => (received[i] ?? []).push(frame.slice()) > 0)
      }
    }

    for (const [i, size] of sizes.entries()) {
      expect(received[i]?.map((frame) => frame.length)).toEqual([size, size, size])
      received[i]?.forEach((frame, k) => expect(frame.every((byte) => byte === i * 3 + k)).toBe(true))
    }
  })

  it('uses the buffer of a frame again for one that is a little longer', () => {
    const lengths = [700_000, 700_001, 750_000, 1_000_000]
    const buffers = lengths.map((length) => {
      const stream = framed([new Uint8Array(length)])
      let buffer: ArrayBufferLike | undefined
      const splitter = new FrameSplitter(2_000_000)
      for (const chunk of [stream.slice(0, 1000), stream.slice(1000)])
        splitter.push(chunk, chunk.length, (frame) => (buffer = frame.buffer) !== undefined)
      return buffer
    })

    expect(new Set(buffers).size).toBe(1)
  })

  it.each([-1, 101, 0x7fffffff])('refuses a frame of %i bytes where 100 are allowed', (length) => {
    const prefix = new Uint8Array(4)
    new DataView(prefix.buffer).setInt32(0, length)

    expect(new FrameSplitter(100).push(prefix, 4, () => true)).toBe('oversized')
  })

  it('does not allocate a frame on the word of its length', () => {
    const splitter = new FrameSplitter(100_000_000)
    const prefix = new Uint8Array([5, 245, 224, 255, 1])

    splitter.push(prefix, 5, () => true)

    expect(splitter.isBetweenFrames).toBe(false)
  })

  it('stops when the taker says so', () => {
    const stream = framed([Uint8Array.of(1), Uint8Array.of(2)])
    const received: number[] = []

    const result = new FrameSplitter(100).push(stream, stream.length, (frame) => {
      received.push(frame[0] ?? 0)
      return false
    })

    expect(result).toBe('stopped')
    expect(received).toEqual([1])
  })

  it('bounds the first frame by itself', () => {
    const long = framed([new Uint8Array(50), new Uint8Array(50)])
    const after = framed([new Uint8Array(10), new Uint8Array(50), new Uint8Array(101)])
    const lengths: number[] = []
    const push = (splitter: FrameSplitter, bytes: Uint8Array): string =>
      splitter.push(bytes, bytes.length, (frame) => lengths.push(frame.length) > 0)

    expect(push(new FrameSplitter(100, 49), long)).toBe('oversized')
    expect(lengths).toEqual([])
    expect(push(new FrameSplitter(100, 49), after)).toBe('oversized')
    expect(lengths).toEqual([10, 50])
  })
})
