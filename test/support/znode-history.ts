/**
 * What clients of an ensemble did to one znode and were told of it, as histories of objects that exist once (linearizability.ts):
 * its data, the names of its children, and the numbers of its sequential children. Only reads behind a sync belong there: without
 * one a client is shown what its member has (ZooKeeper Programmer's Guide, "Consistency Guarantees").
 */
import type { Operation, SequentialObject } from './linearizability'

export type RegisterCall =
  | { readonly type: 'read'; readonly value: string; readonly version: number }
  /** Sets it, wherever it is or at version `at`. `version`: what it was told; undefined: nothing. Each value is set once. */
  | { readonly type: 'set'; readonly value: string; readonly at?: number; readonly version?: number }
  /** It was told that the znode is not at this version. */
  | { readonly type: 'refused'; readonly at: number }

/** `version value`; begins as somebody made it. */
export function register(value: string): SequentialObject<string, RegisterCall> {
  return {
    initial: `0 ${value}`,
    after: (state, call) => {
      const version = parseInt(state, 10)
      switch (call.type) {
        case 'read':
          return state === `${call.version} ${call.value}` ? state : undefined
        case 'refused':
          return version === call.at ? undefined : state
        case 'set':
          if (call.at !== undefined && call.at !== version) return undefined
          return call.version === undefined || call.version === version + 1 ? `${version + 1} ${call.value}` : undefined
      }
    },
    changes: ({ type }) => type === 'set',
    told: (call) => {
      if (call.type === 'read') return `reads version ${call.version}, ${call.value}`
      if (call.type === 'refused') return `is told that it is not at version ${call.at}`
      const where = call.at === undefined ? '' : ` at version ${call.at}`
      return `sets ${call.value}${where}${call.version === undefined ? '' : ` and is told ${call.version}`}`
    },
    isPast: (state, call) => call.type === 'set' && call.at !== undefined && call.at < parseInt(state, 10),
    likeness: (call) => (call.type === 'set' && call.value === neverSeen ? `set ${call.at}` : undefined)
  }
}

/** Of a write without an answer that nobody read. */
const neverSeen = '(never read)'

/** A write without an answer that somebody read had happened by the end of that read, as the version that it told. */
export function registerHistory(operations: readonly Operation<RegisterCall>[]): readonly Operation<RegisterCall>[] {
  const reads = new Map<string, { readonly version: number; ended: number }>()
  for (const { call, ended } of operations) {
    if (call.type !== 'read') continue
    const known = reads.get(call.value)
    if (known === undefined) reads.set(call.value, { version: call.version, ended })
    else known.ended = Math.min(known.ended, ended)
  }
  return operations.map((operation) => {
    const { call, ended } = operation
    if (call.type !== 'set' || ended < Infinity) return operation
    const read = reads.get(call.value)
    return read === undefined
      ? { ...operation, call: { ...call, value: neverSeen } }
      : { ...operation, call: { ...call, version: read.version }, ended: read.ended }
  })
}

export type SetCall =
  /** Each name is added once. */
  { readonly type: 'add'; readonly name: string } | { readonly type: 'list'; readonly names: readonly string[] }

/** How many there are, and the sum of numbers made of their names: two sets that differ are taken for one once in 2^52. */
export const growingSet: SequentialObject<string, SetCall> = {
  initial: '0 0',
  after: (state, call) => {
    if (call.type === 'list') return state === setState(call.names) ? state : undefined
    const [count, sum] = state.split(' ').map(Number) as [number, number]
    return `${count + 1} ${(sum + numberOf(call.name)) % sumLimit}`
  },
  changes: ({ type }) => type === 'add',
  told: (call) => (call.type === 'add' ? `adds ${call.name}` : `lists ${call.names.length}`)
}

/** An addition without an answer had happened by the end of the first list with it; one that is in no list changes none. */
export function setHistory(operations: readonly Operation<SetCall>[]): readonly Operation<SetCall>[] {
  const listed = new Map<string, number>()
  for (const { call, ended } of operations)
    if (call.type === 'list')
      for (const name of call.names) listed.set(name, Math.min(ended, listed.get(name) ?? Infinity))
  return operations.flatMap((operation) => {
    const { call } = operation
    if (call.type !== 'add' || operation.ended < Infinity) return [operation]
    const ended = listed.get(call.name)
    return ended === undefined ? [] : [{ ...operation, ended }]
  })
}

const sumLimit = 2 ** 52

function setState(names: readonly string[]): string {
  let sum = 0
  for (const name of names) sum = (sum + numberOf(name)) % sumLimit
  return `${names.length} ${sum}`
}

/** Two hashes of 26 bits (FNV-1a with two bases), side by side. */
function numberOf(name: string): number {
  let [high, low] = [0x811c9dc5, 0x2f0b4a27]
  for (let i = 0; i < name.length; i++) {
    high = Math.imul(high ^ name.charCodeAt(i), 0x01000193)
    low = Math.imul(low ^ name.charCodeAt(i), 0x01000193)
  }
  return (high >>> 6) * 2 ** 26 + (low >>> 6)
}

/** A sequential child. Its number; undefined: nothing was told. */
export interface SequenceCall {
  readonly token: string
  readonly number?: number
}

/** The number of the next one. */
export const sequence: SequentialObject<number, SequenceCall> = {
  initial: 0,
  after: (next, { number }) => (number === undefined || number === next ? next + 1 : undefined),
  changes: () => true,
  told: ({ token, number }) => `makes ${token}${number === undefined ? '' : ` and is told ${number}`}`,
  likeness: () => 'made'
}

/**
 * `found`: tokens and numbers of all that are there at the end, where none was ever deleted. Who is among them without having
 * been told was made by then; who is not never was.
 */
export function sequenceHistory(
  operations: readonly Operation<SequenceCall>[],
  found: { readonly numbers: ReadonlyMap<string, number>; readonly ended: number }
): readonly Operation<SequenceCall>[] {
  return operations.flatMap((operation) => {
    if (operation.ended < Infinity) return [operation]
    const number = found.numbers.get(operation.call.token)
    return number === undefined ? [] : [{ ...operation, call: { ...operation.call, number }, ended: found.ended }]
  })
}
