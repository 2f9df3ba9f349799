/** One number for everything that a member has applied, whatever the order in which it lies in memory. */
import type { EnsembleNode } from '../../../src-main/coordination/ensemble-node'

const prime = 0x01000193
const basis = 0x811c9dc5

export function hashed(bytes: Uint8Array | null, hash = basis): number {
  let next = hash
  if (bytes === null) return Math.imul(next ^ 0x100, prime)
  for (const byte of bytes) next = Math.imul(next ^ byte, prime)
  return next
}

export function hashedText(text: string, hash = basis): number {
  let next = hash
  for (let i = 0; i < text.length; i++) next = Math.imul(next ^ text.charCodeAt(i), prime)
  return next
}

function hashedNumbers(hash: number, ...numbers: readonly number[]): number {
  let next = hash
  for (const number of numbers) next = Math.imul(next ^ number, prime)
  return next
}

export function stateDigest({ tree, sessions }: EnsembleNode['state']): number {
  let sum = 0
  for (const [path, znode] of tree.entries()) {
    const { czxid, mzxid, pzxid, version, childCreates, ephemeralOwner } = znode
    const hash = hashed(znode.data, hashedText(path))
    const zxids = [czxid.epoch, czxid.counter, mzxid.epoch, mzxid.counter, pzxid.epoch, pzxid.counter]
    sum += hashedNumbers(hash, ...zxids, version, childCreates, Number(ephemeralOwner & 0xffff_ffffn))
  }
  for (const { sessionId, connectionId, timeoutMs } of sessions.all())
    sum += hashedNumbers(basis, Number(sessionId & 0xffff_ffffn), connectionId, timeoutMs)
  return sum
}
