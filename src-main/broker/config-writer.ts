/** Changes of stored configs, by any broker (as in Kafka's ZooKeeper mode); somebody else's change in between is not lost. */
import { ignore } from '../kernel/errors'
import type { Clock } from '../kernel/ports'
import { said } from '../kernel/said'
import { EnsembleError, type EnsembleClient } from '../coordination/ensemble-client'
import type { ConfigNotifications } from './config-notifications'
import { EnsembleReturn } from './ensemble-return'
import { changedConfigs, type ConfigChange, type ConfigKind, type ConfigRefusal } from './core/config-changes'
import type { TopicConfigs } from './core/topic-configs'
import { configChangeData, configData, configPath, parseConfig, paths, type ConfigEntity } from './core/znodes'

const attemptsMax = 10

export interface ConfigAlteration {
  readonly entity: ConfigEntity
  readonly kind: ConfigKind
  readonly changes: readonly ConfigChange[]
  /** What is set and not named goes (AlterConfigs). */
  readonly replacesAll: boolean
  readonly validateOnly: boolean
}

export class ConfigWriter {
  readonly #ensemble: EnsembleClient
  readonly #notifications: ConfigNotifications

  readonly #ensembleReturn: EnsembleReturn

  constructor(
    { ensemble, clock }: { readonly ensemble: EnsembleClient; readonly clock: Clock },
    notifications: ConfigNotifications
  ) {
    this.#ensemble = ensemble
    this.#notifications = notifications
    this.#ensembleReturn = new EnsembleReturn({ ensemble, clock })
  }

  /** Once for all that a request is to change. */
  whenReady(): Promise<void> {
    return this.#ensembleReturn.awaited()
  }

  /** Undefined when it is stored and announced (or would be). */
  async alter(alteration: ConfigAlteration): Promise<ConfigRefusal | undefined> {
    try {
      const refused = await this.#store(alteration)
      if (refused === undefined && !alteration.validateOnly) await this.#notifications.announced(alteration.entity)
      return refused
    } catch (error) {
      if (!(error instanceof EnsembleError)) throw error
      if (error.code === 'SYSTEMERROR')
        return { error: 'KAFKA_STORAGE_ERROR', message: said`The ensemble could not store it; its disk may be full.` }
      if (error.code === 'BADARGUMENTS')
        return {
          error: 'INVALID_REQUEST',
          message: said`These configs are too large to be stored. Nothing was changed.`
        }
      const message = said`The ensemble did not answer (${error.message}): whether the change was made is not known. Look, and try again.`
      return { error: 'UNKNOWN_SERVER_ERROR', message }
    }
  }

  async #store({
    entity,
    kind,
    changes,
    replacesAll,
    validateOnly
  }: ConfigAlteration): Promise<ConfigRefusal | undefined> {
    const path = configPath(entity)
    for (let attempt = 1; ; attempt++) {
      const stored = await this.#ensemble.getData(path)
      const before: TopicConfigs = replacesAll || stored === undefined ? {} : parseConfig(stored.data)
      const after = changedConfigs(before, changes, kind)
      if ('error' in after) return after
      if (validateOnly) return undefined
      try {
        const data = configData(after.configs)
        // Together: what is stored and told to nobody would hold from the next restart on.
        await this.#ensemble.multi([
          stored === undefined
            ? { type: 'create', path, data }
            : { type: 'setData', path, data, version: stored.stat.version },
          { type: 'create', path: paths.newConfigChange, data: configChangeData(entity), sequential: true }
        ])
        return undefined
      } catch (error) {
        const isOvertaken = error instanceof EnsembleError && overtaken.includes(error.code)
        if (!isOvertaken || attempt >= attemptsMax) throw error
        ignore(error, 'somebody else changed them: read again')
      }
    }
  }
}

/** What a write fails with when somebody else was there before. */
const overtaken: readonly string[] = ['BADVERSION', 'NODEEXISTS', 'NONODE']
