/**
 * Random changes of a cluster, by way of the API, each one over when it returns. Nobody is a member: what members commit goes
 * on.
 */
import { ApiError } from '../../src-main/api/api'
import type { CommandInput } from '../../src-main/api/commands'
import type { ControlClient } from '../../src-main/host/control-client'
import { SimRandom } from './ensemble-world'

const topicsMax = 12
const partitionsMax = 9
const names = ['orders', 'pay.ments', 'Audit_log', 'a', 'x-1', '0', 'metrics.2026-11', 'very.long'.repeat(20)]
/** None that would make a broker delete or move records by itself: the cluster is to be at rest. */
const configs: readonly (readonly [string, readonly string[]])[] = [
  ['retention.ms', ['-1', '86400000', '9223372036854775807']],
  ['retention.bytes', ['-1', '9223372036854775807', '1099511627776']],
  ['segment.bytes', ['65536', '1048576', '2147483647']],
  ['segment.ms', ['86400000', '31536000000']],
  ['max.message.bytes', ['1048588', '20000000']],
  ['message.timestamp.type', ['CreateTime', 'LogAppendTime']],
  ['file.delete.delay.ms', ['0', '1000']],
  ['index.interval.bytes', ['0', '1', '4096', '2147483647']]
]
const ofOneBroker: readonly (readonly [string, readonly string[]])[] = [
  ['log.retention.ms', ['604800000', '9223372036854775807', '-1']]
]
const ofAllBrokers: typeof ofOneBroker = [
  ...ofOneBroker,
  ['log.segment.bytes', ['131072', '536870912']],
  ['message.max.bytes', ['2097152']]
]
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export class RandomLab {
  readonly #random: SimRandom
  readonly #client: ControlClient
  readonly #topics = new Map<string, number>()
  readonly #groups = new Set<string>()
  readonly #missing: ReadonlySet<string>
  #created = 0
  /** What was done last, for whoever reads of a failure. */
  readonly done: string[] = []

  private constructor(seed: number, client: ControlClient, missing: ReadonlySet<string>) {
    this.#random = new SimRandom(seed)
    this.#client = client
    this.#missing = missing
  }

  static async open(seed: number, client: ControlClient): Promise<RandomLab> {
    await client.call('topic.create', { topic: 'first', partitions: 3 })
    const { codecsMissing } = await client.call('records.check', { topic: 'first', key: null, value: null })
    const lab = new RandomLab(seed, client, new Set(Object.keys(codecsMissing)))
    lab.#topics.set('first', 3)
    return lab
  }

  /** Configs of topics of which single brokers may have a default of their own. */
  readonly brokersDifferIn: readonly string[] = ['retention.ms']

  get topics(): readonly string[] {
    return [...this.#topics.keys()]
  }

  below(limit: number): number {
    // The low bits of such a generator repeat soon.
    return Math.floor((this.#random.uint32() / 2 ** 32) * limit)
  }

  pick<T>(from: readonly T[]): T {
    const found = from[this.below(from.length)]
    if (found === undefined) throw new Error('there is nothing to pick from')
    return found
  }

  async change(): Promise<void> {
    const steps: readonly (() => Promise<string>)[] = [
      () => this.#create(),
      () => this.#produce(),
      () => this.#produce(),
      () => this.#produce(),
      () => this.#commit(),
      () => this.#commit(),
      () => this.#purge(),
      () => this.#grow(),
      () => this.#alterTopic(),
      () => this.#alterBroker(),
      () => this.#forget(),
      () => this.#delete()
    ]
    const said = await this.pick(steps)()
    if (said !== '') this.done.push(said)
  }

  async #create(): Promise<string> {
    if (this.#topics.size >= topicsMax) return ''
    const topic = `${this.pick(names)}-${this.#created++}`
    const partitions = 1 + this.below(partitionsMax)
    const set = Object.fromEntries(
      Array.from({ length: this.below(4) }, () => this.pick(configs)).map(([name, values]) => [name, this.pick(values)])
    )
    await this.#client.call('topic.create', { topic, partitions, configs: set })
    this.#topics.set(topic, partitions)
    return `create ${topic} ${partitions} ${JSON.stringify(set)}`
  }

  async #produce(): Promise<string> {
    const topic = this.pick(this.topics)
    const partition = this.below(this.#topics.get(topic) ?? 1)
    const codec = this.pick(codecs.filter((one) => !this.#missing.has(one)))
    const records = Array.from({ length: 1 + this.below(120) }, () => ({
      key: this.pick([null, '', `key ${this.below(50)}`, '한글']),
      value: this.pick([null, '', 'x'.repeat(this.below(900)), '{"n":9223372036854775807}'])
    }))
    const to = this.below(2) === 0 ? { partition } : {}
    await this.#client.call('records.produce', { topic, acks: -1, codec, records, ...to })
    return `produce ${records.length} ${codec} to ${topic} ${JSON.stringify(to)}`
  }

  async #commit(): Promise<string> {
    const groupId = this.pick(['readers', 'g-1', 'Z.2', 'late', '그룹'])
    const topic = this.pick(this.topics)
    const to = this.pick<CommandInput<'group.reset'>['to']>([
      { type: 'earliest' },
      { type: 'latest' },
      { type: 'offset', offset: this.below(100) }
    ])
    const partitions = [this.below(this.#topics.get(topic) ?? 1)]
    const scope = this.below(2) === 0 ? { topic } : { topic, partitions }
    await this.#client.call('group.reset', { groupId, to, topics: [scope] })
    this.#groups.add(groupId)
    return `commit ${groupId} ${JSON.stringify(scope)} ${JSON.stringify(to)}`
  }

  async #purge(): Promise<string> {
    const topic = this.pick(this.topics)
    const partition = this.below(this.#topics.get(topic) ?? 1)
    const end = (await this.#client.call('topic.describe', { topic })).partitions[partition]?.endOffset ?? 0
    const before = { type: 'offset', offset: this.below(end + 1) } as const
    const isAll = this.below(4) === 0
    await this.#client.call('topic.purge', isAll ? { topic } : { topic, partition, before })
    return `purge ${topic} ${isAll ? 'all' : `${partition} before ${before.offset}`}`
  }

  async #grow(): Promise<string> {
    const topic = this.pick(this.topics)
    const to = (this.#topics.get(topic) ?? 1) + 1 + this.below(2)
    await this.#client.call('topic.addPartitions', { topic, to })
    this.#topics.set(topic, to)
    return `grow ${topic} to ${to}`
  }

  async #alterTopic(): Promise<string> {
    const topic = this.pick(this.topics)
    const [name, values] = this.pick(configs)
    const change = this.below(3) === 0 ? { remove: [name] } : { set: { [name]: this.pick(values) } }
    await this.#client.call('topic.alter', { topic, ...change })
    return `alter ${topic} ${JSON.stringify(change)}`
  }

  async #alterBroker(): Promise<string> {
    const broker = this.pick([null, 1, 2, 3])
    const [name, values] = this.pick(broker === null ? ofAllBrokers : ofOneBroker)
    const change = this.below(3) === 0 ? { remove: [name] } : { set: { [name]: this.pick(values) } }
    await this.#client.call('config.alter', { resource: { type: 'broker', broker }, ...change })
    return `alter broker ${broker ?? 'all'} ${JSON.stringify(change)}`
  }

  async #forget(): Promise<string> {
    const groupId = [...this.#groups][0]
    if (groupId === undefined || this.below(2) === 0) return ''
    this.#groups.delete(groupId)
    try {
      await this.#client.call('group.delete', { groupId })
    } catch (error) {
      // Its last commit may have gone with a topic.
      if (!(error instanceof ApiError) || error.kafkaError !== 'GROUP_ID_NOT_FOUND') throw error
    }
    return `delete group ${groupId}`
  }

  async #delete(): Promise<string> {
    const topic = this.pick(this.topics)
    if (this.#topics.size < 4) return ''
    await this.#client.call('topic.delete', { topic })
    this.#topics.delete(topic)
    return `delete ${topic}`
  }
}
