/**
 * A request that the client library has no function for, or whose answer it reads otherwise than we need: written and read
 * by our own protocol code, sent on its connections.
 */
import { promisify } from 'node:util'
import { Writer as LibraryWriter, type Connection } from '@platformatic/kafka'
import { AppError } from '../kernel/errors'
import { said } from '../kernel/said'
import { decode, encode, isDecodeFailure } from '../protocol/wire/codec'
import { Reader } from '../protocol/wire/reader'
import type { InputOf, Message, ValueOf } from '../protocol/wire/schema'
import { Writer } from '../protocol/wire/writer'

interface AnswerReader {
  readonly position: number
  readonly buffer: { subarray(from: number): { readonly buffer: Uint8Array } }
}

export interface OwnCall<Request extends Message, Response extends Message> {
  readonly apiKey: number
  /** Flexible, as all are that this is used for. */
  readonly version: number
  readonly request: Request
  readonly response: Response
}

/** Rejects as the library's calls do; with AppError CORRUPT for an answer that cannot be read. */
export async function ownCall<Request extends Message, Response extends Message>(
  connection: Connection,
  { apiKey, version, request, response }: OwnCall<Request, Response>,
  value: InputOf<Request>
): Promise<ValueOf<Response>> {
  const write = (): LibraryWriter => {
    const writer = new Writer()
    encode(request, version, value, writer)
    const bytes = writer.finished()
    return LibraryWriter.create().append(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  }
  const read = (_correlationId: number, _apiKey: number, _version: number, reader: AnswerReader): ValueOf<Response> => {
    // The library uses its buffers again.
    const bytes = Uint8Array.prototype.slice.call(reader.buffer.subarray(reader.position).buffer)
    const answer = decode(response, version, new Reader(bytes))
    if (isDecodeFailure(answer))
      throw new AppError('CORRUPT', said`The broker's answer cannot be read: ${answer.failure}.`)
    return answer
  }
  const send = promisify<readonly unknown[], ValueOf<Response>>(
    (parts: readonly unknown[], done: (error: Error | null, answer: ValueOf<Response>) => void): void =>
      (connection.send as unknown as (...args: unknown[]) => void).call(connection, ...parts, done)
  )
  return await send([apiKey, version, write, read, true, true])
}
