import { describe, expect, it } from 'vitest'
import {
  addressesOf,
  encodeSpec,
  isFounding,
  makeSpec,
  parseSpec,
  resizeProblem,
  sizesOf,
  sizesProblem,
  superDigestProblem,
  withBrokerConfigs,
  withDesired,
  withEmptied,
  withNothing,
  withPort,
  withServed,
  withSuperDigest,
  type ClusterSpec,
  type NodeSpec
} from '../../../../../src-main/supervisor/core/cluster-spec'

import { configProblem } from '../../../../../src-main/broker/core/topic-configs'
import { topicConfigOf } from '../../../../../src-main/broker/core/broker-layers'
import {
  BROKER_CONFIGS,
  brokerConfigProblem,
  brokerOptions,
  memberOptions
} from '../../../../../src-main/supervisor/core/broker-configs'

const spec = makeSpec('lab', { ensemble: [2181], brokers: [9092, 9093, 9095] })
const peers = { ensembleId: 'e', ports: [2888, 2889, 2890] }
const ofThree = makeSpec('lab', { ensemble: [2181, 2182, 2183], brokers: [9092] }, peers)

describe('a cluster’s spec', () => {
  it('numbers nodes from 1: broker-1 has broker.id 1', () => {
    expect(spec.nodes.map(({ name, role, id, port }) => [name, role, id, port])).toEqual([
      ['ensemble-1', 'ensemble', 1, 2181],
      ['broker-1', 'broker', 1, 9092],
      ['broker-2', 'broker', 2, 9093],
      ['broker-3', 'broker', 3, 9095]
    ])
    expect(spec.nodes.every(({ desired }) => desired === 'running')).toBe(true)
    expect(sizesOf(spec)).toEqual({ brokers: 3, ensemble: 1 })
    expect(addressesOf(spec, 'broker')).toBe('127.0.0.1:9092,127.0.0.1:9093,127.0.0.1:9095')
  })

  it('is read back as it was written', () => {
    const changed = withPort(withDesired(spec, 'broker-2', 'killed'), 'broker-3', 9999)
    expect(parseSpec(encodeSpec(changed))).toEqual(changed)
    expect(changed.nodes[2]?.desired).toBe('killed')
    expect(changed.nodes[3]?.port).toBe(9999)
  })

  it('keeps the configs of its brokers, the last one said of each', () => {
    const configs = (value: string) => ({ 'group.initial.rebalance.delay.ms': value })
    const changed = withBrokerConfigs(withBrokerConfigs(spec, configs('5')), configs('3000'))

    expect(parseSpec(encodeSpec(changed))).toEqual(changed)
    expect(brokerOptions(changed.brokerConfigs ?? {}, 1)).toMatchObject({ initialRebalanceDelayMs: 3000 })
    expect(brokerOptions({}, 1)).not.toHaveProperty('initialRebalanceDelayMs')
  })

  it('hands the defaults of topics to its brokers by name', () => {
    const configs = { 'log.retention.ms': '-1', 'group.initial.rebalance.delay.ms': '7', 'log.segment.bytes': '1024' }

    expect(brokerOptions(configs, 1)).toMatchObject({
      initialRebalanceDelayMs: 7,
      configs: { 'log.retention.ms': '-1', 'log.segment.bytes': '1024' }
    })
  })

  it.each([
    [1, '1', '1'],
    [2, '2', '1'],
    [3, '3', '2'],
    [9, '3', '2']
  ])('has %i brokers make topics of %s replicas, of which %s must have a record', (brokers, replicas, minIsr) => {
    const defaults = { 'default.replication.factor': replicas, 'min.insync.replicas': minIsr }
    expect(brokerOptions({}, brokers)).toEqual({ sessionTimeoutMs: 6000, configs: defaults })
    const own = { 'default.replication.factor': '1' }
    expect(brokerOptions(own, brokers)).toEqual({ sessionTimeoutMs: 6000, configs: { ...defaults, ...own } })
  })

  it('gives brokers their session and followers their time, and members grant such a session', () => {
    const configs = { 'zookeeper.session.timeout.ms': '2500', 'replica.lag.time.max.ms': '5000' }

    const options = brokerOptions(configs, 3)
    expect(options).toMatchObject({ sessionTimeoutMs: 2500, replicaLagMaxMs: 5000 })
    expect(options.configs).not.toHaveProperty(['replica.lag.time.max.ms'])
    expect(options.configs).not.toHaveProperty(['zookeeper.session.timeout.ms'])
    expect(memberOptions(configs)).toEqual({ sessionTimeoutMinMs: 2500, sessionTimeoutMaxMs: 40_000 })
    expect(memberOptions({ 'zookeeper.session.timeout.ms': '9000' }).sessionTimeoutMinMs).toBe(4000)
    expect(memberOptions({})).toEqual({ sessionTimeoutMinMs: 4000, sessionTimeoutMaxMs: 40_000 })
  })

  it('takes of a default what the broker takes of it, and no other', () => {
    const ofBrokersAlone = [
      'auto.create.topics.enable',
      'auto.leader.rebalance.enable',
      'default.replication.factor',
      'group.initial.rebalance.delay.ms',
      'log.retention.hours',
      'log.retention.minutes',
      'log.roll.hours',
      'num.partitions',
      'replica.lag.time.max.ms',
      'zookeeper.session.timeout.ms'
    ]
    for (const [name, limits] of Object.entries(BROKER_CONFIGS)) {
      if (ofBrokersAlone.includes(name)) continue
      const ofTopic = topicConfigOf(name)
      if (limits === 'boolean' || 'length' in limits) {
        for (const value of ['true', 'false', 'yes', 'delete', 'compact', 'producer', 'gzip', 'LogAppendTime'])
          expect(brokerConfigProblem(name, value) === undefined, name).toBe(
            configProblem(ofTopic ?? '', value) === undefined
          )
        continue
      }
      const { min, max } = limits
      expect(ofTopic, name).toBeDefined()
      for (const value of [min, max]) {
        expect(brokerConfigProblem(name, String(value)), name).toBeUndefined()
        expect(configProblem(ofTopic ?? '', String(value)), name).toBeUndefined()
      }
      for (const value of [min - 1n, max + 1n]) {
        expect(brokerConfigProblem(name, String(value)), name).toBeDefined()
        expect(configProblem(ofTopic ?? '', String(value)), name).toBeDefined()
      }
    }
  })

  it.each([
    ['no.such.config', '1', 'no.such.config cannot be set at the start of brokers here'],
    ['leader.replication.throttled.rate', '1', 'is set while brokers run, as with Kafka'],
    ['log.message.timestamp.type', 'createtime', 'must be CreateTime or LogAppendTime'],
    ['log.cleanup.policy', 'compact', 'must be delete'],
    ['auto.create.topics.enable', '1', 'must be true or false'],
    ['log.retention.hours', '0', 'whole number from -1 to 2147483647, but 0'],
    ['num.partitions', '0', 'whole number from 1 to 10000'],
    ['group.initial.rebalance.delay.ms', '-1', 'whole number from 0 to 2147483647'],
    ['group.initial.rebalance.delay.ms', '2147483648', 'whole number'],
    ['group.initial.rebalance.delay.ms', 3, 'whole number'],
    ['auto.leader.rebalance.enable', 'yes', 'must be true or false'],
    ['zookeeper.session.timeout.ms', '999', 'whole number from 1000 to 40000'],
    ['replica.lag.time.max.ms', '499', 'whole number from 500 to 2147483647'],
    ['default.replication.factor', '0', 'whole number from 1 to 32767']
  ])('refuses %s=%s for its brokers, with a sentence', (name, value, sentence) => {
    expect(brokerConfigProblem(name, value)).toContain(sentence)
    expect(parseSpec(JSON.stringify({ ...spec, brokerConfigs: { [name]: value } }))).toBeUndefined()
  })

  it.each([
    ['no JSON', '{'],
    ['no object', 'null'],
    ['another version', encodeSpec(spec).replace('"version": 1', '"version": 9')],
    ['no nodes', JSON.stringify({ ...spec, nodes: [] })],
    ['a role that is none', encodeSpec(spec).replace('"role": "broker"', '"role": "oracle"')],
    ['a name that is not its role and id', encodeSpec(spec).replace('"broker-2"', '"broker-7"')],
    ['a wish that is none', encodeSpec(spec).replace('"running"', '"dancing"')],
    ['several members that do not know each other', JSON.stringify({ ...ofThree, ensemble: undefined })],
    ['a member without a port for the others', encodeSpec(ofThree).replace('"peerPort": 2889', '"peers": 0')]
  ])('is none when its text is %s', (_, text) => {
    expect(parseSpec(text)).toBeUndefined()
  })

  it('has 1 to 30 brokers and an odd number of members, up to 7', () => {
    for (const ensemble of [1, 3, 5, 7]) expect(sizesProblem({ brokers: 1, ensemble })).toBeUndefined()
    expect(sizesProblem({ brokers: 30, ensemble: 1 })).toBeUndefined()
    for (const sizes of [
      { brokers: 0, ensemble: 1 },
      { brokers: 31, ensemble: 1 },
      { brokers: 3, ensemble: 0 },
      { brokers: 3, ensemble: 9 },
      { brokers: 3, ensemble: 1.5 }
    ])
      expect(sizesProblem(sizes)?.code).toBe('USAGE')
    expect(sizesProblem({ brokers: 3, ensemble: 4 })?.message).toContain(
      'so that 4 may lose no more of them than 3 may'
    )
  })

  it('of one member is as earlier versions know it, and of several they refuse it', () => {
    expect(spec).toMatchObject({ version: 1 })
    expect(encodeSpec(spec)).not.toContain('peerPort')
    expect(ofThree).toMatchObject({ version: 2, ensemble: { id: 'e', isFounded: false } })
    expect(parseSpec(encodeSpec(ofThree))).toEqual(ofThree)
  })

  it('begins an ensemble once: when all members have served, and anew when all have lost everything', () => {
    const member = (of: ClusterSpec, id: number) => of.nodes.find(({ name }) => name === `ensemble-${id}`) as NodeSpec
    const begun = (of: ClusterSpec): boolean[] => [1, 2, 3].map((id) => isFounding(of, member(of, id)))
    expect(begun(ofThree)).toEqual([true, true, true])
    // Where it has served it has had data.
    const one = withServed(ofThree, 'ensemble-1')
    expect(begun(one)).toEqual([false, true, true])
    expect([withServed(one, 'ensemble-1'), withServed(one, 'broker-1')]).toEqual([one, one])
    expect(parseSpec(encodeSpec(one))).toEqual(one)
    expect(begun(withServed(withEmptied(one, 'ensemble-1'), 'ensemble-1'))).toEqual([false, true, true])
    expect(begun(withNothing(one))).toEqual([true, true, true])
    // It may have voted before it was emptied.
    expect(begun(withEmptied(ofThree, 'ensemble-2'))).toEqual([true, false, true])

    // Each of them once; never all of them at the same time.
    // One that was emptied before the last of them served has nothing all the same.
    const late = withServed(withEmptied(withServed(one, 'ensemble-2'), 'ensemble-1'), 'ensemble-3')
    expect([late.ensemble?.isFounded, begun(late)]).toEqual([true, [false, false, false]])
    expect(late.nodes.map(({ isEmptied = false }) => isEmptied).slice(0, 3)).toEqual([true, false, false])
    expect(begun(withEmptied(withEmptied(late, 'ensemble-2'), 'ensemble-3'))).toEqual([true, true, true])
    const founded = withServed(withServed(one, 'ensemble-3'), 'ensemble-2')
    expect(begun(founded)).toEqual([false, false, false])
    expect(founded.ensemble).toEqual({ id: 'e', isFounded: true })
    expect(founded.nodes).toEqual(ofThree.nodes)
    const emptied = withEmptied(withEmptied(founded, 'ensemble-1'), 'ensemble-2')
    expect(begun(emptied)).toEqual([false, false, false])
    expect(begun(withEmptied(withServed(emptied, 'ensemble-1'), 'ensemble-3'))).toEqual([false, false, false])
    expect(begun(withEmptied(emptied, 'ensemble-3'))).toEqual([true, true, true])
    expect(begun(withNothing(withEmptied(founded, 'ensemble-2')))).toEqual([true, true, true])
    expect([withNothing(ofThree), withNothing(spec)]).toEqual([ofThree, spec])
    expect(withEmptied(founded, 'broker-1')).toBe(founded)
    expect(withEmptied(spec, 'ensemble-1')).toBe(spec)
  })

  it('keeps who may do everything, as ZooKeeper writes it, and no other text', () => {
    const digest = 'super:D/InIHSb7yEEbrWz8b9l71RjZJU='
    const of = withSuperDigest(spec, digest)

    expect(parseSpec(encodeSpec(of))?.superDigest).toBe(digest)
    expect(withSuperDigest(of, digest)).toBe(of)
    expect(withSuperDigest(of, undefined)).toEqual(spec)
    expect(superDigestProblem(digest)).toBeUndefined()
    for (const wrong of [
      '',
      'super',
      'super:test',
      'super:',
      ':D/InIHSb7yEEbrWz8b9l71RjZJU=',
      `a b:${digest.slice(6)}`
    ])
      expect(superDigestProblem(wrong), wrong).toContain('--super-digest must be user:digest')
    expect(parseSpec(encodeSpec({ ...spec, superDigest: 'super:test' }))?.superDigest).toBeUndefined()
  })

  it('keeps the sizes it was made with', () => {
    expect(resizeProblem(spec, {})).toBeUndefined()
    expect(resizeProblem(spec, { brokers: 3, ensemble: 1 })).toBeUndefined()
    expect(resizeProblem(spec, { brokers: 4 })?.message).toMatch(/cluster of 3 brokers; --brokers 4/)
    expect(resizeProblem(spec, { ensemble: 3 })?.message).toMatch(/1 ensemble member; --ensemble 3/)
  })
})
