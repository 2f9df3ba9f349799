import { describe, expect, it } from 'vitest'
import { configProblem, logConfigOf, topicConfigNames } from '../../../../../src-main/broker/core/topic-configs'
import { TopicMap, topicNameProblem } from '../../../../../src-main/broker/core/topic-name'

describe('topic names', () => {
  it.each(['', '.', '..', 'a b', 'ä', 'a/b', 'x'.repeat(250)])('refuses %j', (name) => {
    expect(topicNameProblem(name)).toBeDefined()
  })

  it.each(['a', 'a.b_c-d', '...', 'x'.repeat(249)])('allows %j', (name) => {
    expect(topicNameProblem(name)).toBeUndefined()
  })

  it('collide when they differ in . and _ alone', () => {
    const topics = new TopicMap<number>()
    for (const name of ['x', 'a_b', 'c.d', 'a-b', 'ab']) topics.set(name, 1)

    expect(topics.colliding('a.b')).toBe('a_b')
    expect(topics.colliding('c.d')).toBeUndefined()
    expect(topics.colliding('a-b')).toBeUndefined()
    topics.delete('a_b')
    expect(topics.colliding('a.b')).toBeUndefined()
  })
})

describe('topic configs', () => {
  it('names a config that is not obeyed here', () => {
    expect(configProblem('flush.messages', '1')).toContain('flush.messages')
    expect(configProblem('x'.repeat(32_767), 'true')?.length).toBeLessThan(1_000)
  })

  it.each([
    ['retention.ms', '-2'],
    ['retention.ms', '1.5'],
    ['retention.ms', ''],
    ['segment.bytes', '13'],
    ['segment.bytes', '2147483648'],
    ['cleanup.policy', 'compact'],
    ['compression.type', 'gzip'],
    ['min.insync.replicas', '0'],
    ['message.timestamp.type', 'Other'],
    ['unclean.leader.election.enable', 'yes'],
    ['leader.replication.throttled.replicas', '0:1,'],
    ['follower.replication.throttled.replicas', 'all']
  ])('refuses %s=%s', (name, value) => {
    expect(configProblem(name, value)).toContain(name)
  })

  it.each([
    ['retention.ms', '9223372036854775807', Number(2n ** 63n)],
    ['retention.bytes', '9223372036854775807', Number(2n ** 63n)],
    ['retention.ms', '-1', -1],
    ['file.delete.delay.ms', '9007199254740993', 9007199254740992]
  ])('takes %s=%s: a long goes up to 2^63 - 1', (name, value, meant) => {
    expect(configProblem(name, value)).toBeUndefined()
    const { retentionMs, retentionBytes, fileDeleteDelayMs } = logConfigOf({ [name]: value })
    expect([retentionMs, retentionBytes, fileDeleteDelayMs]).toContain(meant)
  })

  it.each([
    ['retention.ms', '9223372036854775808'],
    ['retention.ms', '-9223372036854775809'],
    ['max.message.bytes', '9223372036854775807']
  ])('refuses %s=%s, which no long or int holds', (name, value) => {
    expect(configProblem(name, value)).toContain('must be at')
  })

  it.each(['', '*', '0:1', '0:1,1:2, 10:3'])('takes %j for throttled replicas', (value) => {
    expect(configProblem('leader.replication.throttled.replicas', value)).toBeUndefined()
  })

  it.each([
    ['unclean.leader.election.enable', ' TRUE '],
    ['unclean.leader.election.enable', 'False'],
    ['message.timestamp.type', ' LogAppendTime ']
  ])('takes %s=%j as Kafka does, which trims it and reads booleans in any case', (name, value) => {
    expect(configProblem(name, value)).toBeUndefined()
    expect(configProblem('message.timestamp.type', 'logappendtime')).toContain('message.timestamp.type')
    expect(logConfigOf({ 'message.timestamp.type': ' LogAppendTime ' }).messageTimestampType).toBe('LogAppendTime')
  })

  it('takes its own defaults', () => {
    for (const name of topicConfigNames) expect(configProblem(name, logDefault(name))).toBeUndefined()
  })

  it('applies no retention to a compacted topic', () => {
    expect(logConfigOf({ 'retention.ms': '1' }, true)).toMatchObject({
      retentionMs: -1,
      retentionBytes: -1,
      cleanupPolicy: 'compact'
    })
  })
})

function logDefault(name: string): string {
  const values: Readonly<Record<string, string>> = {
    'cleanup.policy': 'delete',
    'compression.type': 'producer',
    'message.timestamp.type': 'CreateTime',
    'min.insync.replicas': '1',
    'unclean.leader.election.enable': 'false',
    'leader.replication.throttled.replicas': '',
    'follower.replication.throttled.replicas': ''
  }
  return values[name] ?? '4096'
}
