/**
 * A classic consumer group (KIP-62, KIP-134, KIP-345, KIP-394, KIP-814): who is a member, which generation it is, which
 * offsets are committed. It decides and says what to answer and when; the coordinator owns clocks, logs and sockets.
 *
 * Invariants: a generation never goes back; a group is Stable when its assignment is committed, and nobody is told it
 * before; members, assignments and protocol belong to one generation; at most one join and one sync of a member wait; an
 * Empty group has no members.
 */
import { invariant } from '../../../kernel/invariant'
import type { KafkaError } from '../../../protocol/wire/error-codes'
import {
  previousStates,
  type CommittedOffset,
  type GroupEffect,
  type GroupState,
  type GroupView,
  type JoinAnswer,
  type JoinRequest,
  type MemberIdentity,
  type Protocol,
  type SyncAnswer,
  type SyncRequest,
  type Token
} from './group-types'
import { Member } from './member'
import { ProtocolSupport } from './protocol-support'
import { consumerProtocolType, subscribedTopics } from './subscription'

const noBytes = new Uint8Array(0)
/** A group all of whose members are away is not looked after more often, however short their rebalance time-out. */
const absentPauseMs = 1000
/**
 * A client that goes while its first join waits comes back as another member, and so does its next try: each is out after this time,
 * though a rebalance may last for 24 days (Kafka's GroupCoordinator.NewMemberJoinTimeoutMs).
 */
const newMemberMs = 300_000
/** Ids that are handed out and not used yet: each is kept as long as a session, half an hour at most. Kafka has no limit. */
const pendingMax = 10_000

export interface GroupOptions {
  /** group.initial.rebalance.delay.ms: an empty group waits so long for more members. */
  readonly initialRebalanceDelayMs: number
  /** group.max.size */
  readonly membersMax: number
}

/** What is done when the group's present state is stored, or cannot be. */
type PendingStore =
  | { readonly type: 'assignment' }
  | { readonly type: 'member'; readonly token: Token; readonly answer: JoinAnswer }
  /** Nothing depends on it. */
  | { readonly type: 'state' }

export class Group {
  readonly groupId: string
  readonly #options: GroupOptions
  #state: GroupState = 'Empty'
  #generationId = 0
  #protocolType: string | null = null
  #protocolName: string | null = null
  #leader: string | null = null
  #stateTimestampMs: number
  readonly #members = new Map<string, Member>()
  readonly #support = new ProtocolSupport()
  /** groupInstanceId to member id. */
  readonly #staticMembers = new Map<string, string>()
  /** Member ids that were handed out and have not joined yet, with their deadline. */
  readonly #pending = new Map<string, number>()
  /** When the rebalance under way ends at the latest. */
  #rebalanceDeadlineMs = Infinity
  /** Of an initial rebalance: what may still be waited beyond the present deadline; undefined for later rebalances. */
  #initialRemainingMs: number | undefined
  #hasNewMember = false
  /** When members that have not synced are expelled. */
  #syncDeadlineMs = Infinity
  readonly #offsets = new Map<string, Map<number, CommittedOffset>>()
  /** Commits that are written and not committed yet. */
  #commitsUnderWay = 0
  /** By the number of the store. */
  readonly #stores = new Map<number, PendingStore>()
  #lastStore = 0
  /** The store of this generation's assignment, while it is under way. */
  #assignmentStore: number | undefined
  #effects: GroupEffect[] = []

  constructor(groupId: string, options: GroupOptions, nowWallMs: number) {
    this.groupId = groupId
    this.#options = options
    this.#stateTimestampMs = nowWallMs
  }

  get state(): GroupState {
    return this.#state
  }

  get generationId(): number {
    return this.#generationId
  }

  get memberCount(): number {
    return this.#members.size
  }

  /** Somebody was told a member id and has not joined with it yet. */
  get hasPending(): boolean {
    return this.#pending.size > 0
  }

  get hasOffsets(): boolean {
    return this.#offsets.size > 0 || this.#commitsUnderWay > 0
  }

  /** Somebody waits to hear that offsets are committed. */
  get isCommitting(): boolean {
    return this.#commitsUnderWay > 0
  }

  /** Nobody has ever been a member, nobody is about to be, nothing is committed. */
  get isVacant(): boolean {
    return this.#state === 'Empty' && this.#generationId === 0 && this.#pending.size === 0 && !this.hasOffsets
  }

