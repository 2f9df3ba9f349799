import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../../../../../src-main/kernel/invariant'
import { SoleMember } from '../../../../../../src-main/coordination/core/consensus/sole-member'
import type { LogCommand } from '../../../../../../src-main/coordination/core/log-entry'

const write = (bytes = 1): LogCommand => ({
  type: 'operation',
  sessionId: 1n,
  connectionId: 1,
  op: 5,
  body: new Uint8Array(bytes)
})
const counters = (entries: readonly { readonly zxid: { readonly counter: number } }[] | undefined): number[] =>
  (entries ?? []).map((entry) => entry.zxid.counter)

describe('consensus of one', () => {
  it('gathers what is proposed while a batch is persisted into the next batch', () => {
    const member = new SoleMember({ epoch: 0, counter: 0 }, { entriesMax: 10, bytesMax: 100 })
    member.proposed(write(), 0)

    expect(counters(member.nextBatch())).toEqual([1])
    member.proposed(write(), 0)
    member.proposed(write(), 0)

    expect(counters(member.batchPersisted())).toEqual([1])
    expect(counters(member.nextBatch())).toEqual([2, 3])
  })

  it('gives no entry as committed that was not persisted', () => {
    const member = new SoleMember({ epoch: 1, counter: 7 }, { entriesMax: 10, bytesMax: 100 })
    member.proposed(write(), 0)

    expect(() => member.batchPersisted()).toThrow(InvariantError)
    expect(counters(member.nextBatch())).toEqual([8])
    expect(() => member.nextBatch()).toThrow(InvariantError)
  })

  it('keeps batches within their limits, but never makes an empty one', () => {
    const member = new SoleMember({ epoch: 1, counter: 0 }, { entriesMax: 3, bytesMax: 100 })
    for (const bytes of [500, 60, 60, 1, 1, 1, 1]) member.proposed(write(bytes), 0)
    const batches: number[][] = []

    for (let batch = member.nextBatch(); batch !== undefined; batch = member.nextBatch()) {
      batches.push(counters(batch))
      member.batchPersisted()
    }

    expect(batches).toEqual([[1], [2], [3, 4, 5], [6, 7]])
  })

  it('begins at 1 of epoch 1 and goes to the next epoch when the counter is full', () => {
    const fresh = new SoleMember({ epoch: 0, counter: 0 }, { entriesMax: 1, bytesMax: 1 })
    const full = new SoleMember({ epoch: 4, counter: 0xffff_ffff }, { entriesMax: 1, bytesMax: 1 })

    expect(fresh.proposed(write(), 0).zxid).toEqual({ epoch: 1, counter: 1 })
    expect(full.proposed(write(), 0).zxid).toEqual({ epoch: 5, counter: 1 })
  })
})
