/**
 * What the ensemble says of brokers and controller, kept current by watches: a broker's death is known when its session
 * ends, not a second later. Without a connection nothing is known (null); a session that expired is begun anew.
 */
import { EnsembleError, type EnsembleClient } from '../coordination/ensemble-client'
import { ignore, messageOf } from '../kernel/errors'
import type { Clock, Log } from '../kernel/ports'
import type { EnsembleFacts } from './core/snapshot'

const brokerIdsPath = '/brokers/ids'
const controllerPath = '/controller'
const controllerEpochPath = '/controller_epoch'
/** A znode that is not there yet, or a request that failed, is asked for again after this. */
const retryMs = 1000

export interface EnsembleWatchPorts {
  readonly client: EnsembleClient
  readonly clock: Clock
  readonly log: Log
  readonly changed: (before: EnsembleFacts | null, after: EnsembleFacts | null) => void
}

export class EnsembleWatch {
  readonly #ports: EnsembleWatchPorts
  #facts: EnsembleFacts | null = null
  #isReading = false
  #isStale = false
  #isStopped = false
  /** One function for good: armed twice it is armed once, and nothing grows while the ensemble is read again and again. */
  readonly #watcher = (): void => this.#changed()

  constructor(ports: EnsembleWatchPorts) {
    this.#ports = ports
  }

  get facts(): EnsembleFacts | null {
    return this.#facts
  }

  start(): void {
    const { client } = this.#ports
    client.onSession((event) => {
      if (event === 'connected') this.#changed()
      else this.#told(null)
      if (event === 'expired' && !this.#isStopped) client.start()
    })
    client.start()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#ports.client.close()
  }

  /** One reading at a time; what changes meanwhile is read once more. */
  #changed(): void {
    this.#isStale = true
    if (this.#isReading || this.#isStopped) return
    this.#isReading = true
    void this.#read()
  }

  async #read(): Promise<void> {
    while (this.#isStale && !this.#isStopped) {
      this.#isStale = false
      try {
        this.#told(await this.#readFacts())
      } catch (error) {
        if (!(error instanceof EnsembleError)) throw error
        this.#ports.log('debug', 'the ensemble could not be read', { reason: messageOf(error) })
        ignore(error, 'told as unknown; asked again when connected, or after a while')
        this.#told(null)
        this.#later()
      }
    }
    this.#isReading = false
  }

  async #readFacts(): Promise<EnsembleFacts | null> {
    const { client } = this.#ports
    // exists() leaves a watch also where there is no znode yet.
    const [brokers, controllerStat, epochStat] = await Promise.all([
      client.getChildren(brokerIdsPath, this.#watcher),
      client.exists(controllerPath, this.#watcher),
      client.exists(controllerEpochPath, this.#watcher)
    ])
    if (brokers === undefined) {
      this.#later()
      return null
    }
    const [controller, epoch] = await Promise.all([
      controllerStat === undefined ? undefined : client.getData(controllerPath),
      epochStat === undefined ? undefined : client.getData(controllerEpochPath)
    ])
    return {
      brokerIds: brokers.children
        .map(Number)
        .filter((id) => Number.isSafeInteger(id))
        .sort((a, b) => a - b),
      controllerId: controllerIdOf(controller?.data ?? null),
      controllerEpoch: wholeNumberOf(epoch?.data ?? null)
    }
  }

  #later(): void {
    this.#ports.clock.after(retryMs, () => {
      if (this.#ports.client.state === 'connected') this.#changed()
    })
  }

  #told(facts: EnsembleFacts | null): void {
    const before = this.#facts
    this.#facts = facts
    if (before !== null || facts !== null) this.#ports.changed(before, facts)
  }
}

const decoder = new TextDecoder()

function controllerIdOf(data: Uint8Array | null): number | null {
  if (data === null) return null
  try {
    const value: unknown = JSON.parse(decoder.decode(data))
    const id = typeof value === 'object' && value !== null && 'brokerid' in value ? value.brokerid : undefined
    return typeof id === 'number' ? id : null
  } catch (error) {
    ignore(error, 'a znode that is none of Kafka’s names no controller')
    return null
  }
}

function wholeNumberOf(data: Uint8Array | null): number | null {
  const text = data === null ? '' : decoder.decode(data)
  return /^\d{1,10}$/.test(text) ? Number(text) : null
}
