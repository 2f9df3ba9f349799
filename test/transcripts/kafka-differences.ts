/** Where our answers differ from Kafka's, and why they may: by step and field. A reason that nothing needs is an error. */
import type { Difference, Json } from './kafka-dialogue'

interface Listed {
  readonly reason: string
  readonly step?: RegExp
  readonly where?: RegExp
  readonly kafka?: Json | undefined
  readonly ours?: Json | undefined
}

/** What Kafka knows and this cluster does not have at all. */
const absent: readonly Listed[] = [
  {
    reason:
      'APIs that are not served here are not advertised: transactions, ACLs, replication between brokers, and others',
    step: /^apiVersions/,
    where: /^apiKeys\[\d+\]\.(apiKey|minVersion|maxVersion)$/,
    ours: undefined
  },
  {
    reason:
      'versions that are not served: Fetch 0 to 3, ListOffsets 0, OffsetCommit and OffsetFetch 0 (znodes), ControlledShutdown 0 (a header of its own)',
    step: /^apiVersions/,
    where: /^apiKeys\[(1|2|7|8|9)\]\.(min|max)Version$/
  },
  {
    reason: 'DescribeGroups 6 is Kafka 4.0’s (KIP-1043), and told to those who can ask it',
    step: /^apiVersions/,
    where: /^apiKeys\[15\]\.maxVersion$/
  },
  {
    reason: 'there are no features to finalize',
    step: /^apiVersions/,
    where: /^(supported|finalized)Features|^zkMigration/
  },
  {
    reason: 'there are no transactions: they are refused for good, so that clients do not try again',
    step: /^(findCoordinator.*of a key of type 1|produce.*in a transaction|initProducerId.*the transaction)/
  },
  { reason: 'there are no share groups', step: /^findCoordinator.*of a key of type 2/ },
  {
    reason: 'the disk of this test has no volume to tell of',
    step: /^describeLogDirs/,
    where: /Bytes$/,
    kafka: '@bytes'
  }
]

/** Where Kafka's answer is of no use to anybody. */
const deliberate: readonly Listed[] = [
  { reason: 'we say a sentence where Kafka says none', where: /errorMessage$/i, kafka: null, ours: '(words)' },
  {
    reason: 'what is named twice in a request is told once, so that a request’s cost is bounded (ADR 17)',
    step: /^(?!describeConfigs)/,
    where: /\[[^\]]* again\]/,
    ours: undefined
  },
  {
    reason: 'Kafka takes replicas that can never lead: nobody, and brokers that are not there; or only the last of two',
    step: /^createTopics.*: an assignment (to nobody|to a broker that is not there|that names a partition twice)/
  },
  {
    reason: 'a topic has a policy: Kafka takes none for one that keeps all',
    step: /^createTopics.*: cleanup.policy=(,|$)/
  },
  {
    reason: 'Kafka fails as a whole, without brokers and without saying why, where one topic is asked for wrongly',
    step: /^metadata.*: by (neither|id )/
  },
  {
    reason: 'Kafka takes a topic without name and id for one that may not be touched',
    step: /^deleteTopics.*neither name nor id/
  },
  {
    reason: 'Kafka drops what follows a batch and is none; a producer that sends it is told',
    step: /^produce.*garbage behind a batch/
  },
  {
    reason: 'a codec that does not exist is UNSUPPORTED_COMPRESSION_TYPE, not UNKNOWN_SERVER_ERROR',
    step: /^produce.*a codec that does not exist/
  },
  {
    reason:
      'the log start offset beside a refusal: Kafka says it for some, and clients read it with UNKNOWN_PRODUCER_ID only',
    step: /^produce/,
    where: /logStartOffset$/,
    ours: -1
  },
  {
    reason: 'Kafka leaves isDefault of DescribeConfigs 0 unset',
    step: /^describeConfigs v0/,
    where: /isDefault$/,
    kafka: false
  },
  {
    reason: 'what Kafka derives from log.retention.hours and log.roll.hours is shown where it holds',
    step: /^describeConfigs/,
    where: /configs\[(log\.)?(retention|segment|roll)\.ms\]\.(value|synonyms.*)$/
  },
  {
    reason: 'the default behind a config that the broker was started with is not shown',
    step: /^describeConfigs.*of the broker, with synonyms/,
    where: /synonyms/
  }
]

const listed = [...absent, ...deliberate]

export const listedReasons: readonly string[] = listed.map(({ reason }) => reason)

const isAsListed = (listing: Listed, side: 'kafka' | 'ours', difference: Difference): boolean =>
  !(side in listing) || listing[side] === difference[side]

/** Undefined for a difference that is not listed. */
export function differsBecause(step: string, difference: Difference): string | undefined {
  return listed.find(
    (one) =>
      (one.where?.test(difference.where) ?? true) &&
      (one.step?.test(step) ?? true) &&
      isAsListed(one, 'kafka', difference) &&
      isAsListed(one, 'ours', difference)
  )?.reason
}
