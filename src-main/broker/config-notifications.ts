/**
 * Config changes as brokers tell each other of them (Kafka's ZkNodeChangeNotificationListener): whoever changes configs
 * adds a numbered znode below /config/changes that names the entity, and every broker watches their list. Znodes are
 * taken away again by whoever adds one; a broker that finds a gap in the numbers, since it was away, reads everything
 * anew.
 */
import { ignore } from '../kernel/errors'
import type { Clock, Log, Timer } from '../kernel/ports'
import { EnsembleError, isPassing, type EnsembleClient } from '../coordination/ensemble-client'
import { deleteIfThere } from './controller/controller-writes'
import { parseConfigChange, paths, type ConfigEntity } from './core/znodes'

/** So many are left when there were twice as many: listing them is work for every broker. */
const notificationsKept = 100
/** After an error of the ensemble that no new connection follows. */
const retryMs = 2000

export interface ConfigListener {
  readonly changed: (entity: ConfigEntity) => Promise<void>
  /** It is not known what changed: anything may have. */
  readonly anything: () => Promise<void>
}

export interface NotificationPorts {
  readonly ensemble: EnsembleClient
  readonly clock: Clock
  readonly log: Log
  /** A programmer error, or a disk that failed: the process decides. */
  readonly failed: (error: unknown) => void
}

export class ConfigNotifications {
  readonly #ports: NotificationPorts
  readonly #listener: ConfigListener
  /** Number of the newest that was seen. */
  #seen = -1
  #reading: Promise<void> | undefined
  #isDue = false
  #retry: Timer | undefined
  /** One function for good, so that arming it twice is arming it once. */
  readonly #onChange = (): void => this.look()

  constructor(ports: NotificationPorts, listener: ConfigListener) {
    this.#ports = ports
    this.#listener = listener
  }

  /** What was announced so far need not be told: the owner reads everything next. Rejects with EnsembleError. */
  async begin(): Promise<void> {
    this.#seen = (await this.#numbers(this.#onChange)).at(-1) ?? -1
  }

  /** Looks now, and whenever something is added. To be called when a connection is back: its watch may be gone. */
  look(): void {
    this.#retry?.cancel()
    this.#isDue = true
    this.#reading ??= this.#readAll()
      .catch(this.#ports.failed)
      .finally(() => (this.#reading = undefined))
  }

  stop(): void {
    this.#retry?.cancel()
  }

  async #readAll(): Promise<void> {
    while (this.#isDue) {
      this.#isDue = false
      try {
        await this.#read()
      } catch (error) {
        if (!(error instanceof EnsembleError)) throw error
        this.#ports.log('warn', 'config changes could not be read', { reason: error.message })
        if (!isPassing(error)) this.#retry = this.#ports.clock.after(retryMs, () => this.look())
        // Otherwise the next connection begins with a look.
      }
    }
  }

  async #read(): Promise<void> {
    const fresh = (await this.#numbers(this.#onChange)).filter((number) => number > this.#seen)
    const [oldest] = fresh
    const newest = fresh.at(-1)
    if (oldest === undefined || newest === undefined) return
    if (oldest > this.#seen + 1) await this.#listener.anything()
    else for (const number of fresh) await this.#tell(number)
    this.#seen = newest
  }

  /** Ascending. */
  async #numbers(watcher?: () => void): Promise<readonly number[]> {
    const listed = await this.#ports.ensemble.getChildren(paths.configChanges, watcher)
    return (listed?.children ?? []).flatMap((name) => numberOf(name) ?? []).sort((a, b) => a - b)
  }

  async #tell(number: number): Promise<void> {
    const path = paths.configChange(number)
    const znode = await this.#ports.ensemble.getData(path)
    if (znode === undefined) {
      await this.#listener.anything()
      return
    }
    const entity = parseConfigChange(znode.data)
    if (entity === undefined) this.#ports.log('warn', 'a notification of a config change cannot be read', { path })
    else await this.#listener.changed(entity)
  }

  /**
   * This broker has announced a change: it obeys before this resolves, so that whoever asked for it sees it here. What the
   * ensemble keeps it from now follows with the next look: the change itself is made.
   */
  async announced(entity: ConfigEntity): Promise<void> {
    try {
      await this.#listener.changed(entity)
      const numbers = await this.#numbers()
      if (numbers.length <= 2 * notificationsKept) return
      for (const number of numbers.slice(0, -notificationsKept))
        await deleteIfThere(this.#ports.ensemble, paths.configChange(number))
    } catch (error) {
      if (!(error instanceof EnsembleError)) throw error
      ignore(error, 'the change is stored and announced')
    }
  }
}

function numberOf(name: string): number | undefined {
  const digits = /^config_change_(\d{10})$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
