/** Configs of topics and brokers: what each is and would be, and changing them. */
import { ApiError } from '../api/api'
import type { CommandInput, CommandOutput } from '../api/commands'
import type { ConfigFacts, ConfigResource, KafkaCluster } from '../kernel/cluster-ports'
import type { Clock } from '../kernel/ports'
import { configView } from './core/config-view'
import { expectAppError } from '../kernel/errors'
import { said } from '../kernel/said'
import { noBroker } from './failure'
import { retrying } from './retrying'

const changeTimeoutMs = 15_000
const readTimeoutMs = 3000

export class ConfigAdministration {
  readonly #clock: Clock
  readonly #cluster: KafkaCluster

  constructor({ clock, cluster }: { readonly clock: Clock; readonly cluster: KafkaCluster }) {
    this.#clock = clock
    this.#cluster = cluster
  }

  async describe({ resource }: CommandInput<'config.describe'>): Promise<CommandOutput<'config.describe'>> {
    return { configs: (await this.#factsOf(resource)).map((facts) => configView(facts, resource)) }
  }

  /** IncrementalAlterConfigs (KIP-339): what is not named stays. */
  async alter({ resource, set = {}, remove = [] }: CommandInput<'config.alter'>): Promise<void> {
    const twice = remove.find((name) => Object.hasOwn(set, name))
    if (twice !== undefined)
      throw new ApiError({ code: 'INVALID_INPUT', message: said`${twice} is to be set and to be removed: choose one.` })
    await retrying(this.#clock, changeTimeoutMs, () =>
      this.#cluster.alterConfigs(resource, { set, remove }, changeTimeoutMs)
    )
  }

  async #factsOf(resource: ConfigResource): Promise<readonly ConfigFacts[]> {
    if (resource.type === 'topic') return await this.#cluster.describeConfigs(resource, readTimeoutMs)
    if (resource.broker !== null) {
      const { broker } = resource
      return await this.#cluster.describeConfigs({ type: 'broker', broker }, readTimeoutMs)
    }
    // Asked for all brokers, a broker names what was set only; its own description also says what holds otherwise.
    const { brokers } = await this.#cluster.metadata({ timeoutMs: readTimeoutMs, topics: [] })
    let failure: unknown = noBroker()
    for (const { id } of brokers) {
      try {
        const facts = await this.#cluster.describeConfigs({ type: 'broker', broker: id }, readTimeoutMs)
        return facts.filter(({ isReadOnly }) => !isReadOnly)
      } catch (error) {
        // One that hangs is still listed; the others know as much.
        expectAppError(error)
        failure = error
      }
    }
    throw failure
  }
}
