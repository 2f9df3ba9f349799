/**
 * Members of production consensus and nothing else around them: disks that lose what was not synced, and a network that loses,
 * doubles, delays and reorders. Everything happens at a time and in an order that the seed decides.
 */
import type { Persist } from '../../../src-main/coordination/core/consensus/durability'
import type { Wanted } from '../../../src-main/coordination/core/consensus/leadership'
import type { HardState, MemberId, PeerMessage } from '../../../src-main/coordination/core/consensus/messages'
import { majorityOf } from '../../../src-main/coordination/core/consensus/quorum'
import { Raft, type Ready } from '../../../src-main/coordination/core/consensus/raft'
import type { LogEntry } from '../../../src-main/coordination/core/log-entry'
import { compareZxid, zxidName, zxidZero, type Zxid } from '../../../src-main/coordination/wire/zxid'
import { mixed, SimRandom } from '../world/sim-random'
import { afterEntry, ConsensusChecks, emptyState, type SimState } from './consensus-checks'
import type { ConsensusOptions } from './consensus-options'

const pieceBytes = 16
/** How late a message may be, and when nothing of a life that is over can be heard any more: somebody was paused as well. */
const lateElectionTimeouts = 3
const forgottenElectionTimeouts = 15

interface SimDisk {
  hardState: HardState
  snapshot: SimState
  /** After the snapshot, or from before it. */
  entries: LogEntry[]
  /** The position before the first of them. */
  after: Zxid
}

interface SimMember {
  readonly id: MemberId
  disk: SimDisk
  /** Undefined while it is dead. */
  raft: Raft | undefined
  state: SimState
  isPaused: boolean
  isFull: boolean
  /** Counts its processes: what one of them waits for, another does not get. */
  life: number
  persisting: Persist | undefined
  /** What came while it was paused. */
  inbox: (() => void)[]
  /** When it lost everything: it is not to count before it has that again. */
  lostUpTo: Zxid
  committedSeen: Zxid
  ledTerm: number
  nextReadId: number
  /** What was committed when each read was asked for. */
  readonly reads: Map<number, Zxid>
}

interface Event {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

export class ConsensusWorld {
  readonly options: ConsensusOptions
  readonly checks = new ConsensusChecks()
  readonly members: readonly SimMember[]
  readonly random: SimRandom
  nowMs = 0
  isHealed = false
  #events: Event[] = []
  #order = 0
  #cuts = new Set<string>()
  #proposals = 0
  #incarnations = 100
  #wipedAtMs = -Infinity
  /** The last that was. */
  wiped: SimMember | undefined
  readonly #line: ((text: string) => void) | undefined
  readonly figures = { events: 0, elections: 0, acknowledged: 0, readsMade: 0, snapshots: 0, wipes: 0 }

  constructor(options: ConsensusOptions, line?: (text: string) => void) {
    this.options = options
    this.#line = line
    this.random = new SimRandom(mixed(options.seed ^ 0xc0de))
    this.members = Array.from({ length: options.members }, (_, index) => this.#member(index + 1))
    for (const member of this.members) this.start(member)
  }

  #member(id: MemberId): SimMember {
    const hardState = { term: 0, vote: 0, isVoter: true, incarnation: id }
    return {
      id,
      disk: { hardState, snapshot: emptyState, entries: [], after: zxidZero },
      raft: undefined,
      state: emptyState,
      isPaused: false,
      isFull: false,
      life: 0,
      persisting: undefined,
      inbox: [],
      lostUpTo: zxidZero,
      committedSeen: zxidZero,
      ledTerm: 0,
      nextReadId: 1,
      reads: new Map()
    }
  }

  tell(text: string): void {
    this.#line?.(`${this.nowMs.toFixed(1).padStart(8)} ${text}`)
  }

  // ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────

  at(delayMs: number, run: () => void): void {
    const event = { atMs: this.nowMs + delayMs, order: ++this.#order, run }
    const heap = this.#events
    let child = heap.push(event) - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (isBefore(heap[parent], event)) break
      heap[child] = heap[parent] ?? event
      child = parent
    }
    heap[child] = event
  }

  /** False when nothing is left to happen. */
  next(): boolean {
    const heap = this.#events
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined) return false
    if (first !== last) {
      let parent = 0
      for (;;) {
        let child = 2 * parent + 1
        if (child >= heap.length) break
        if (isBefore(heap[child + 1], heap[child])) child++
        const smaller = heap[child]
        if (smaller === undefined || !isBefore(smaller, last)) break
        heap[parent] = smaller
        parent = child
      }
      heap[parent] = last
    }
    this.nowMs = first.atMs
    this.figures.events++
    first.run()
    return true
  }

