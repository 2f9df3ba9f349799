/**
 * A consumer in a group, as real ones are: it joins, shares out when it leads, reads from what is committed, commits forward and says
 * that it lives. Now and then it leaves, dies without a word and comes back, or does nothing for so long that the others go on without it,
 * and then commits all the same.
 */
import type { HistoryEntry } from '../../chaos/history-checker'
import type { SimRandom } from '../world/sim-random'
import { GroupClient, type Identity, type Said } from './group-client'
import { recordsIn } from './replica-log'
import type { SimClient } from './sim-client'
import { groupId, nameOf, type SimCluster } from './sim-cluster'

const retryMs = 50
const pollMs = 30
const quietPollMs = 150
const heartbeatMs = 300
/** Of a hundred rounds each. */
const fates = { leaves: 2, dies: 2, isSlow: 5 }
/** Of a hundred calls to join again. */
const finishesFirst = 40
const awayMaxMs = 2_000
/** Longer than a rebalance waits for it. */
const slowMaxMs = 3_000
/** The answer to what is asked of a coordinator that is none, or none yet. */
const retriable: ReadonlySet<Said> = new Set([
  'nothing',
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'REQUEST_TIMED_OUT',
  'UNKNOWN_TOPIC_OR_PARTITION'
])
/** It is no member of this generation (any more), and certainly nothing was done. */
const isRefusal: ReadonlySet<Said> = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
  'REBALANCE_IN_PROGRESS'
])
const nobody = { memberId: '', generationId: -1 }

export interface MemberPorts {
  readonly cluster: SimCluster
  readonly random: SimRandom
  readonly entry: (entry: HistoryEntry) => void
  readonly told: (who: string, what: string) => void
  readonly violated: (what: string) => void
  /** It does what it does for good: it does not leave, die or sleep any more. */
  readonly isSettling: () => boolean
  /** Of one question, in the whole history. */
  readonly question: () => string
}

export class GroupMember {
  readonly #name: string
  readonly #ports: MemberPorts
  readonly #reads: SimClient
  readonly #wait: (ms: number) => Promise<void>
  readonly #group: GroupClient
  readonly #protocols: readonly string[]
  #identity: Identity
  #partitions: readonly number[] = []
  /** Where it reads on, and what of it it has committed. */
  readonly #positions = new Map<number, number>()
  readonly #committed = new Map<number, number>()
  #lastHeartbeatMs = 0
  #isStable = false

  /** `reads` for records, `asks` for the coordinator, as real clients have connections of their own. */
  constructor(
    name: string,
    groupInstanceId: string | null,
    clients: { readonly reads: SimClient; readonly asks: SimClient },
    ports: MemberPorts
  ) {
    this.#name = name
    this.#ports = ports
    this.#reads = clients.reads
    this.#wait = (ms) => clients.reads.wait(ms)
    this.#group = new GroupClient(clients.asks)
    this.#identity = { ...nobody, groupInstanceId }
    this.#protocols = ports.random.below(2) === 0 ? ['range', 'roundrobin'] : ['roundrobin', 'range']
  }

  /** What it has in the generation whose coordinator has said last that all is well; undefined in between. */
  get stable(): { readonly generationId: number; readonly partitions: readonly number[] } | undefined {
    return this.#isStable ? { generationId: this.#identity.generationId, partitions: this.#partitions } : undefined
  }

