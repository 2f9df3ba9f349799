import { describe, expect, it } from 'vitest'
import type { ConfigFacts, ConfigResource, ConfigSource } from '../../../../../src-main/kernel/cluster-ports'
import { configView } from '../../../../../src-main/monitor/core/config-view'

const facts = (...synonyms: readonly [ConfigSource, string][]): ConfigFacts => ({
  name: 'retention.ms',
  value: synonyms[0]?.[1] ?? null,
  source: synonyms[0]?.[0] ?? 'unknown',
  type: 'long',
  isReadOnly: false,
  isSensitive: false,
  synonyms: synonyms.map(([source, value]) => ({ source, value }))
})

const topic: ConfigResource = { type: 'topic', topic: 'orders' }
const one: ConfigResource = { type: 'broker', broker: 1 }
const all: ConfigResource = { type: 'broker', broker: null }

describe('a config', () => {
  it.each<[string, ConfigResource, ConfigFacts, object]>([
    [
      'set on its topic',
      topic,
      facts(['topic', '1'], ['broker', '2'], ['default', '3']),
      { isSet: true, value: '1', source: 'topic', otherwise: { value: '2', source: 'broker' } }
    ],
    [
      'not set on its topic',
      topic,
      facts(['everyBroker', '2'], ['default', '3']),
      { isSet: false, value: '2', source: 'everyBroker', otherwise: { value: '2', source: 'everyBroker' } }
    ],
    [
      'set on a broker',
      one,
      facts(['broker', '1'], ['start', '2'], ['default', '3']),
      { isSet: true, value: '1', source: 'broker', otherwise: { value: '2', source: 'start' } }
    ],
    [
      'set for all brokers only, seen on one',
      one,
      facts(['everyBroker', '1'], ['default', '3']),
      { isSet: false, value: '1', source: 'everyBroker', otherwise: { value: '1', source: 'everyBroker' } }
    ],
    [
      'set for all brokers, where the broker that was asked has one of its own',
      all,
      facts(['broker', '1'], ['everyBroker', '2'], ['default', '3']),
      { isSet: true, value: '2', source: 'everyBroker', otherwise: { value: '3', source: 'default' } }
    ],
    [
      'not set for all brokers, where the broker that was asked has one of its own',
      all,
      facts(['broker', '1'], ['default', '3']),
      { isSet: false, value: '3', source: 'default', otherwise: { value: '3', source: 'default' } }
    ],
    [
      'of which the broker tells no synonyms',
      topic,
      { ...facts(), value: '9', source: 'unknown' },
      { isSet: false, value: '9', source: 'unknown', otherwise: null }
    ]
  ])('%s', (_, resource, given, expected) => {
    expect(configView(given, resource)).toMatchObject(expected)
  })
})