  // ── processes ──────────────────────────────────────────────────────────────────────────────────────────────────

  start(member: SimMember): void {
    const { options } = this
    const { disk } = member
    member.life++
    member.isPaused = false
    member.persisting = undefined
    member.inbox = []
    member.reads.clear()
    member.committedSeen = disk.snapshot.applied
    member.state = disk.snapshot
    const tail = disk.entries.filter(({ zxid }) => compareZxid(zxid, disk.snapshot.applied) > 0)
    const termEnds = tail.filter((entry, index) => tail[index + 1]?.zxid.epoch !== entry.zxid.epoch)
    member.raft = new Raft({
      memberId: member.id,
      members: this.members.length === 0 ? idsOf(options.members) : this.members.map(({ id }) => id),
      electionTimeoutMs: options.electionTimeoutMs,
      heartbeatMs: options.heartbeatMs,
      limits: options.limits,
      random: this.random.fork(),
      hardState: disk.hardState,
      log: { base: disk.snapshot.applied, termEnds: termEnds.map(({ zxid }) => zxid), tail },
      applied: disk.snapshot.applied,
      counterMax: options.counterMax
    })
    this.tell(`${member.id} starts ${JSON.stringify(disk.hardState)}`)
    member.raft.start(this.nowMs)
    this.#tick(member, member.life)
    this.#work(member)
  }

