/** Bytes that are no message: thrown inside the codec, caught at its edge (codec.ts), never by callers. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}
