import { describe, expect, it } from 'vitest'
import { INERT_TOPIC_CONFIGS } from '../../../../../src-main/broker/core/inert-topic-configs'
import { brokerConfigKind, changedConfigs, topicConfigKind } from '../../../../../src-main/broker/core/config-changes'
import {
  configProblem,
  isTopicConfig,
  keptConfig,
  logConfigOf
} from '../../../../../src-main/broker/core/topic-configs'
import { topicConfigEntries } from '../../../../../src-main/broker/handlers/config-entries'

const layers = { own: {}, everyBroker: {}, fixed: {} }

describe('topic configs that change nothing here', () => {
  it.each([
    ['delete.retention.ms', '86400000'],
    ['min.cleanable.dirty.ratio', '0.5'],
    ['min.cleanable.dirty.ratio', ' 1 '],
    ['compression.zstd.level', '-131072'],
    ['message.format.version', '3.0-IV1'],
    ['message.downconversion.enable', 'FALSE'],
    ['preallocate', 'false'],
    ['remote.log.copy.disable', 'false'],
    ['min.cleanable.dirty.ratio', '1.0E-4'],
    ['flush.ms', '9223372036854775807'],
    ['message.timestamp.before.max.ms', '9223372036854775807'],
    ['local.retention.ms', '-2']
  ])('may be set beside those that matter: %s=%s', (name, value) => {
    expect(configProblem(name, value)).toBeUndefined()
  })

  it.each([
    ['delete.retention.ms', '-1', 'at least 0'],
    ['delete.retention.ms', '1.5', 'whole number'],
    ['delete.retention.ms', null, 'no value'],
    ['min.cleanable.dirty.ratio', '1.1', 'from 0 to 1'],
    ['min.cleanable.dirty.ratio', 'NaN', 'from 0 to 1'],
    ['compression.gzip.level', '10', 'at most 9'],
    ['compression.gzip.level', '0', 'must not be 0'],
    ['flush.ms', '1000', 'at least 9223372036854775807'],
    ['message.format.version', 'x', 'version of Kafka'],
    ['message.downconversion.enable', 'maybe', 'false or true']
  ])('have Kafka’s bounds: %s=%s is refused', (name, value, words) => {
    expect(configProblem(name, value)).toContain(name)
    expect(configProblem(name, value)).toContain(words)
  })

  it.each([
    ['preallocate', 'true'],
    ['remote.storage.enable', 'true'],
    ['flush.messages', '1'],
    ['cleanup.policy', 'compact']
  ])('are no others: %s=%s would change something and is not obeyed', (name, value) => {
    expect(configProblem(name, value)).toContain(name)
  })

  it('are shown with their type where they were set, and nowhere else', () => {
    const shownNames = topicConfigEntries({}, layers).map(({ name }) => name)
    expect(shownNames.filter((name) => !isTopicConfig(name))).toEqual([])

    const entries = topicConfigEntries({ 'min.cleanable.dirty.ratio': ' 0.7 ' }, layers)
    const shown = entries.find(({ name }) => name === 'min.cleanable.dirty.ratio')
    expect(shown).toMatchObject({ value: '0.7', source: 1, type: 6, isReadOnly: false })
  })

  it.each([
    ['message.downconversion.enable', ' FALSE ', 'false'],
    ['delete.retention.ms', '+5', '5'],
    ['unclean.leader.election.enable', 'TRUE', 'true'],
    ['message.timestamp.type', ' LogAppendTime ', 'LogAppendTime'],
    ['min.cleanable.dirty.ratio', ' 1 ', '1']
  ])('are kept for what they mean, as those that matter are: %s=%s', (name, value, kept) => {
    expect(keptConfig(name, value)).toBe(kept)
    expect(topicConfigKind.kept(name, value)).toBe(kept)
  })

  it('is so of what is set for brokers, too', () => {
    const changed = changedConfigs(
      {},
      [{ name: 'unclean.leader.election.enable', operation: 0, value: 'TRUE' }],
      brokerConfigKind
    )
    expect(changed).toEqual({ configs: { 'unclean.leader.election.enable': 'true' } })
  })

  it('are none that the log reads', () => {
    const set = Object.fromEntries(Object.keys(INERT_TOPIC_CONFIGS).map((name) => [name, '1']))
    expect(logConfigOf(set)).toEqual(logConfigOf({}))
  })
})
