/**
 * Configs as this broker knows them: of topics and of brokers, read from /config when first needed, read again when
 * somebody says that they changed, forgotten with the topic. A topic of the same name is another one, with configs of
 * its own.
 */
import type { EnsembleClient } from '../coordination/ensemble-client'
import type { BrokerId } from '../kernel/ids'
import type { LogConfig } from '../storage/log-types'
import { inParts } from './controller/controller-writes'
import { effectiveConfigs, type BrokerLayers } from './core/broker-layers'
import { logConfigOf, parsedConfig, type TopicConfigs } from './core/topic-configs'
import { groupOffsetsTopic } from './core/topic-name'
import { parseConfig, paths } from './core/znodes'

const noConfigs: TopicConfigs = {}

function mayBeUnclean(configs: TopicConfigs): boolean {
  const name = 'unclean.leader.election.enable'
  return parsedConfig(name, configs[name] ?? 'false') === 'true'
}

/** What a log's config is made of; each is replaced, never changed. */
interface From {
  readonly own: TopicConfigs
  readonly layers: BrokerLayers
  readonly isCompacted: boolean
}

export class ConfigStore {
  readonly #ensemble: EnsembleClient
  readonly #brokerId: BrokerId
  readonly #known = new Map<string, TopicConfigs>()
  /** Reads under way. */
  readonly #reading = new Map<string, Promise<void>>()
  #layers: BrokerLayers
  #lastLogConfig: (From & { readonly config: LogConfig }) | undefined

  constructor(ensemble: EnsembleClient, brokerId: BrokerId, fixed: TopicConfigs = noConfigs) {
    this.#ensemble = ensemble
    this.#brokerId = brokerId
    this.#layers = { own: noConfigs, everyBroker: noConfigs, fixed }
  }

  /** Reads those of all topics that have some, and the brokers'. */
  async loadAll(): Promise<void> {
    await this.refreshBrokers()
    const listed = await this.#ensemble.getChildren(paths.topicConfigs)
    await this.load(listed?.children ?? [])
  }

  /** After this `of` knows these topics. Rejects with EnsembleError. */
  async load(topics: readonly string[]): Promise<void> {
    const unknown = topics.filter((topic) => !this.#known.has(topic))
    await inParts(unknown, (topic) => this.#reading.get(topic) ?? this.#read(topic))
  }

  /** Reads a topic's again; what is not known yet is read when it is needed. Rejects with EnsembleError. */
  async refresh(topic: string): Promise<void> {
    // A read under way may have seen what was there before.
    await this.#reading.get(topic)
    if (this.#known.has(topic)) await this.#read(topic)
  }

  /** Reads this broker's and all brokers' again. Rejects with EnsembleError. */
  async refreshBrokers(): Promise<void> {
    const read = async (path: string): Promise<TopicConfigs> =>
      parseConfig((await this.#ensemble.getData(path))?.data ?? null)
    const [own, everyBroker] = await Promise.all([
      read(paths.brokerConfig(this.#brokerId)),
      read(paths.brokerConfig(undefined))
    ])
    this.#layers = { ...this.#layers, own, everyBroker }
  }

  /** What was read of a topic that was forgotten meanwhile is not kept. */
  #read(topic: string): Promise<void> {
    const reading: Promise<void> = this.#ensemble
      .getData(paths.topicConfig(topic))
      .then((znode) => {
        if (this.#reading.get(topic) !== reading) return
        this.#known.set(topic, znode === undefined ? noConfigs : parseConfig(znode.data))
      })
      .finally(() => {
        if (this.#reading.get(topic) === reading) this.#reading.delete(topic)
      })
    this.#reading.set(topic, reading)
    return reading
  }

  /** Only what was set for the topic. */
  of(topic: string): TopicConfigs {
    return this.#known.get(topic) ?? noConfigs
  }

  /** Topics whose configs are known. */
  topics(): readonly string[] {
    return [...this.#known.keys()]
  }

  get layers(): BrokerLayers {
    return this.#layers
  }

  /** Those of these whose leaders may be elected uncleanly. Rejects with EnsembleError. */
  async uncleanTopics(topics: readonly string[]): Promise<ReadonlySet<string>> {
    await this.load(topics)
    return new Set(topics.filter((topic) => mayBeUnclean(effectiveConfigs(this.of(topic), this.#layers))))
  }

  /** Asked for each partition of a topic, one after the other: what was worked out last is kept while it holds. */
  logConfigOf(topic: string): LogConfig {
    const [own, layers, isCompacted] = [this.of(topic), this.#layers, topic === groupOffsetsTopic]
    const last = this.#lastLogConfig
    if (last?.own === own && last.layers === layers && last.isCompacted === isCompacted) return last.config
    const config = logConfigOf(effectiveConfigs(own, layers), isCompacted)
    this.#lastLogConfig = { own, layers, isCompacted, config }
    return config
  }

  forget(topic: string): void {
    this.#known.delete(topic)
    this.#reading.delete(topic)
  }

  /** Of topics that are not there: they were deleted while nobody told us. */
  forgetMissing(isThere: (topic: string) => boolean): void {
    for (const topic of this.#known.keys()) if (!isThere(topic)) this.#known.delete(topic)
  }
}
