import { describe, expect, it } from 'vitest'
import { ReplicatedState } from '../../../../src-main/coordination/core/replicated-state'
import { readSnapshot, snapshotBody, SnapshotSlices } from '../../../../src-main/coordination/snapshot-codec'
import { openAcl } from '../../../../src-main/coordination/wire/stat'
import { nodeChecksum } from '../../../support/ensemble-world'

function state(znodes: number): ReplicatedState {
  const made = new ReplicatedState()
  const context = { zxid: { epoch: 1, counter: 1 }, timeMs: 5, sessionId: 1n }
  for (let index = 0; index < znodes; index++)
    made.tree.apply(context, {
      type: 'create',
      path: `/n${index}`,
      data: new Uint8Array(index),
      acl: openAcl,
      flags: 0,
      withStat: false
    })
  made.sessions.created({ sessionId: 7n, connectionId: 9, timeoutMs: 4_000, password: new Uint8Array(16) })
  return made
}

function written(of: ReplicatedState, znodesPerSlice: number): Uint8Array {
  const slices = new SnapshotSlices(of, nodeChecksum)
  const parts: number[] = []
  for (let slice = slices.next(znodesPerSlice); slice !== undefined; slice = slices.next(znodesPerSlice))
    parts.push(...slice)
  return Uint8Array.from(parts)
}

const read = (bytes: Uint8Array): ReplicatedState => {
  const body = snapshotBody(bytes, nodeChecksum)
  if ('problem' in body) throw new Error(body.problem)
  const into = new ReplicatedState()
  readSnapshot(body, into)
  return into
}

/** By path. */
const sizes = ({ tree }: ReplicatedState): ReadonlyMap<string, number | undefined> =>
  new Map([...tree.entries()].map(([path, { data }]) => [path, data?.byteLength]))

describe('a snapshot’s file', () => {
  it.each([1, 3, 1_000])('of slices of %d znodes is the same, and tells all there was', (znodesPerSlice) => {
    const bytes = written(state(10), znodesPerSlice)
    expect(bytes).toEqual(written(state(10), 4))
    const found = read(bytes)
    expect(found.inspect()).toEqual(state(10).inspect())
    expect(sizes(found)).toEqual(sizes(state(10)))
    expect(found.sessions.find(7n)?.timeoutMs).toBe(4_000)
  })

  it('is refused when it is cut anywhere, or a byte of it is another one', () => {
    const bytes = written(state(3), 2)
    for (let length = 0; length < bytes.length; length++)
      expect(snapshotBody(bytes.slice(0, length), nodeChecksum)).toHaveProperty('problem')
    for (let at = 0; at < bytes.length; at++) {
      const wrong = bytes.slice()
      wrong[at] = (wrong[at] ?? 0) ^ 1
      expect(snapshotBody(wrong, nodeChecksum)).toHaveProperty('problem')
    }
  })
})
