import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apiVersionsRequest } from '../../../../../src-main/protocol/api/18-api-versions'
import { metadataRequest, metadataResponse } from '../../../../../src-main/protocol/api/03-metadata'
import {
  decode,
  decodeInSlices,
  encode,
  encodeInSlices,
  isDecodeFailure,
  type Slices
} from '../../../../../src-main/protocol/wire/codec'
import { messageElementsMax, Reader } from '../../../../../src-main/protocol/wire/reader'
import type { Message } from '../../../../../src-main/protocol/wire/schema'
import { Writer } from '../../../../../src-main/protocol/wire/writer'
import { messageValue } from '../../../../support/message-values'
import { allMessages } from '../../../../support/protocol-messages'

function encoded(message: Message, version: number, value: Record<string, unknown>): Uint8Array {
  const writer = new Writer()
  encode(message, version, value as never, writer)
  return writer.finished()
}

function versionsOf(message: Message): readonly number[] {
  const [first, last] = message.versions
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

function atOnce<T>(slices: Slices<T>): T {
  for (;;) {
    const step = slices.next()
    if (step.done === true) return step.value
  }
}

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

describe('codec', () => {
  it.each(allMessages().map((message) => [message.name, message] as const))(
    'reads back every version of %s',
    (_name, message) => {
      for (const version of versionsOf(message)) {
        const values = messageValue(message.fields, version, version >= message.flexibleFrom)
        fc.assert(
          fc.property(values, (value) => {
            const bytes = encoded(message, version, value)
            const reader = new Reader(bytes)
            const read = decode(message, version, reader) as Record<string, unknown>
            expect(reader.remaining).toBe(0)
            expect(encoded(message, version, read)).toEqual(bytes)
            // In slices it is the same.
            expect(atOnce(decodeInSlices(message, version, new Reader(bytes)))).toEqual(read)
            const writer = new Writer()
            atOnce(encodeInSlices(message, version, read as never, writer))
            expect(writer.finished()).toEqual(bytes)
          }),
          { numRuns: 10 }
        )
      }
    }
  )

  it('ends hostile bytes as a value, never as an exception', () => {
    const messages = allMessages()
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), fc.uint8Array({ maxLength: 200 }), (pick, bytes) => {
        const message = messages[pick % messages.length]
        if (message === undefined) return
        for (const version of versionsOf(message)) decode(message, version, new Reader(bytes))
      }),
      { numRuns: 2000 }
    )
  })

  it('says that a message cut short is none', () => {
    const value = { brokers: [{ nodeId: 1, host: 'localhost', port: 9092 }], topics: [] }
    const bytes = encoded(metadataResponse, 12, value)

    for (let length = 0; length < bytes.length - 1; length++) {
      const read = decode(metadataResponse, 12, new Reader(bytes.subarray(0, length))) as object
      expect(isDecodeFailure(read)).toBe(true)
    }
  })

  it('does not believe an array count that the bytes cannot hold', () => {
    const read = decode(metadataRequest, 1, new Reader(hex('7fffffff 0000'))) as object

    expect(isDecodeFailure(read)).toBe(true)
  })

  it('keeps once what a set names often, and no more elements than a message may have', () => {
    const topics = (names: readonly string[]) =>
      encoded(metadataRequest, 4, { topics: names.map((name) => ({ name })) })
    const often = topics(Array.from({ length: messageElementsMax + 5 }, (_, i) => (i % 2 === 0 ? 'a' : 'b')))
    const many = topics(Array.from({ length: messageElementsMax + 1 }, (_, i) => String(i)))

    expect(decode(metadataRequest, 4, new Reader(often))).toMatchObject({ topics: [{ name: 'a' }, { name: 'b' }] })
    expect(isDecodeFailure(decode(metadataRequest, 4, new Reader(many)))).toBe(true)
  })

  it('does not step over a million tags that nobody knows', () => {
    const bytes = hex('01 01 ffff7f')

    expect(decode(apiVersionsRequest, 3, new Reader(bytes))).toMatchObject({
      failure: expect.stringContaining('tagged') as string
    })
  })

  it('tolerates what librdkafka leaves behind an all-topics metadata request', () => {
    const reader = new Reader(hex('00 00 00 00 01 00 00'))

    const request = decode(metadataRequest, 12, reader)

    expect(request).toMatchObject({ topics: null, allowAutoTopicCreation: false })
  })

  it('writes strings compactly and skips tags it does not know', () => {
    // "ab", "c", then one tag 7 with two bytes.
    const request = decode(apiVersionsRequest, 3, new Reader(hex('03 6162 02 63 01 07 02 ffff')))

    expect(request).toEqual({ clientSoftwareName: 'ab', clientSoftwareVersion: 'c' })
  })

  it('tells texts apart that are kept in the same place', () => {
    // Java's hash is the same for both, and so is ours.
    const bytes = new TextEncoder().encode('AaBBAaAaBB')

    const reader = new Reader(bytes)

    expect([reader.text(2), reader.text(2), reader.text(4), reader.text(2)]).toEqual(['Aa', 'BB', 'AaAa', 'BB'])
  })

  it('leaves out of an answer what the version lacks', () => {
    const answer = { brokers: [], clusterId: 'x', controllerId: 3, topics: [], clusterAuthorizedOperations: 5 }

    expect(encoded(metadataResponse, 0, answer)).toEqual(hex('00000000 00000000'))
  })

  it('refuses to send a request that its version cannot carry', () => {
    expect(() => encoded(metadataRequest, 4, { topics: null, includeTopicAuthorizedOperations: true })).toThrow(
      /must hold/
    )
  })
})
