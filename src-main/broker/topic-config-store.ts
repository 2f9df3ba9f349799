/**
 * Topic configs as this broker knows them: read from /config/topics when first needed, forgotten with the topic. A topic of
 * the same name is another one, with configs of its own.
 */
import type { EnsembleClient } from '../coordination/ensemble-client'
import type { LogConfig } from '../storage/log-types'
import { logConfigOf, type TopicConfigs } from './core/topic-configs'
import { groupOffsetsTopic } from './core/topic-name'
import { parseConfig, paths } from './core/znodes'

const noConfigs: TopicConfigs = {}

export class TopicConfigStore {
  readonly #ensemble: EnsembleClient
  readonly #known = new Map<string, TopicConfigs>()
  /** Reads under way. */
  readonly #reading = new Map<string, Promise<void>>()

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
    await Promise.all(unknown.map((topic) => this.#reading.get(topic) ?? this.#read(topic)))
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

  of(topic: string): TopicConfigs {
    return this.#known.get(topic) ?? noConfigs
  }

  logConfigOf(topic: string): LogConfig {
    return logConfigOf(this.of(topic), topic === groupOffsetsTopic)
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
