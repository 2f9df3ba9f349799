/**
 * A value that the version's format cannot carry, such as a text of more than 32767 bytes. What a client sends can lead
 * here (it is echoed in the answer), so it is no broken invariant: the caller decides what the client gets.
 */
export class EncodeError extends Error {
  override readonly name = 'EncodeError'
}
