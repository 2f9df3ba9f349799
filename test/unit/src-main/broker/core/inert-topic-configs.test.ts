import { describe, expect, it } from 'vitest'
import { INERT_TOPIC_CONFIGS } from '../../../../../src-main/broker/core/inert-topic-configs'
import { configProblem, isTopicConfig, logConfigOf } from '../../../../../src-main/broker/core/topic-configs'
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

  it('are none that the log reads', () => {
    const set = Object.fromEntries(Object.keys(INERT_TOPIC_CONFIGS).map((name) => [name, '1']))
    expect(logConfigOf(set)).toEqual(logConfigOf({}))
  })
})
