/**
 * Which cluster this is: its id, once it is known. Ports of a node that is down may be another program's by now, another
 * cluster's even; what answers with another id is not ours.
 */
import type { Uuid } from './uuid'

export class ClusterIdentity {
  #id: Uuid | undefined
  readonly #learned: (id: Uuid) => void

  /** `known` from an earlier run; `learned` is called once, with the first id that is seen. */
  constructor(known: Uuid | undefined, learned: (id: Uuid) => void) {
    this.#id = known
    this.#learned = learned
  }

  /** False for another cluster. A cluster that tells no id is taken for the one that is known. */
  admits(id: Uuid | null | undefined): boolean {
    if (id === null || id === undefined) return true
    if (this.#id === undefined) {
      this.#id = id
      this.#learned(id)
    }
    return this.#id === id
  }
}
