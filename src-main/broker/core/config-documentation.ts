/** What each config does, in a sentence, for who asks DescribeConfigs for it (KIP-569). Both names of a default tell the same. */
import { definitionOf, topicConfigNames, type TopicConfigName } from './topic-configs'

const ofTopics: Readonly<Record<TopicConfigName, string>> = {
  'cleanup.policy':
    'What is done with old records: "delete" drops whole segments that are older or larger than retention allows.',
  'compression.type': 'The codec of stored batches: "producer" keeps what the producer chose.',
  'file.delete.delay.ms': 'How long the files of deleted segments stay on disk.',
  'follower.replication.throttled.replicas':
    'The replicas whose fetching follower.replication.throttled.rate limits, as partition:broker pairs; * means all.',
  'index.interval.bytes': 'Bytes of records between two entries of the offset index.',
  'leader.replication.throttled.replicas':
    'The replicas to which leader.replication.throttled.rate limits what is sent, as partition:broker pairs; * means all.',
  'max.message.bytes': 'The largest record batch that is taken, after compression.',
  'message.timestamp.type':
    'Whether records keep the time of their producer (CreateTime) or get that of the broker (LogAppendTime).',
  'min.insync.replicas': 'How many replicas must be in sync for a write with acks=all to be taken.',
  'retention.bytes': 'How large a partition may grow before its oldest segments are deleted; -1: no limit.',
  'retention.ms': 'How long records are kept before their segment is deleted; -1: for ever.',
  'segment.bytes': 'The size of a segment file; retention deletes whole segments.',
  'segment.ms': 'How old a segment may grow before a new one is begun, though it is not full.',
  'unclean.leader.election.enable':
    'Whether a replica that is not in sync may lead when there is no other, which loses records.'
}

const ofBrokers: Readonly<Record<string, string>> = {
  'advertised.listeners': 'The address that clients are told.',
  'auto.create.topics.enable': 'Whether a topic is made when a client asks for one that is not there.',
  'auto.leader.rebalance.enable': 'Whether leadership goes back to preferred replicas by itself.',
  'broker.id': 'The id of this broker.',
  'default.replication.factor': 'Replicas of a topic that is made without saying how many.',
  'follower.replication.throttled.rate': 'Bytes a second that this broker fetches at most for throttled replicas.',
  'group.initial.rebalance.delay.ms':
    'How long an empty consumer group waits for more members before its first rebalance.',
  'leader.replication.throttled.rate': 'Bytes a second that this broker sends at most to throttled replicas.',
  listeners: 'The address that it listens on.',
  'log.dirs': 'The folder that holds the logs.',
  'log.retention.hours': 'As log.retention.ms, in hours; the finer one holds.',
  'log.retention.minutes': 'As log.retention.ms, in minutes; the finer one holds.',
  'log.roll.hours': 'As log.roll.ms, in hours; the finer one holds.',
  'num.partitions': 'Partitions of a topic that is made without saying how many.',
  'replica.alter.log.dirs.io.max.bytes.per.second': 'Bytes a second that moves between log folders take at most.',
  'replica.lag.time.max.ms': 'How long a follower may be behind before it is taken out of the in-sync replicas.',
  'zookeeper.session.timeout.ms': 'After how long a broker that is not heard of is taken for dead.'
}

const noEffect = 'Kept for tools that set it; it changes nothing here.'

const byName: ReadonlyMap<string, string> = new Map([
  ...Object.entries(ofTopics),
  ...Object.entries(ofBrokers),
  ...topicConfigNames.flatMap((name): (readonly [string, string])[] => {
    const { brokerName } = definitionOf(name)
    return brokerName === undefined ? [] : [[brokerName, ofTopics[name]]]
  })
])

/** Of a config that DescribeConfigs shows. */
export const configDocumentation = (name: string): string => byName.get(name) ?? noEffect
