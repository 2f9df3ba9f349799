/**
 * What members of consumer groups were told, held against what a coordinator owes them: one generation, one owner of a partition;
 * commits of generations that are over are refused; and what is committed is a register, of which nobody is told a value that another
 * one has replaced before it was asked. A commit nobody answered may or may not be there, until a newer generation was handed out:
 * both lie in one log, in this order.
 */
import type { Anomaly, AnomalyKind, HistoryEntry } from './history-checker'

/** A member is about to ask for what it has in a generation (SyncGroup). */
export interface SyncAsked {
  readonly type: 'syncAsked'
  readonly group: string
  /** Of this one question. */
  readonly asked: string
}
/** It was told. */
export interface Assigned {
  readonly type: 'assigned'
  readonly group: string
  /** Its group.instance.id, if it has one: under that it keeps what it has when it comes back with another member id (KIP-345). */
  readonly member: string
  readonly generation: number
  readonly protocol: string
  readonly partitions: readonly string[]
  readonly asked: string
}
/** A member of a generation is about to commit. */
export interface MemberCommits {
  readonly type: 'memberCommits'
  readonly group: string
  readonly partition: string
  readonly generation: number
  readonly offset: number
  readonly asked: string
}
/** What it was told of that. Nothing, or an error that leaves it open: it may or may not be there. */
export interface MemberCommitted {
  readonly type: 'memberCommitted'
  readonly group: string
  readonly partition: string
  readonly outcome: 'taken' | 'refused'
  readonly asked: string
}
/** Somebody is about to ask what is committed (OffsetFetch). */
export interface OffsetAsked {
  readonly type: 'offsetAsked'
  readonly group: string
  readonly partition: string
  readonly asked: string
}
/** And was told; -1: nothing is. */
export interface OffsetTold {
  readonly type: 'offsetTold'
  readonly group: string
  readonly partition: string
  readonly offset: number
  readonly asked: string
}
export type GroupEntry = SyncAsked | Assigned | MemberCommits | MemberCommitted | OffsetAsked | OffsetTold

export function checkGroups(entries: readonly HistoryEntry[]): readonly Anomaly[] {
  return [...checkGenerations(entries), ...checkOffsets(entries)]
}

const anomaly = (kind: AnomalyKind, partition: string, offsets: readonly number[], what: string): Anomaly => ({
  kind,
  partition,
  offsets,
  what
})

interface Generation {
  readonly protocol: string
  /** By partition. */
  readonly owners: Map<string, string>
  /** What each member was told, as text. */
  readonly told: Map<string, string>
}

function checkGenerations(entries: readonly HistoryEntry[]): readonly Anomaly[] {
  const generations = new Map<string, Generation>()
  const newest = new Map<string, number>()
  const newestWhenAsked = new Map<string, number>()
  const found: Anomaly[] = []
  for (const entry of entries) {
    if (entry.type === 'syncAsked') newestWhenAsked.set(entry.asked, newest.get(entry.group) ?? -1)
    if (entry.type !== 'assigned') continue
    const { group, member, generation: id, protocol, partitions, asked } = entry
    const known = newestWhenAsked.get(asked) ?? -1
    if (id < known)
      found.push(
        anomaly(
          'generationWentBack',
          group,
          [],
          `${member} is told of generation ${id} of ${group}, which was at ${known}`
        )
      )
    newest.set(group, Math.max(newest.get(group) ?? -1, id))
    const key = `${group} ${id}`
    const generation = generations.get(key) ?? { protocol, owners: new Map(), told: new Map() }
    generations.set(key, generation)
    if (generation.protocol !== protocol)
      found.push(
        anomaly('twoProtocols', group, [], `generation ${id} has ${generation.protocol}, and ${protocol} for ${member}`)
      )
    const before = generation.told.get(member)
    const now = partitions.join()
    if (before !== undefined && before !== now)
      found.push(
        anomaly(
          'assignedTwice',
          group,
          [],
          `${member} had ${before || 'nothing'} in generation ${id}, and now ${now || 'nothing'}`
        )
      )
    generation.told.set(member, now)
    for (const partition of partitions) {
      const owner = generation.owners.get(partition) ?? member
      generation.owners.set(partition, owner)
      if (owner !== member)
        found.push(anomaly('assignedTwice', partition, [], `${owner} and ${member} both have it in generation ${id}`))
    }
  }
  return found
}

