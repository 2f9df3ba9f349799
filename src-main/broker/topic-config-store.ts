/** Topic configs as this broker knows them: read from /config/topics when first needed, forgotten with the topic. */
import type { EnsembleClient } from '../coordination/ensemble-client'
import type { LogConfig } from '../storage/log-types'
import { logConfigOf, type TopicConfigs } from './core/topic-configs'
import { groupOffsetsTopic } from './core/topic-name'
import { parseConfig, paths } from './core/znodes'

const noConfigs: TopicConfigs = {}

export class TopicConfigStore {
  readonly #ensemble: EnsembleClient
  readonly #known = new Map<string, TopicConfigs>()

  constructor(ensemble: EnsembleClient) {
    this.#ensemble = ensemble
  }

  /** Reads those of all topics that have some. */
  async loadAll(): Promise<void> {
    const listed = await this.#ensemble.getChildren(paths.topicConfigs)
    await this.load(listed?.children ?? [])
  }

  /** After this `of` knows these topics. Rejects with EnsembleError. */
  async load(topics: readonly string[]): Promise<void> {
    const unknown = topics.filter((topic) => !this.#known.has(topic))
    await Promise.all(
      unknown.map(async (topic) => {
        const znode = await this.#ensemble.getData(paths.topicConfig(topic))
        this.#known.set(topic, znode === undefined ? noConfigs : parseConfig(znode.data))
      })
    )
  }

  of(topic: string): TopicConfigs {
    return this.#known.get(topic) ?? noConfigs
  }

  logConfigOf(topic: string): LogConfig {
    return logConfigOf(this.of(topic), topic === groupOffsetsTopic)
  }

  forget(topic: string): void {
    this.#known.delete(topic)
  }
}
