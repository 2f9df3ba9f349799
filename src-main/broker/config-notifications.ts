/**
 * Config changes as brokers tell each other of them (Kafka's ZkNodeChangeNotificationListener): whoever changes configs
 * adds a numbered znode below /config/changes that names the entity, and every broker watches their list. Znodes are
 * taken away again by whoever adds one; a broker that finds a gap in the numbers, since it was away, reads everything
 * anew.
 */
import { ignore } from '../kernel/errors'
import type { Log } from '../kernel/ports'
import { EnsembleError, type EnsembleClient } from '../coordination/ensemble-client'
import { deleteIfThere } from './controller-writes'
import { configChangeData, parseConfigChange, paths, type ConfigEntity } from './core/znodes'

/** So many are left when there were twice as many: listing them is work for every broker. */
const notificationsKept = 100

export interface ConfigListener {
  readonly changed: (entity: ConfigEntity) => Promise<void>
  /** It is not known what changed: anything may have. */
  readonly anything: () => Promise<void>
}

export class ConfigNotifications {
  readonly #ensemble: EnsembleClient
  readonly #log: Log
  readonly #listener: ConfigListener
  /** Number of the newest that was seen; undefined before the first look. */
  #seen: number | undefined
  #reading: Promise<void> | undefined
  #isDue = false
  /** One function for good, so that arming it twice is arming it once. */
  readonly #onChange = (): void => this.look()

  constructor(ports: { readonly ensemble: EnsembleClient; readonly log: Log }, listener: ConfigListener) {
    this.#ensemble = ports.ensemble
    this.#log = ports.log
    this.#listener = listener
  }

  /** Looks now, and whenever something is added. Call again after a new session: a lost connection is noticed so, too. */
  look(): void {
    this.#isDue = true
    this.#reading ??= this.#readAll().finally(() => (this.#reading = undefined))
  }

  async #readAll(): Promise<void> {
    while (this.#isDue) {
      this.#isDue = false
      try {
        await this.#read()
      } catch (error) {
        if (!(error instanceof EnsembleError)) throw error
        // The next connection begins with a look.
        ignore(error, 'looked at again when the ensemble is back')
      }
    }
  }

  async #read(): Promise<void> {
    const listed = await this.#ensemble.getChildren(paths.configChanges, this.#onChange)
    const numbers = (listed?.children ?? []).flatMap((name) => numberOf(name) ?? []).sort((a, b) => a - b)
    const seen = this.#seen
    const newest = Math.max(seen ?? -1, numbers.at(-1) ?? -1)
    const isFirst = seen === undefined
    const fresh = numbers.filter((number) => number > (seen ?? -1))
    const hasGap = seen !== undefined && fresh.length > 0 && (fresh[0] ?? 0) > seen + 1
    if (isFirst || hasGap) await this.#listener.anything()
    else for (const number of fresh) await this.#tell(number)
    this.#seen = newest
  }

  async #tell(number: number): Promise<void> {
    const path = paths.configChange(number)
    const znode = await this.#ensemble.getData(path)
    if (znode === undefined) {
      await this.#listener.anything()
      return
    }
    const entity = parseConfigChange(znode.data)
    if (entity === undefined) this.#log('warn', 'a notification of a config change cannot be read', { path })
    else await this.#listener.changed(entity)
  }

  /** Tells every broker, this one before it resolves: whoever asked for the change sees it here. Rejects with EnsembleError. */
  async announce(entity: ConfigEntity): Promise<void> {
    await this.#ensemble.create(paths.newConfigChange, configChangeData(entity), { sequential: true })
    await this.#listener.changed(entity)
    const listed = await this.#ensemble.getChildren(paths.configChanges)
    const numbers = (listed?.children ?? []).flatMap((name) => numberOf(name) ?? []).sort((a, b) => a - b)
    if (numbers.length <= 2 * notificationsKept) return
    for (const number of numbers.slice(0, -notificationsKept))
      await deleteIfThere(this.#ensemble, paths.configChange(number))
  }
}

function numberOf(name: string): number | undefined {
  const digits = /^config_change_(\d{10})$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
