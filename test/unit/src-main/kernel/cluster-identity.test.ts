import { describe, expect, it } from 'vitest'
import { ClusterIdentity } from '../../../../src-main/kernel/cluster-identity'

describe('ClusterIdentity', () => {
  it('takes the first id it sees for its own, tells it once, and admits no other', () => {
    const learned: string[] = []
    const identity = new ClusterIdentity(undefined, (id) => learned.push(id))

    expect([identity.admits('a'), identity.admits('b'), identity.admits('a')]).toEqual([true, false, true])
    expect(learned).toEqual(['a'])
  })

  it('remembers an earlier run', () => {
    const identity = new ClusterIdentity('a', () => undefined)

    expect([identity.admits('b'), identity.admits('a')]).toEqual([false, true])
  })

  it('admits who tells no id', () => {
    expect(new ClusterIdentity('a', () => undefined).admits(null)).toBe(true)
  })
})
