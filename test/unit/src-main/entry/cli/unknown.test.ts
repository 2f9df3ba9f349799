import { describe, expect, it } from 'vitest'
import type { GroupRow } from '../../../../../src-main/api/views'
import {
  unknownOfGroup,
  unknownOfGroups,
  unknownOfTopic,
  unknownOfTopics
} from '../../../../../src-main/entry/cli/unknown'

const group = {
  groupId: 'readers',
  state: 'Stable',
  protocol: 'range',
  isBehind: false,
  members: [],
  areCommitsKnown: true,
  advice: [],
  partitions: []
}
const row: GroupRow = {
  groupId: 'readers',
  state: 'Stable',
  protocol: 'range',
  memberCount: 1,
  topics: [],
  lagRecords: 0,
  lagUnknown: null,
  isBehind: false,
  coordinatorId: 1
}
const partition = { topic: 'orders', partition: 0, startOffset: 0, lagRecords: null, memberId: null }

describe('what is not known', () => {
  it('of a group: nothing when its coordinator and its leaders have answered', () => {
    expect(unknownOfGroup(group)).toBeUndefined()
    expect(
      unknownOfGroup({ ...group, partitions: [{ ...partition, committedOffset: null, endOffset: null }] })
    ).toBeUndefined()
  })

  it('of a group: what the dead coordinator and leaders alone could tell', () => {
    expect(unknownOfGroup({ ...group, members: null, areCommitsKnown: false })).toBe(
      'Not known of the group readers, since its coordinator or a leader does not answer: its members, its committed offsets.'
    )
    expect(unknownOfGroup({ ...group, partitions: [{ ...partition, committedOffset: 5, endOffset: null }] })).toContain(
      'the ends of some partitions'
    )
  })

  it('of groups: those whose coordinator is silent', () => {
    const silent: GroupRow = { ...row, lagUnknown: 'coordinatorSilent' }

    expect(unknownOfGroups({ observedAtMs: 5, groups: [row] })).toBeUndefined()
    expect(unknownOfGroups({ observedAtMs: 5, groups: [row, silent] })).toContain('1 of 2 groups')
    expect(unknownOfGroups({ observedAtMs: 5, groups: [silent] })).toContain('any group')
  })

  it('of topics: what was known before all brokers fell silent is said to be of then', () => {
    expect(unknownOfTopics({ observedAtMs: 1_000, topics: [] }, 1_000)).toBeUndefined()
    expect(unknownOfTopics({ observedAtMs: 999, topics: [] }, 1_000)).toContain('1970-01-01T00:00:00.999Z')
    expect(unknownOfTopics({ observedAtMs: null, topics: [] }, 1_000)).toContain('not known')
  })

  it('of a topic: its configs, with the reason', () => {
    const topic = { name: 'orders', topicId: 'x', isInternal: false, partitions: [], configsProblem: null }

    expect(unknownOfTopic({ ...topic, configs: {} })).toBeUndefined()
    expect(unknownOfTopic({ ...topic, configs: null, configsProblem: 'Connection refused.' })).toContain(
      'Connection refused.'
    )
  })
})