interface Write {
  readonly offset: number
  readonly generation: number
  readonly askedAt: number
  /** By then it is there, or never will be. */
  endsAt: number
  /** It is there: somebody was told. */
  isCertain: boolean
}

interface Register {
  readonly writes: Write[]
  readonly byQuestion: Map<string, Write>
  readonly reads: Map<string, number>
}

function checkOffsets(entries: readonly HistoryEntry[]): readonly Anomaly[] {
  const registers = new Map<string, Map<string, Register>>()
  const newest = new Map<string, number>()
  const found: Anomaly[] = []
  const refused = new Set<string>()
  for (const entry of entries)
    if (entry.type === 'memberCommitted' && entry.outcome === 'refused')
      refused.add(`${entry.asked} ${entry.partition}`)
  const registerOf = (group: string, partition: string): Register => {
    const ofGroup = registers.get(group) ?? new Map<string, Register>()
    registers.set(group, ofGroup)
    const register = ofGroup.get(partition) ?? {
      writes: [{ offset: -1, generation: -1, askedAt: -1, endsAt: -1, isCertain: true }],
      byQuestion: new Map(),
      reads: new Map()
    }
    ofGroup.set(partition, register)
    return register
  }
  for (const [at, entry] of entries.entries()) {
    switch (entry.type) {
      case 'assigned': {
        const { group, generation } = entry
        if (generation <= (newest.get(group) ?? -1)) break
        newest.set(group, generation)
        for (const { writes } of registers.get(group)?.values() ?? [])
          for (const write of writes) if (write.generation < generation) write.endsAt = Math.min(write.endsAt, at)
        break
      }
      case 'memberCommits': {
        const { group, partition, generation, offset, asked } = entry
        const { writes, byQuestion } = registerOf(group, partition)
        const isOver = generation < (newest.get(group) ?? -1)
        const write: Write = { offset, generation, askedAt: at, endsAt: isOver ? at : Infinity, isCertain: false }
        byQuestion.set(asked, write)
        if (!isOver && !refused.has(`${asked} ${partition}`)) writes.push(write)
        break
      }
      case 'memberCommitted': {
        const { group, partition, asked, outcome } = entry
        const write = registerOf(group, partition).byQuestion.get(asked)
        if (write === undefined || outcome === 'refused') break
        if (write.endsAt <= write.askedAt)
          found.push(
            anomaly(
              'staleCommit',
              partition,
              [write.offset],
              `${group} takes it from generation ${write.generation}, though generation ${newest.get(group)} was handed out before`
            )
          )
        write.endsAt = Math.min(write.endsAt, at)
        write.isCertain = true
        break
      }
      case 'offsetAsked':
        registerOf(entry.group, entry.partition).reads.set(entry.asked, at)
        break
      case 'offsetTold': {
        const register = registerOf(entry.group, entry.partition)
        const problem = toldProblem(register, entry, register.reads.get(entry.asked) ?? at, at)
        if (problem !== undefined) found.push(problem)
        break
      }
    }
  }
  return found
}

function toldProblem({ writes }: Register, told: OffsetTold, askedAt: number, at: number): Anomaly | undefined {
  const { group, partition, offset } = told
  let latest: Write | undefined
  for (const write of writes)
    if (write.isCertain && write.endsAt < askedAt && write.askedAt > (latest?.askedAt ?? -2)) latest = write
  const candidates = writes.filter((write) => write.offset === offset && write.endsAt >= (latest?.askedAt ?? -1))
  const [only] = candidates
  if (only === undefined)
    return anomaly(
      'commitWentBack',
      partition,
      [offset, latest?.offset ?? -1],
      `${group} had committed ${latest?.offset ?? 'nothing'}, and is told ${offset}`
    )
  if (candidates.length === 1) {
    only.isCertain = true
    only.endsAt = Math.min(only.endsAt, at)
  }
  return undefined
}
