import type { RegisterRecord } from './register-record'

/** What all clients together have been told: real time is the same for all of them. */
export class ToldToAll {
  /** Of each register the newest version that an answered write, or a read after a sync, told of. */
  readonly versions = new Map<string, number>()
  /** The highest number of a sequential znode. */
  sequence = -1
  /** Values that were refused: nobody must ever see them. */
  readonly refused = new Set<string>()
  readonly registers: RegisterRecord
  /** Znodes that are there for good. */
  readonly created = new Map<string, string>()

  constructor(registers: RegisterRecord) {
    this.registers = registers
  }
}