  async run(): Promise<void> {
    while (!this.#reads.isClosed) {
      this.#isStable = false
      if ((await this.#join()) && (await this.#seek())) await this.#consume()
      else await this.#wait(retryMs)
    }
  }

  // ── membership ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Whether it has a share in a generation. */
  async #join(): Promise<boolean> {
    const { said, answer } = await this.#group.join(this.#identity, this.#protocols)
    if (said === 'MEMBER_ID_REQUIRED') {
      this.#identity = { ...this.#identity, memberId: answer?.memberId ?? '' }
      return this.#join()
    }
    if (said !== 'NONE' || answer === undefined) return this.#isOut('JoinGroup', said)
    const { memberId, generationId, protocolName, leader, members, skipAssignment } = answer
    this.#identity = { ...this.#identity, memberId, generationId }
    const isSharing = leader === memberId && !skipAssignment
    const shares = isSharing ? this.#share(members) : new Map<string, string>()
    const asked = this.#ports.question()
    this.#ports.entry({ type: 'syncAsked', group: groupId, asked })
    const synced = await this.#group.sync(this.#identity, protocolName, shares)
    if (synced.said !== 'NONE') return this.#isOut('SyncGroup', synced.said)
    this.#partitions = synced.assignment === '' ? [] : synced.assignment.split(',').map(Number)
    this.#ports.entry({
      type: 'assigned',
      group: groupId,
      member: this.#identity.groupInstanceId ?? memberId,
      generation: generationId,
      protocol: synced.protocolName,
      partitions: this.#partitions.map(nameOf),
      asked
    })
    this.#lastHeartbeatMs = this.#nowMs()
    return true
  }

  /** One partition after the other, to one member after the other. */
  #share(members: readonly { readonly memberId: string }[]): ReadonlyMap<string, string> {
    const { partitions } = this.#ports.cluster.options
    return new Map(
      members.map(({ memberId }, place) => {
        const own = Array.from({ length: partitions }, (_, partition) => partition)
        return [memberId, own.filter((partition) => partition % members.length === place).join()]
      })
    )
  }

  /** Always false: what it has to do next is to join, as whoever it is by then. */
  #isOut(what: string, said: Said): false {
    this.#ports.told(this.#name, `${what} is answered ${said}`)
    // One that is fenced is another process from then on; the name stays.
    if (said === 'UNKNOWN_MEMBER_ID' || said === 'FENCED_INSTANCE_ID') this.#forget()
    else if (!retriable.has(said) && !isRefusal.has(said) && said !== 'INCONSISTENT_GROUP_PROTOCOL')
      this.#ports.violated(`${this.#name} is told ${said} for ${what}`)
    return false
  }

  #forget(): void {
    this.#identity = { ...this.#identity, ...nobody }
  }

  #nowMs(): number {
    return this.#ports.cluster.clock.monotonicMs()
  }

  // ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Asks what is committed of what it has, until it is told or has asked often. */
  async #seek(): Promise<boolean> {
    this.#positions.clear()
    this.#committed.clear()
    for (let left = 5; left > 0 && this.#partitions.length > 0; left--) {
      const told = await askCommitted(this.#group, this.#partitions, this.#ports)
      for (const [partition, offset] of told ?? []) {
        this.#positions.set(partition, Math.max(0, offset))
        this.#committed.set(partition, offset)
        const at = { partition: nameOf(partition), offset: Math.max(0, offset) }
        this.#ports.entry({ type: 'sought', reader: this.#name, ...at })
      }
      if (told !== undefined) return true
      await this.#wait(retryMs)
    }
    return this.#partitions.length === 0
  }

  /** Until it has to join again. */
  async #consume(): Promise<void> {
    while (!this.#reads.isClosed) {
      if (!this.#ports.isSettling() && (await this.#meetsItsFate())) return
      for (const partition of this.#partitions) await this.#poll(partition)
      if (!(await this.#commit())) return
      if (this.#nowMs() - this.#lastHeartbeatMs >= heartbeatMs && !(await this.#heartbeat())) return
      await this.#wait(this.#ports.cluster.isQuiet ? quietPollMs : pollMs)
    }
  }

  /** Whether that was its end. */
  async #meetsItsFate(): Promise<boolean> {
    const { random } = this.#ports
    const fate = random.below(100)
    if (fate < fates.leaves) {
      this.#ports.told(this.#name, `leaves: ${await this.#group.leave(this.#identity)}`)
    } else if (fate < fates.leaves + fates.dies) {
      this.#ports.told(this.#name, 'dies')
    } else {
      if (fate < fates.leaves + fates.dies + fates.isSlow) {
        this.#ports.told(this.#name, 'does nothing')
        await this.#wait(random.below(slowMaxMs))
      }
      return false
    }
    this.#forget()
    await this.#wait(random.below(awayMaxMs))
    return true
  }

  async #poll(partition: number): Promise<void> {
    const leader = this.#reads.knownLeader(partition)
    if (leader === undefined) return this.#reads.learnLeaders()
    const from = this.#positions.get(partition) ?? 0
    const answer = await this.#reads.fetch(leader, partition, from, 0)
    if (answer?.error !== 'NONE') {
      if (answer?.error === 'OFFSET_OUT_OF_RANGE')
        this.#ports.violated(`${groupId} has committed ${from} of ${nameOf(partition)}, which is out of range`)
      return this.#reads.forgetLeader(partition)
    }
    for (const record of recordsIn(answer.records)) {
      if (record.offset < (this.#positions.get(partition) ?? 0)) continue
      this.#ports.entry({ type: 'read', reader: this.#name, partition: nameOf(partition), ...record })
      this.#positions.set(partition, record.offset + 1)
    }
  }

  /** Whether it may go on. */
  async #commit(): Promise<boolean> {
    const { entry, question } = this.#ports
    const due = new Map([...this.#positions].filter(([partition, to]) => to > (this.#committed.get(partition) ?? -1)))
    for (const [partition, to] of due) if (to === 0) due.delete(partition)
    if (due.size === 0) return true
    const asked = question()
    const { generationId: generation } = this.#identity
    for (const [partition, offset] of due)
      entry({ type: 'memberCommits', group: groupId, partition: nameOf(partition), generation, offset, asked })
    let mayGoOn = true
    for (const [partition, said] of await this.#group.commit(this.#identity, due)) {
      const answered = { type: 'memberCommitted', group: groupId, partition: nameOf(partition), asked } as const
      if (said === 'NONE') {
        entry({ ...answered, outcome: 'taken' })
        this.#committed.set(partition, due.get(partition) ?? 0)
        continue
      }
      if (isRefusal.has(said)) {
        entry({ ...answered, outcome: 'refused' })
        if (mayGoOn) this.#isOut('OffsetCommit', said)
        mayGoOn = false
      } else if (!retriable.has(said)) this.#ports.violated(`${this.#name} is told ${said} for OffsetCommit`)
      else this.#ports.told(this.#name, `OffsetCommit is answered ${said}`)
    }
    return mayGoOn
  }

  async #heartbeat(): Promise<boolean> {
    const said = await this.#group.heartbeat(this.#identity)
    this.#isStable = said === 'NONE'
    if (said === 'NONE') this.#lastHeartbeatMs = this.#nowMs()
    const { random, told, isSettling } = this.#ports
    if (said === 'REBALANCE_IN_PROGRESS' && !isSettling() && random.below(100) < finishesFirst) {
      // As a consumer that is still at what it was given: it commits that, perhaps when the others have gone on.
      told(this.#name, 'finishes first')
      await this.#wait(random.below(slowMaxMs))
      return true
    }
    return said === 'NONE' || retriable.has(said) || this.#isOut('Heartbeat', said)
  }
}

/** Undefined when nobody tells. */
export async function askCommitted(
  group: GroupClient,
  partitions: readonly number[],
  { entry, question }: Pick<MemberPorts, 'entry' | 'question'>
): Promise<ReadonlyMap<number, number> | undefined> {
  const asked = question()
  for (const partition of partitions)
    entry({ type: 'offsetAsked', group: groupId, partition: nameOf(partition), asked })
  const told = await group.committed(partitions)
  for (const [partition, offset] of told ?? [])
    entry({ type: 'offsetTold', group: groupId, partition: nameOf(partition), offset, asked })
  return told
}
