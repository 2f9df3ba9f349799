/**
 * Which brokers the cluster knows, as it is told of by two observers: the controller, which acts on it, and the monitor,
 * which watches the ensemble, and is all there is when a controller dies. Each coming and going is told once, by whoever
 * saw it first, and before the elections that follow from it.
 */
import type { ClusterEvent } from '../api/views'

type Told = Omit<ClusterEvent, 'id'>

export class BrokerPresence {
  readonly #isKnown = new Map<string, boolean>()

  /**
   * What is to be told of it: nothing when it was told before. `isAskedToEnd`: whoever went was stopped, which ends its session
   * in order; an observer from outside cannot tell this from an expired one.
   */
  tell(event: Told, isAskedToEnd: (node: string) => boolean): readonly Told[] {
    const { code, subject, params } = event
    if (code === 'brokerRegistered') return this.#become(subject, true) ? [event] : []
    if (code === 'brokerSessionExpired' || code === 'brokerLeft') {
      if (!this.#become(subject, false)) return []
      if (code === 'brokerLeft' || subject === null || !isAskedToEnd(subject)) return [event]
      return [{ ...event, code: 'brokerLeft', level: 'stopped' }]
    }
    const { broker } = params
    const isOfDeath = code === 'partitionsElected' && params['cause'] === 'died' && typeof broker === 'string'
    if (!isOfDeath || !this.#become(broker, false)) return [event]
    const gone = { code: 'brokerSessionExpired', level: 'critical', kind: 'cluster', subject: broker } as const
    return [{ atMs: event.atMs, ...gone, params: {} }, event]
  }

  /** False: it is known to be so. */
  #become(node: string | null, isKnown: boolean): boolean {
    if (node === null || this.#isKnown.get(node) === isKnown) return false
    this.#isKnown.set(node, isKnown)
    return true
  }
}
