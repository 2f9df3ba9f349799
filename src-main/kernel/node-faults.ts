/**
 * What is made to go wrong in a node, on purpose: told to its process, obeyed by its adapters, gone with the process.
 * Times are ms. A link is looked after by whichever of its ends made the connection, for both directions.
 */
import type { Address } from './ports'

/** One direction of a link. */
export interface LinkLeg {
  /** Nothing arrives, no end of a connection either, until it is healed. */
  readonly isCut: boolean
  readonly delayMs: number
  /** Of each 16 KiB, as TCP sees it: what is lost is sent again after 200 ms, then twice as long each time. */
  readonly lossPercent: number
}

export interface LinkFaults {
  readonly peer: Address
  readonly outward: LinkLeg
  readonly inward: LinkLeg
}

export interface NodeFaults {
  /** Links that are not named are whole. */
  readonly links: readonly LinkFaults[]
  readonly refusesClients: boolean
  /** Each write and each sync of a file takes so much longer. */
  readonly diskDelayMs: number
  readonly isDiskFull: boolean
  /** The wall clock is so far ahead; behind when negative. */
  readonly clockSkewMs: number
}

export const wholeLeg: LinkLeg = { isCut: false, delayMs: 0, lossPercent: 0 }

export const noFaults: NodeFaults = {
  links: [],
  refusesClients: false,
  diskDelayMs: 0,
  isDiskFull: false,
  clockSkewMs: 0
}

/** The faults of a node as they are now, and whoever wants to know when they change. */
export class FaultSwitch {
  #now: NodeFaults
  readonly #listeners = new Set<() => void>()

  constructor(now: NodeFaults = noFaults) {
    this.#now = now
  }

  get now(): NodeFaults {
    return this.#now
  }

  /** Returns when everybody has been told. */
  set(faults: NodeFaults): void {
    this.#now = faults
    for (const changed of [...this.#listeners]) changed()
  }

  /** Returns what takes the listener off again. */
  onChange(changed: () => void): () => void {
    this.#listeners.add(changed)
    return () => this.#listeners.delete(changed)
  }
}