  takeEffects(): readonly GroupEffect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  inspect(): GroupView {
    return {
      groupId: this.groupId,
      state: this.#state,
      protocolType: this.#protocolType,
      protocolName: this.#protocolName,
      leader: this.#leader,
      generationId: this.#generationId,
      stateTimestampMs: this.#stateTimestampMs,
      members: [...this.#members.values()].map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        rebalanceTimeoutMs: member.rebalanceTimeoutMs,
        sessionTimeoutMs: member.sessionTimeoutMs,
        metadata: member.metadataOf(this.#protocolName),
        assignment: member.assignment
      }))
    }
  }

  /** Takes over what the log says the group was; members get a fresh session. */
  restore(view: Omit<GroupView, 'groupId' | 'state'>, nowMs: number): void {
    invariant(this.#members.size === 0, 'a group is restored once', { groupId: this.groupId })
    this.#generationId = view.generationId
    this.#protocolType = view.protocolType
    this.#protocolName = view.protocolName
    this.#leader = view.leader
    this.#stateTimestampMs = view.stateTimestampMs
    for (const fields of view.members) {
      const protocols = [{ name: view.protocolName ?? '', metadata: fields.metadata }]
      const member = new Member({ ...fields, protocols })
      member.assignment = fields.assignment
      member.hasSynced = true
      member.heard(nowMs)
      this.#admit(member)
    }
    this.#state = this.#members.size === 0 ? 'Empty' : 'Stable'
  }

  // ── joining ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** The answer comes as an effect with this token, now or when the rebalance ends. */
  join(request: JoinRequest, token: Token, nowMs: number): void {
    const problem = this.#joinProblem(request)
    if (problem !== undefined) {
      this.#answerJoin(token, failedJoin(problem, request.memberId))
      return
    }
    if (request.memberId === '') this.#joinNew(request, token, nowMs)
    else this.#joinKnown(request, token, nowMs)
  }

  #joinProblem(request: JoinRequest): KafkaError | undefined {
    if (this.#state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE'
    if (!this.#isCompatible(request)) return 'INCONSISTENT_GROUP_PROTOCOL'
    const isNew = request.memberId === '' || this.#pending.has(request.memberId)
    if (isNew && this.#members.size >= this.#options.membersMax) return 'GROUP_MAX_SIZE_REACHED'
    return undefined
  }

  #isCompatible({ protocolType, protocols, memberId }: JoinRequest): boolean {
    if (protocolType === '' || protocols.length === 0) return false
    if (this.#members.size === 0) return true
    if (protocolType !== this.#protocolType) return false
    const own = this.#members.get(memberId)
    return protocols.some(({ name }) => this.#support.isCommon(name, own))
  }

  #joinNew(request: JoinRequest, token: Token, nowMs: number): void {
    const { groupInstanceId, newMemberId } = request
    const known = groupInstanceId === null ? undefined : this.#staticMembers.get(groupInstanceId)
    if (known !== undefined) {
      this.#replaceStatic(known, request, token, nowMs)
      return
    }
    if (groupInstanceId === null && request.requiresKnownMemberId) {
      // Who comes late with the oldest asks for another.
      const [oldest] = this.#pending.keys()
      if (this.#pending.size >= pendingMax && oldest !== undefined) this.#pending.delete(oldest)
      this.#pending.set(newMemberId, nowMs + request.sessionTimeoutMs)
      this.#answerJoin(token, failedJoin('MEMBER_ID_REQUIRED', newMemberId))
      return
    }
    this.#addAndRebalance(newMemberId, request, token, nowMs)
  }

  #joinKnown(request: JoinRequest, token: Token, nowMs: number): void {
    const { memberId } = request
    if (this.#pending.has(memberId) && request.groupInstanceId === null) {
      this.#pending.delete(memberId)
      this.#addAndRebalance(memberId, request, token, nowMs)
      return
    }
    const member = this.#member(request)
    if (typeof member === 'string') {
      this.#answerJoin(token, failedJoin(member, memberId))
      return
    }
    const hasChanged = !member.hasSameProtocols(request.protocols)
    const isLeader = this.#leader === memberId
    const mayStay =
      (this.#state === 'Stable' && !isLeader && !hasChanged) || (this.#state === 'CompletingRebalance' && !hasChanged)
    member.heard(nowMs)
    if (mayStay) {
      this.#answerJoin(token, this.#joined(member))
      return
    }
    this.#update(member, request, token)
    if (this.#state !== 'PreparingRebalance') this.#prepareRebalance(nowMs)
    this.#completeJoinWhenAllAreHere(nowMs)
  }

  #addAndRebalance(memberId: string, request: JoinRequest, token: Token, nowMs: number): void {
    const member = new Member({ ...request, memberId })
    member.heard(nowMs)
    member.newUntilMs = nowMs + newMemberMs
    member.awaitingJoin = token
    if (this.#members.size === 0) this.#protocolType = request.protocolType
    this.#admit(member)
    this.#hasNewMember = true
    if (this.#state !== 'PreparingRebalance') this.#prepareRebalance(nowMs)
    this.#completeJoinWhenAllAreHere(nowMs)
  }

  #admit(member: Member): void {
    this.#members.set(member.memberId, member)
    this.#support.set(member)
    if (member.groupInstanceId !== null) this.#staticMembers.set(member.groupInstanceId, member.memberId)
    this.#leader ??= member.memberId
  }

  #update(member: Member, request: JoinRequest, token: Token): void {
    this.#supersede(member)
    member.awaitingJoin = token
    member.takeOver(request)
    this.#support.set(member)
  }

  /** A member that asks again gives up its earlier question. */
  #supersede(member: Member): void {
    if (member.awaitingJoin !== undefined) {
      this.#answerJoin(member.awaitingJoin, failedJoin('UNKNOWN_MEMBER_ID', member.memberId))
      member.awaitingJoin = undefined
    }
    if (member.awaitingSync !== undefined) {
      this.#answerSync(member.awaitingSync, failedSync('REBALANCE_IN_PROGRESS'))
      member.awaitingSync = undefined
    }
  }

  /** A static member that comes back without its id gets a new one; its old self is fenced (KIP-345). */
  #replaceStatic(oldId: string, request: JoinRequest, token: Token, nowMs: number): void {
    const member = this.#members.get(oldId)
    invariant(member !== undefined, 'a static member is a member', { oldId })
    const { newMemberId } = request
    for (const waiting of [member.awaitingJoin, member.awaitingSync]) {
      if (waiting === undefined) continue
      if (waiting === member.awaitingJoin) this.#answerJoin(waiting, failedJoin('FENCED_INSTANCE_ID', oldId))
      else this.#answerSync(waiting, failedSync('FENCED_INSTANCE_ID'))
    }
    member.awaitingJoin = undefined
    member.awaitingSync = undefined
    this.#members.delete(oldId)
    member.memberId = newMemberId
    const wasLeader = this.#leader === oldId
    if (wasLeader) this.#leader = newMemberId
    this.#admit(member)
    member.heard(nowMs)
    // KIP-345: what it says of itself may be other than before (cooperative-sticky tells what it owned), as long as the
    // group would still choose its protocol (Kafka's updateStaticMemberAndRebalance).
    member.takeOver(request)
    this.#support.set(member)
    if (this.#state === 'Stable' && this.#vote() === this.#protocolName) {
      const joined = this.#joined(member)
      // Without KIP-814 the returned leader must not assign again: it is told the old leader's id.
      const leader = wasLeader && !request.supportsSkippingAssignment ? oldId : joined.leader
      const skipAssignment = wasLeader && request.supportsSkippingAssignment
      const answer = { ...joined, leader, skipAssignment, members: skipAssignment ? joined.members : [] }
      this.#persist({ type: 'member', token, answer })
      return
    }
    this.#update(member, request, token)
    if (this.#state !== 'PreparingRebalance') this.#prepareRebalance(nowMs)
    this.#completeJoinWhenAllAreHere(nowMs)
  }

  #joined(member: Member): JoinAnswer {
    const isLeader = this.#leader === member.memberId
    return {
      error: 'NONE',
      memberId: member.memberId,
      generationId: this.#generationId,
      protocolType: this.#protocolType,
      protocolName: this.#protocolName,
      leader: this.#leader ?? '',
      skipAssignment: false,
      members: isLeader
        ? [...this.#members.values()].map(({ memberId, groupInstanceId, ...rest }) => ({
            memberId,
            groupInstanceId,
            metadata: this.#metadataOf(memberId, rest.protocols)
          }))
        : []
    }
  }

  #metadataOf(memberId: string, protocols: readonly Protocol[]): Uint8Array {
    const metadata = protocols.find(({ name }) => name === this.#protocolName)?.metadata
    invariant(metadata !== undefined, 'every member supports the protocol chosen', { memberId })
    return metadata
  }

  // ── rebalance ────────────────────────────────────────────────────────────────────────────────────────────────

  #enter(state: GroupState): void {
    invariant(previousStates[state].includes(this.#state), 'a state follows one that may come before it', {
      from: this.#state,
      to: state
    })
    this.#state = state
  }

  #prepareRebalance(nowMs: number): void {
    const wasEmpty = this.#state === 'Empty'
    for (const member of this.#members.values()) {
      if (member.awaitingSync === undefined) continue
      this.#answerSync(member.awaitingSync, failedSync('REBALANCE_IN_PROGRESS'))
      member.awaitingSync = undefined
    }
    this.#syncDeadlineMs = Infinity
    this.#assignmentStore = undefined
    this.#enter('PreparingRebalance')
    const rebalanceMs = this.#rebalanceTimeoutMs()
    const delayMs = this.#options.initialRebalanceDelayMs
    if (wasEmpty && delayMs > 0) {
      this.#initialRemainingMs = Math.max(0, rebalanceMs - delayMs)
      this.#rebalanceDeadlineMs = nowMs + delayMs
      this.#hasNewMember = false
      return
    }
    this.#initialRemainingMs = undefined
    this.#rebalanceDeadlineMs = nowMs + rebalanceMs
  }

  #rebalanceTimeoutMs(): number {
    let longestMs = 0
    for (const { rebalanceTimeoutMs } of this.#members.values()) longestMs = Math.max(longestMs, rebalanceTimeoutMs)
    return longestMs
  }

  #completeJoinWhenAllAreHere(nowMs: number): void {
    if (this.#state !== 'PreparingRebalance' || this.#initialRemainingMs !== undefined) return
    if (this.#pending.size > 0) return
    for (const member of this.#members.values()) if (member.awaitingJoin === undefined) return
    this.#completeJoin(nowMs)
  }

  /** The rebalance's time is over: those who have not come back are out, static members excepted. */
  #completeJoin(nowMs: number): void {
    this.#initialRemainingMs = undefined
    this.#rebalanceDeadlineMs = Infinity
    for (const member of [...this.#members.values()]) {
      if (member.awaitingJoin === undefined && !member.isStatic) this.#forget(member)
    }
    const joined = [...this.#members.values()].filter((member) => member.awaitingJoin !== undefined)
    if (joined.length === 0 && this.#members.size > 0) {
      // Only static members that are away: their sessions decide, the group goes on waiting.
      this.#rebalanceDeadlineMs = nowMs + Math.max(absentPauseMs, this.#rebalanceTimeoutMs())
      return
    }
    this.#generationId += 1
    if (this.#members.size === 0) {
      this.#enter('Empty')
      this.#protocolName = null
      this.#leader = null
      this.#persist({ type: 'state' })
      return
    }
    this.#enter('CompletingRebalance')
    this.#protocolName = this.#vote()
    const leader = this.#leader === null ? undefined : this.#members.get(this.#leader)
    if (leader?.awaitingJoin === undefined) this.#leader = joined[0]?.memberId ?? null
    for (const member of this.#members.values()) {
      member.hasSynced = false
      member.newUntilMs = Infinity
      member.assignment = noBytes
      if (member.awaitingJoin === undefined) continue
      this.#answerJoin(member.awaitingJoin, this.#joined(member))
      member.awaitingJoin = undefined
      member.heard(nowMs)
    }
    this.#syncDeadlineMs = nowMs + this.#rebalanceTimeoutMs()
  }

  /** Each member votes for the first of its protocols that all support; most votes win. */
  #vote(): string {
    const members = [...this.#members.values()]
    const votes = new Map<string, number>()
    for (const member of members) {
      const choice = member.protocols.find(({ name }) => this.#support.isCommon(name))?.name
      invariant(choice !== undefined, 'members of a group have a protocol in common', { groupId: this.groupId })
      votes.set(choice, (votes.get(choice) ?? 0) + 1)
    }
    const [winner] = [...votes].sort((a, b) => b[1] - a[1])
    invariant(winner !== undefined, 'a group that votes has members')
    return winner[0]
  }

  // ── sync, heartbeat, leave ───────────────────────────────────────────────────────────────────────────────────

  sync(request: SyncRequest, token: Token, nowMs: number): void {
    const member = this.#member(request)
    const problem = typeof member === 'string' ? member : this.#syncProblem(request)
    if (typeof member === 'string' || problem !== undefined) {
      this.#answerSync(token, failedSync(problem ?? 'UNKNOWN_MEMBER_ID'))
      return
    }
    member.heard(nowMs)
    if (this.#state === 'Stable') {
      member.hasSynced = true
      this.#answerSync(token, this.#synced(member))
      return
    }
    if (member.awaitingSync !== undefined) this.#answerSync(member.awaitingSync, failedSync('REBALANCE_IN_PROGRESS'))
    member.awaitingSync = token
    member.hasSynced = true
    if (this.#leader === member.memberId) this.#assign(request.assignments)
  }

  #syncProblem(request: SyncRequest): KafkaError | undefined {
    if (request.generationId !== this.#generationId) return 'ILLEGAL_GENERATION'
    const isOtherType = request.protocolType !== null && request.protocolType !== this.#protocolType
    const isOtherName = request.protocolName !== null && request.protocolName !== this.#protocolName
    if (isOtherType || isOtherName) return 'INCONSISTENT_GROUP_PROTOCOL'
    if (this.#state === 'PreparingRebalance') return 'REBALANCE_IN_PROGRESS'
    return this.#state === 'Empty' || this.#state === 'Dead' ? 'UNKNOWN_MEMBER_ID' : undefined
  }

  /** The leader has shared out; all wait until that is stored. A leader that asks again waits with them. */
  #assign(assignments: ReadonlyMap<string, Uint8Array>): void {
    if (this.#assignmentStore !== undefined) return
    for (const member of this.#members.values()) member.assignment = assignments.get(member.memberId) ?? noBytes
    this.#assignmentStore = this.#persist({ type: 'assignment' })
  }

  #persist(pending: PendingStore): number {
    const store = ++this.#lastStore
    this.#stores.set(store, pending)
    this.#effects.push({ type: 'persist', store })
    return store
  }

  /** What was to be persisted is committed, or `failure` says why nobody knows that it is. */
  stored(store: number, failure: KafkaError | undefined, nowMs: number): void {
    const pending = this.#stores.get(store)
    this.#stores.delete(store)
    if (pending?.type === 'member') {
      const { token, answer } = pending
      this.#answerJoin(token, failure === undefined ? answer : { ...answer, error: failure })
      if (failure !== undefined && this.#state === 'Stable') this.#shareAnew(nowMs)
    }
    // Otherwise another rebalance has begun meanwhile.
    if (pending?.type === 'assignment' && this.#assignmentStore === store) this.#assignmentStored(failure, nowMs)
  }

  #assignmentStored(failure: KafkaError | undefined, nowMs: number): void {
    this.#assignmentStore = undefined
    if (failure === undefined) this.#enter('Stable')
    for (const member of this.#members.values()) {
      if (member.awaitingSync === undefined) continue
      this.#answerSync(member.awaitingSync, failure === undefined ? this.#synced(member) : failedSync(failure))
      member.awaitingSync = undefined
      member.heard(nowMs)
    }
    if (failure !== undefined) this.#shareAnew(nowMs)
  }

  /** What was shared out could not be stored: nobody keeps it, and all are to join again. */
  #shareAnew(nowMs: number): void {
    for (const member of this.#members.values()) {
      member.assignment = noBytes
      member.hasSynced = false
    }
    this.#prepareRebalance(nowMs)
  }

  #synced(member: Member): SyncAnswer {
    return {
      error: 'NONE',
      protocolType: this.#protocolType,
      protocolName: this.#protocolName,
      assignment: member.assignment
    }
  }

  heartbeat(identity: MemberIdentity, generationId: number, nowMs: number): KafkaError {
    if (this.#state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE'
    const member = this.#member(identity)
    if (typeof member === 'string') return member
    if (this.#state === 'Empty') return 'UNKNOWN_MEMBER_ID'
    if (generationId !== this.#generationId) return 'ILLEGAL_GENERATION'
    member.heard(nowMs)
    return this.#state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
  }

  /** By member id, by instance id, or both (KIP-345). What the group does about it, it does once for all of them. */
  leave(identities: readonly MemberIdentity[], nowMs: number): readonly KafkaError[] {
    const memberCount = this.#members.size
    const errors = identities.map((identity) => this.#leave(identity))
    const isDue = this.#state === 'Stable' || this.#state === 'CompletingRebalance'
    if (this.#members.size < memberCount && isDue) this.#prepareRebalance(nowMs)
    this.#completeJoinWhenAllAreHere(nowMs)
    return errors
  }

  #leave(identity: MemberIdentity): KafkaError {
    if (this.#state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE'
    if (this.#pending.delete(identity.memberId)) return 'NONE'
    const { groupInstanceId } = identity
    const byInstance = groupInstanceId === null ? undefined : this.#staticMembers.get(groupInstanceId)
    const memberId = identity.memberId === '' && byInstance !== undefined ? byInstance : identity.memberId
    const member = this.#member({ memberId, groupInstanceId })
    if (typeof member === 'string') return member
    this.#supersede(member)
    this.#forget(member)
    return 'NONE'
  }

  #remove(member: Member, nowMs: number): void {
    this.#supersede(member)
    this.#forget(member)
    if (this.#state === 'Stable' || this.#state === 'CompletingRebalance') this.#prepareRebalance(nowMs)
    this.#completeJoinWhenAllAreHere(nowMs)
  }

  #forget(member: Member): void {
    this.#members.delete(member.memberId)
    this.#support.delete(member)
    if (member.groupInstanceId !== null) this.#staticMembers.delete(member.groupInstanceId)
    if (this.#leader === member.memberId) this.#leader = this.#members.keys().next().value ?? null
  }

  #member({ memberId, groupInstanceId }: MemberIdentity): Member | 'UNKNOWN_MEMBER_ID' | 'FENCED_INSTANCE_ID' {
    if (groupInstanceId !== null) {
      const holder = this.#staticMembers.get(groupInstanceId)
      if (holder === undefined) return 'UNKNOWN_MEMBER_ID'
      if (holder !== memberId) return 'FENCED_INSTANCE_ID'
    }
    return this.#members.get(memberId) ?? 'UNKNOWN_MEMBER_ID'
  }

  // ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** When tick() has something to do; Infinity for never. */
  get deadlineMs(): number {
    let deadline = Math.min(this.#rebalanceDeadlineMs, this.#syncDeadlineMs)
    for (const { outAtMs } of this.#members.values()) deadline = Math.min(deadline, outAtMs)
    for (const pendingUntilMs of this.#pending.values()) deadline = Math.min(deadline, pendingUntilMs)
    return deadline
  }

  /** Ends what has had its time; returns the ids of members whose session ended. */
  tick(nowMs: number): readonly string[] {
    const expired: string[] = []
    for (const [memberId, untilMs] of this.#pending) if (untilMs <= nowMs) this.#pending.delete(memberId)
    for (const member of [...this.#members.values()]) {
      if (member.outAtMs > nowMs) continue
      expired.push(member.memberId)
      this.#remove(member, nowMs)
    }
    if (this.#syncDeadlineMs <= nowMs) this.#expelUnsynced(nowMs, expired)
    if (this.#rebalanceDeadlineMs <= nowMs) this.#endRebalanceWait(nowMs)
    this.#completeJoinWhenAllAreHere(nowMs)
    return expired
  }

  #expelUnsynced(nowMs: number, expired: string[]): void {
    this.#syncDeadlineMs = Infinity
    const unsynced = [...this.#members.values()].filter((member) => !member.hasSynced)
    if (unsynced.length === 0) return
    for (const member of unsynced) {
      expired.push(member.memberId)
      this.#forget(member)
    }
    this.#prepareRebalance(nowMs)
  }

  #endRebalanceWait(nowMs: number): void {
    const remainingMs = this.#initialRemainingMs
    if (remainingMs !== undefined && remainingMs > 0 && this.#hasNewMember) {
      const delayMs = Math.min(this.#options.initialRebalanceDelayMs, remainingMs)
      this.#hasNewMember = false
      this.#initialRemainingMs = remainingMs - delayMs
      this.#rebalanceDeadlineMs = nowMs + delayMs
      return
    }
    this.#completeJoin(nowMs)
  }

  /** Sets the wall-clock time of the last state change (kept in the log). */
  stamp(nowWallMs: number): void {
    this.#stateTimestampMs = nowWallMs
  }

  // ── offsets ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Whether a commit is taken (Kafka's GroupCoordinator.validateOffsetCommit); undefined when it is. */
  commitProblem(identity: MemberIdentity, generationId: number, nowMs: number): KafkaError | undefined {
    if (this.#state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE'
    if (generationId < 0 && this.#state === 'Empty') return undefined
    if (identity.memberId === '' && identity.groupInstanceId === null) return 'UNKNOWN_MEMBER_ID'
    const member = this.#member(identity)
    if (typeof member === 'string') return member
    if (generationId !== this.#generationId) return 'ILLEGAL_GENERATION'
    if (this.#state === 'CompletingRebalance') return 'REBALANCE_IN_PROGRESS'
    member.heard(nowMs)
    return undefined
  }

  /**
   * Of these topics those whose commits may not be taken back, since living consumers read them; NON_EMPTY_GROUP of
   * another kind of group with members (Kafka's GroupCoordinator.handleDeleteOffsets).
   */
  offsetDeletionProblems(topics: ReadonlySet<string>): 'NON_EMPTY_GROUP' | ReadonlySet<string> {
    if (this.#state === 'Empty') return new Set()
    if (this.#protocolType !== consumerProtocolType) return 'NON_EMPTY_GROUP'
    const subscribed = this.#subscribedTopics()
    return new Set([...topics].filter((topic) => subscribed?.has(topic) ?? true))
  }

  /** Undefined when it cannot be told, as in the first rebalance or with foreign bytes in a subscription. */
  #subscribedTopics(): ReadonlySet<string> | undefined {
    const protocolName = this.#protocolName
    if (protocolName === null) return undefined
    const all = new Set<string>()
    for (const member of this.#members.values()) {
      const topics = subscribedTopics(member.metadataOf(protocolName))
      if (topics === undefined) return undefined
      for (const topic of topics) all.add(topic)
    }
    return all
  }

  /** Offsets are written; commitEnded() follows, once for each. */
  commitBegan(): void {
    this.#commitsUnderWay += 1
  }

  commitEnded(): void {
    invariant(this.#commitsUnderWay > 0, 'a commit that ends has begun', { groupId: this.groupId })
    this.#commitsUnderWay -= 1
  }

  committed(topic: string, partition: number, offset: CommittedOffset): void {
    const partitions = this.#offsets.get(topic)
    if (partitions === undefined) this.#offsets.set(topic, new Map([[partition, offset]]))
    else partitions.set(partition, offset)
  }

  forgetOffset(topic: string, partition: number): void {
    const partitions = this.#offsets.get(topic)
    partitions?.delete(partition)
    if (partitions?.size === 0) this.#offsets.delete(topic)
  }

  offset(topic: string, partition: number): CommittedOffset | undefined {
    return this.#offsets.get(topic)?.get(partition)
  }

  offsets(): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> {
    return this.#offsets
  }

  /** Ends the group: it was deleted, or its coordinator moved. Everybody who waits is told `error`. */
  die(error: KafkaError): void {
    for (const member of this.#members.values()) {
      if (member.awaitingJoin !== undefined) this.#answerJoin(member.awaitingJoin, failedJoin(error, member.memberId))
      if (member.awaitingSync !== undefined) this.#answerSync(member.awaitingSync, failedSync(error))
      member.awaitingJoin = undefined
      member.awaitingSync = undefined
    }
    for (const pending of this.#stores.values())
      if (pending.type === 'member') this.#answerJoin(pending.token, failedJoin(error, pending.answer.memberId))
    this.#stores.clear()
    this.#assignmentStore = undefined
    this.#members.clear()
    this.#support.clear()
    this.#staticMembers.clear()
    this.#pending.clear()
    this.#rebalanceDeadlineMs = Infinity
    this.#syncDeadlineMs = Infinity
    this.#enter('Dead')
  }

  #answerJoin(token: Token, answer: JoinAnswer): void {
    this.#effects.push({ type: 'joinAnswer', token, answer })
  }

  #answerSync(token: Token, answer: SyncAnswer): void {
    this.#effects.push({ type: 'syncAnswer', token, answer })
  }
}

export function failedJoin(error: KafkaError, memberId: string): JoinAnswer {
  return {
    error,
    memberId,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    members: []
  }
}

export function failedSync(error: KafkaError): SyncAnswer {
  return { error, protocolType: null, protocolName: null, assignment: noBytes }
}