  #tick(member: SimMember, life: number): void {
    this.at(this.options.heartbeatMs / 2, () => {
      if (member.life !== life || member.raft === undefined) return
      if (!member.isPaused) {
        member.raft.tick(this.nowMs)
        this.#work(member)
      }
      this.#tick(member, life)
    })
  }

  /** A part of what it was writing may be there. */
  kill(member: SimMember): void {
    this.tell(`${member.id} dies`)
    member.life++
    member.raft = undefined
    const { persisting, disk } = member
    member.persisting = undefined
    if (persisting === undefined) return
    if (this.random.below(2) === 0) return
    if (persisting.hardState !== undefined) disk.hardState = persisting.hardState
    if (this.random.below(2) === 0) return
    const kept = this.random.below(persisting.entries.length + 1)
    this.#write(disk, { ...persisting, entries: persisting.entries.slice(0, kept) })
  }

  /** All that it had is gone: it begins as one that does not count. */
  wipe(member: SimMember): void {
    this.kill(member)
    this.tell(`${member.id} is wiped`)
    this.wiped = member
    member.lostUpTo = this.checks.lastCommitted
    this.#wipedAtMs = this.nowMs
    this.figures.wipes++
    const hardState = { term: 0, vote: 0, isVoter: false, incarnation: ++this.#incarnations } as const
    member.disk = { hardState, snapshot: emptyState, entries: [], after: zxidZero }
  }

  /** Nobody else was wiped and is not yet whole: what is on the others' disks must be enough. */
  mayWipe(member: SimMember): boolean {
    return this.members.length > 1 && this.members.every(({ id, disk }) => id === member.id || disk.hardState.isVoter)
  }

  resume(member: SimMember): void {
    member.isPaused = false
    const { inbox } = member
    member.inbox = []
    for (const run of inbox) run()
  }

  /** In its process, when that runs: at once, or when it goes on; not when it is dead by then. */
  #inside(member: SimMember, life: number, run: (raft: Raft) => void): void {
    const whenRunning = (): void => {
      if (member.life !== life || member.raft === undefined) return
      if (member.isPaused) {
        member.inbox.push(whenRunning)
        return
      }
      run(member.raft)
      this.#work(member)
    }
    whenRunning()
  }

  // ── what a member's owner does ─────────────────────────────────────────────────────────────────────────────────

  #work(member: SimMember): void {
    const { raft } = member
    if (raft === undefined) return
    for (let ready = raft.takeReady(); ready !== undefined; ready = raft.takeReady()) this.#act(member, ready)
    this.#look(member, raft)
  }

  #act(member: SimMember, { messages, persist, committed, reads, lostReads, wanted }: Ready): void {
    for (const { to, message } of messages) this.#send(member, to, message)
    if (persist !== undefined) this.#persist(member, persist)
    for (const entry of committed) this.#apply(member, entry)
    for (const { readId, position } of reads) this.#mayRead(member, readId, position)
    for (const readId of lostReads) member.reads.delete(readId)
    for (const one of wanted) this.#give(member, one)
  }

  /** Is what it believes possible? */
  #look(member: SimMember, raft: Raft): void {
    const { checks } = this
    if (compareZxid(raft.committed, member.committedSeen) < 0) checks.fails(`${member.id} commits less than before`)
    if (raft.role === 'leader') {
      if (member.ledTerm !== raft.term) {
        this.figures.elections++
        this.tell(`${member.id} leads term ${raft.term}`)
        checks.elected(member.id, raft.term, (position) => raft.has(position))
        if (!raft.isVoter) checks.fails(`${member.id} leads and does not count`)
        member.ledTerm = raft.term
      }
      if (compareZxid(raft.committed, member.committedSeen) > 0) this.#committed(raft)
    }
    member.committedSeen = raft.committed
  }

  #committed({ committed, term }: Raft): void {
    const copies = this.members.filter(({ disk }) => disk.hardState.isVoter && hasOnDisk(disk, committed)).length
    // What a wiped member had answered may still be under way.
    const isCounted = this.nowMs - this.#wipedAtMs > forgottenElectionTimeouts * this.options.electionTimeoutMs
    this.checks.committed(committed, term, isCounted ? copies : undefined, majorityOf(this.members.length))
  }

  #send(member: SimMember, to: MemberId, message: PeerMessage): void {
    const { options, random } = this
    if (message.type === 'voteAnswer' && message.isGranted)
      this.checks.voted(member.id, member.disk.hardState, message.term, to)
    const isPromise = message.type === 'voteAnswer' ? message.isGranted : message.type === 'appendAnswer'
    if (isPromise && this.#happens(options.crashAfterPromise * (message.type === 'voteAnswer' ? 20 : 1)))
      this.#bounce(member)
    const times = this.#happens(options.duplication) ? 2 : 1
    for (let copy = 0; copy < times; copy++) {
      if (this.#happens(options.loss)) continue
      const isLate = this.#happens(options.lateness)
      const delayMs = random.below(1_000) / 1_000 + random.below(options.linkDelayMs * 1_000 + 1) / 1_000
      this.at(isLate ? delayMs + random.below(options.electionTimeoutMs * lateElectionTimeouts) : delayMs, () => {
        const receiver = this.members[to - 1]
        if (receiver?.raft === undefined || this.#cuts.has(`${member.id} ${to}`)) return
        this.#inside(receiver, receiver.life, (raft) => raft.step(member.id, message, this.nowMs))
      })
    }
  }

  /** Dies when it has promised something, and is back at once. */
  #bounce(member: SimMember): void {
    const { life } = member
    this.at(0, () => {
      if (member.life !== life || member.raft === undefined) return
      this.kill(member)
      this.at(1, () => {
        if (member.raft === undefined) this.start(member)
      })
    })
  }

  /** Faults end with the healing. */
  #happens(probability: number): boolean {
    return !this.isHealed && probability > 0 && this.random.below(1_000_000) < probability * 1_000_000
  }

  #persist(member: SimMember, persist: Persist): void {
    member.persisting = persist
    const { life } = member
    // Who found no room looks again after a while.
    const delayMs = this.random.below(this.options.syncDelayMs * 1_000 + 1) / 1_000 + (member.isFull ? 1 : 0)
    this.at(delayMs, () => {
      this.#inside(member, life, (raft) => {
        member.persisting = undefined
        if (member.isFull) {
          const given = raft.refused(persist, this.nowMs)
          if (given.some(({ zxid, command }) => zxid.epoch === raft.term && command.type === 'beginTerm'))
            this.checks.fails(`${member.id} gave up the beginning of its term`)
          return
        }
        if (persist.hardState?.isVoter === true && !member.disk.hardState.isVoter && !raft.has(member.lostUpTo))
          this.checks.fails(`${member.id} counts again without ${zxidName(member.lostUpTo)}, which it had lost`)
        if (persist.hardState !== undefined) member.disk.hardState = persist.hardState
        this.#write(member.disk, persist)
        if (persist.snapshot !== undefined) this.#installed(member, persist.snapshot.bytes)
        raft.persisted(persist, this.nowMs)
      })
    })
  }

  #write(disk: SimDisk, { snapshot, truncateAfter, entries }: Persist): void {
    if (snapshot !== undefined) {
      disk.snapshot = stateFrom(snapshot.bytes)
      disk.after = snapshot.last
      disk.entries = []
      if (compareZxid(disk.snapshot.applied, snapshot.last) !== 0) this.checks.fails('a snapshot is not what it says')
    }
    if (truncateAfter !== undefined)
      disk.entries = disk.entries.filter(({ zxid }) => compareZxid(zxid, truncateAfter) <= 0)
    for (const entry of entries) {
      this.checks.written(entry, disk.entries.at(-1)?.zxid ?? disk.after)
      disk.entries.push(entry)
    }
  }

  #installed(member: SimMember, bytes: Uint8Array): void {
    member.state = stateFrom(bytes)
    this.figures.snapshots++
    this.tell(`${member.id} has a snapshot at ${zxidName(member.state.applied)}`)
    this.checks.applied(member.id, member.state)
  }

  #apply(member: SimMember, entry: LogEntry): void {
    member.state = afterEntry(member.state, entry)
    this.checks.applied(member.id, member.state)
    if (entry.proposalId === 0 || entry.proposalId % 10 !== member.id) return
    this.figures.acknowledged++
    this.checks.acknowledged(entry.zxid)
  }

  #give(member: SimMember, wanted: Wanted): void {
    const { life, disk } = member
    this.at(this.random.below(2), () =>
      this.#inside(member, life, (raft) => {
        if (wanted.type === 'entries') {
          raft.entriesRead(wanted.memberId, wanted.after, entriesAfter(disk, wanted.after))
          return
        }
        const { applied } = disk.snapshot
        const isSame = wanted.last !== undefined && compareZxid(wanted.last, applied) === 0
        const whole = bytesOf(disk.snapshot)
        const offsetBytes = isSame ? wanted.offsetBytes : 0
        const bytes = whole.slice(offsetBytes, offsetBytes + pieceBytes)
        const piece = { last: applied, offsetBytes, totalBytes: whole.length, bytes }
        raft.snapshotRead(wanted.memberId, compareZxid(applied, zxidZero) === 0 ? undefined : piece, this.nowMs)
      })
    )
  }

  // ── what clients and operators do ──────────────────────────────────────────────────────────────────────────────

  /** Of a member that runs. */
  propose(member: SimMember): void {
    this.#inside(member, member.life, (raft) => {
      const proposalId = ++this.#proposals * 10 + member.id
      raft.propose({ proposalId, timeMs: 0, command: { type: 'expireSession', sessionId: 0n } })
    })
  }

  read(member: SimMember): void {
    this.#inside(member, member.life, (raft) => {
      const readId = member.nextReadId++
      member.reads.set(readId, this.checks.lastCommitted)
      if (!raft.read(readId)) member.reads.delete(readId)
    })
  }

  #mayRead(member: SimMember, readId: number, position: Zxid): void {
    const committedThen = member.reads.get(readId)
    member.reads.delete(readId)
    this.figures.readsMade++
    if (committedThen !== undefined && compareZxid(position, committedThen) < 0)
      this.checks.fails(`${member.id} reads at ${zxidName(position)} what was ${zxidName(committedThen)} before`)
  }

  transfer(member: SimMember): void {
    this.#inside(member, member.life, (raft) => raft.transfer(this.nowMs))
  }

  /** Takes a snapshot, and lets go of a part of the log that it covers. */
  snapshot(member: SimMember): void {
    this.#inside(member, member.life, (raft) => {
      const { disk, state } = member
      if (compareZxid(state.applied, disk.snapshot.applied) <= 0 || member.persisting !== undefined) return
      disk.snapshot = state
      const kept = disk.entries.filter(({ zxid }) => compareZxid(zxid, state.applied) > 0)
      disk.entries = kept
      disk.after = state.applied
      raft.compactedTo(state.applied)
    })
  }

  cut(from: MemberId, to: MemberId): void {
    this.#cuts.add(`${from} ${to}`)
  }

  mend(): void {
    this.#cuts.clear()
  }

  heal(): void {
    this.tell('everything heals')
    this.isHealed = true
    this.#cuts.clear()
    for (const member of this.members) {
      member.isFull = false
      if (member.raft === undefined) this.start(member)
      else if (member.isPaused) this.resume(member)
    }
  }

  inspect(): string {
    return this.members.map(({ id, raft }) => `${id}: ${JSON.stringify(raft?.inspect() ?? 'dead')}`).join('\n')
  }
}

function isBefore(one: Event | undefined, other: Event | undefined): boolean {
  if (one === undefined || other === undefined) return false
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order)
}

const idsOf = (count: number): MemberId[] => Array.from({ length: count }, (_, index) => index + 1)

function hasOnDisk(disk: SimDisk, position: Zxid): boolean {
  if (compareZxid(position, disk.snapshot.applied) <= 0) return true
  return disk.entries.some(({ zxid }) => compareZxid(zxid, position) === 0)
}

function entriesAfter(disk: SimDisk, after: Zxid): readonly LogEntry[] | undefined {
  if (compareZxid(after, disk.after) < 0) return undefined
  return disk.entries.filter(({ zxid }) => compareZxid(zxid, after) > 0).slice(0, 5)
}

const bytesOf = (state: SimState): Uint8Array => new TextEncoder().encode(JSON.stringify(state))
const stateFrom = (bytes: Uint8Array): SimState => JSON.parse(new TextDecoder().decode(bytes)) as SimState
