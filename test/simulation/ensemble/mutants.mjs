// Planted errors of the ensemble, as those of the cluster (../mutants.mjs): patches of the source that are made while the
// simulator is bundled. `seed` is one that finds it; null: none of the first does (docs/reliability.md says of how many,
// and why).
// Errors of consensus are planted in its own simulation, too (../consensus/consensus-mutants.ts), where nothing is around it.

const node = 'src-main/coordination/ensemble-node.ts'
const storage = 'src-main/coordination/member-storage.ts'
const barriers = 'src-main/coordination/client-barriers.ts'
const sessions = 'src-main/coordination/session-keeper.ts'
const raft = 'src-main/coordination/core/consensus/raft.ts'
const durability = 'src-main/coordination/core/consensus/durability.ts'
const leadership = 'src-main/coordination/core/consensus/leadership.ts'
const tree = 'src-main/coordination/core/tree/znode-tree.ts'
const state = 'src-main/coordination/core/replicated-state.ts'
const connection = 'src-main/coordination/server-connection.ts'
const client = 'src-main/coordination/ensemble-client.ts'
const reads = 'src-main/coordination/core/tree/read-answer.ts'

/** @type {readonly import('../mutants.mjs').Mutant[]} */
export const ensembleMutants = [
  {
    name: 'answers-before-the-disk',
    file: raft,
    from: 'return compareZxid(this.#verified, persisted) < 0 ? this.#verified : persisted',
    to: 'return this.#verified',
    seed: 1,
    what: 'a follower answers what is not synced yet'
  },
  {
    name: 'leader-counts-before-its-disk',
    file: raft,
    from: 'const position = leadership.onMajority(this.#durability.persisted)',
    to: 'const position = leadership.onMajority(this.#log.last)',
    seed: 1,
    what: 'a leader counts itself before it has synced'
  },
  {
    name: 'entries-are-not-synced',
    file: storage,
    from: 'if (truncateAfter !== undefined || entries.length > 0) await this.#txnLog.sync({ mayHoldThread: isHeld })',
    to: '',
    seed: 5,
    what: 'entries count as persisted when they are written, before they are synced'
  },
  {
    name: 'votes-for-who-is-behind',
    file: raft,
    from: 'return compareZxid(last, this.#log.last) >= 0',
    to: 'return compareZxid(last, last) >= 0',
    seed: 33,
    what: 'a vote does not look at the log of who asks (dissertation 3.6.1)'
  },
  {
    name: 'cuts-with-every-append',
    file: raft,
    from: 'const from = entries.findIndex(({ zxid }) => !this.#log.contains(zxid))',
    to: 'const from = entries.length > 0 ? 0 : -1',
    seed: null,
    what: 'an append cuts the log although it contradicts nothing'
  },
  {
    name: 'half-is-a-majority',
    file: 'src-main/coordination/core/consensus/quorum.ts',
    from: 'return Math.floor(members / 2) + 1',
    to: 'return Math.floor((members + 1) / 2) - (members > 3 ? 1 : 0) || 1',
    seed: 57,
    what: 'too few make a majority'
  },
  {
    name: 'commits-beyond-what-agrees',
    file: raft,
    from: 'this.#commit(compareZxid(committed, end) < 0 ? committed : end)',
    to: 'this.#commit(compareZxid(committed, this.#log.last) < 0 ? committed : this.#log.last)',
    seed: 33,
    what: 'a follower commits entries of which it does not know whether they are the leader’s'
  },
  {
    name: 'commits-older-terms',
    file: raft,
    from: 'position.epoch !== this.term || ',
    to: '',
    seed: null,
    what: 'a leader commits entries of earlier terms by counting (dissertation, figure 3.7)'
  },
  {
    name: 'votes-are-not-kept',
    file: storage,
    from: 'if (hardState !== undefined) await this.#hardState.write(hardState)',
    to: 'if (hardState?.vote === -1) await this.#hardState.write(hardState)',
    seed: 1,
    what: 'term and vote are not written'
  },
  {
    name: 'forgets-its-vote',
    file: durability,
    from: 'this.#isHardStateDirty = true',
    to: 'this.#isHardStateDirty = change.term !== undefined',
    seed: 6,
    what: 'a vote in a term that is known already is not written down'
  },
  {
    name: 'votes-before-the-disk',
    file: raft,
    from: 'if (this.#durability.isHardStateSafe) this.#messages.push({ to, message })',
    to: "if (this.#durability.isHardStateSafe || message.type === 'voteAnswer') this.#messages.push({ to, message })",
    seed: null,
    what: 'a vote leaves before it is written down'
  },
  {
    name: 'votes-twice',
    file: raft,
    from: "const isFree = vote === 0 || (vote === from && this.#role === 'follower')",
    to: "const isFree = vote === 0 || this.#role === 'follower'",
    seed: 2,
    what: 'a member votes for whoever asks'
  },
  {
    name: 'what-was-cut-counts',
    file: durability,
    from: 'this.#persisted = cutAt === undefined ? last : (earlier(cutAt, last) ?? last)',
    to: 'void cutAt\n    this.#persisted = last',
    seed: null,
    what: 'what was cut while it was being written counts as written (ClickHouse Keeper PR 102629)'
  },
  {
    name: 'wiped-members-vote',
    file: raft,
    from: 'get isVoter(): boolean {\n    return this.#durability.hardState.isVoter',
    to: 'get isVoter(): boolean {\n    return this.#durability.hardState.incarnation > 0',
    seed: 16,
    what: 'a member that was wiped votes before it has everything'
  },
  {
    name: 'wiped-members-count',
    file: 'src-main/coordination/core/consensus/progress.ts',
    from: 'return this.standing?.isVoter === true',
    to: 'return this.standing !== undefined',
    seed: 36,
    what: 'a member that was wiped counts before it is admitted'
  },
  {
    name: 'wiped-members-found-it-again',
    file: storage,
    from: 'const isVoter = lastZxid.epoch > 0 || this.#options.peers?.isFounding !== false',
    to: 'const isVoter = lastZxid.epoch >= 0',
    seed: 16,
    what: 'a member that was wiped counts as if the ensemble began'
  },
  {
    name: 'reads-without-asking',
    file: leadership,
    from: 'return roundOfMajority(rounds, this.#options.members.length) ?? -1',
    to: 'return Math.max(...rounds)',
    seed: null,
    what: 'a leader that may be none answers syncs (ZOOKEEPER-1675)'
  },
  {
    name: 'writes-overtake-waiting-reads',
    file: connection,
    from: 'if (this.#barriers > 0) this.#queue.push(',
    to: 'if (this.#barriers < 0) this.#queue.push(',
    seed: 1,
    what: 'a write does not wait for a sync or a ping before it: reads between see it'
  },
  {
    name: 'sync-is-answered-at-once',
    file: connection,
    from: 'this.#member.barrier(this.#readBehind(cameAtMs, xid, request))',
    to: 'this.#readBehind(cameAtMs, xid, request)(true)',
    seed: 66,
    what: 'sync does not ask the leader'
  },
  {
    name: 'sync-is-answered-before-it-is-applied',
    file: barriers,
    from: 'if (position === undefined || compareZxid(position, lastApplied) > 0) continue',
    to: 'if (position === undefined || compareZxid(position, position) > 0) continue',
    seed: 66,
    what: 'sync does not wait until this member has applied what the leader told'
  },
  {
    name: 'an-entry-too-many-matches',
    file: raft,
    from: 'const isKnown = compareZxid(previous, this.#committed) <= 0 || this.#log.contains(previous)',
    to: 'const isKnown = compareZxid(previous, this.#log.last) <= 0',
    seed: null,
    what: 'a follower does not look whether it has the entry before'
  },
  {
    name: 'follows-the-past',
    file: raft,
    from: 'if (message.term < this.term) this.#answerOld(from, message)',
    to: "if (message.term < this.term && message.type !== 'append') this.#answerOld(from, message)",
    seed: null,
    what: 'a follower takes appends of a leader of an earlier term'
  },
  {
    name: 'applies-before-the-disk',
    file: raft,
    from: 'return compareZxid(this.#committed, persisted) < 0 ? this.#committed : persisted',
    to: 'void persisted\n    return this.#committed',
    seed: 5,
    what: 'entries are applied that this disk does not have: a snapshot gets ahead of the log'
  },
  {
    name: 'admits-nobody',
    file: leadership,
    from: 'standing?.isVoter === false &&\n        state',
    to: 'standing?.isVoter === undefined &&\n        state',
    seed: 6,
    what: 'a member that was wiped never counts again'
  },
  {
    name: 'a-snapshot-of-the-past',
    file: node,
    from: 'this.#state = state\n',
    to: '',
    seed: 6,
    what: 'a snapshot of the leader is kept, but not taken as the state'
  },
  {
    name: 'pings-are-answered-at-once',
    file: connection,
    from: 'this.#member.confirm(this.#readBehind(cameAtMs, specialXids.ping, request))',
    to: 'this.#readBehind(cameAtMs, specialXids.ping, request)(true)',
    seed: 407,
    what: 'a member answers pings of which the leader never hears (ADR 47)'
  },
  {
    name: 'sessions-are-heard-of-by-nobody',
    file: sessions,
    from: 'if (send?.(told) === false) return false',
    to: 'if (told.length < 0) return false',
    seed: 2,
    what: 'a leader expires sessions that are alive at a follower (ClickHouse Keeper PR 121361)'
  },
  {
    name: 'clocks-go-on-from-before',
    file: sessions,
    from: 'if (isReady) this.started(session)',
    to: 'if (isReady && this.clocks.inspect() === undefined) this.started(session)',
    seed: 79,
    what: 'a new leader does not begin the clocks of sessions, which never expire'
  },
  {
    name: 'clients-stay-without-a-leader',
    file: node,
    from: 'if (this.#leaderId !== 0) this.#port.closeAll()\n    this.#leaderId = leaderId',
    to: 'this.#leaderId = leaderId',
    seed: 119,
    what: 'clients of a member that lost its leader wait for what nobody may ever answer'
  },
  {
    name: 'the-same-leader-is-the-same',
    file: node,
    from: 'if (leaderId === this.#leaderId && (leaderId === 0 || term === this.#leaderTerm)) return',
    to: 'if (leaderId === this.#leaderId) return',
    seed: null,
    what: 'a leader that lost a term and won a later one is taken for one that has all it took'
  },
  {
    name: 'links-break-unheard',
    file: node,
    from: 'if (lostId === this.#leaderId) this.#port.closeAll()\n        this.#guarded(() => {\n          this.#raft?.linkLost(lostId, clock.monotonicMs())\n          this.#drive()\n        })',
    to: 'void lostId',
    seed: 20219,
    what: 'what was on its way over a link that broke is waited for'
  },
  {
    name: 'clients-stay-over-a-snapshot',
    file: node,
    from: 'installing: () => this.#port.closeAll(),',
    to: 'installing: () => undefined,',
    seed: 572,
    what: 'clients of a member that is sent a snapshot are told nothing of what it left out'
  },
  {
    name: 'moved-sessions-write',
    file: state,
    from: "case 'operation':\n        if (!this.#isAttached(command)) return { outcome: { type: 'moved' }, changes: noChanges }",
    to: "case 'operation':",
    seed: 141,
    what: 'a connection whose session is elsewhere, or over, still writes'
  },
  {
    name: 'ephemerals-stay',
    file: tree,
    from: 'for (const path of [...(this.#ephemerals.get(context.sessionId) ?? [])].sort()) {',
    to: 'for (const path of [...(this.#ephemerals.get(context.sessionId) ?? [])].sort().slice(0, 1)) {',
    seed: 3,
    what: 'a session that ends leaves ephemerals behind'
  },
  {
    name: 'multis-by-halves',
    file: tree,
    from: 'takeBack()\n',
    to: 'if (i === 0) takeBack()\n',
    seed: 4,
    what: 'of a multi that fails something stays'
  },
  {
    name: 'sequences-by-children',
    file: tree,
    from: 'const path = isSequential ? request.path + sequenceSuffix(parent.childCreates) : request.path',
    to: 'const path = isSequential ? request.path + sequenceSuffix(parent.children?.size ?? 0) : request.path',
    seed: 2,
    what: 'sequential znodes are numbered by the children that are left'
  },
  {
    name: 'watches-are-told-late',
    file: connection,
    from: 'this.#connection.send(watchEventFrame(event))\n',
    to: 'this.#member.soon(() => this.#connection.send(watchEventFrame(event)))\n',
    seed: 13,
    what: 'an event is sent after answers that show the change'
  },
  {
    name: 'watches-are-not-armed-again',
    file: client,
    from: 'for (const request of this.#watches.setWatchesRequests(this.#lastZxidSeen)) {',
    to: 'for (const request of this.#watches.setWatchesRequests(this.#lastZxidSeen).slice(1)) {',
    seed: 2,
    what: 'a client that comes back does not say what it watches'
  },
  {
    name: 'what-was-missed-is-not-told',
    file: reads,
    from: 'else if (compareZxid(znode.mzxid, request.relativeZxid) > 0) missed',
    to: 'else if (compareZxid(znode.mzxid, znode.mzxid) > 0) missed',
    seed: 34,
    what: 'a watch that is armed again does not fire for what happened meanwhile'
  },
  {
    name: 'replies-out-of-order',
    file: connection,
    from: "if (head.type === 'handshake' || head.type === 'write' || head.type === 'held') break",
    to: "if (head.type === 'handshake') break\n      if (head.type === 'write') {\n        const at = this.#queue.findIndex((one) => one.type === 'read' && one.barrier === undefined)\n        const [next] = at < 0 ? [] : this.#queue.splice(at, 1)\n        if (next === undefined) break\n        this.#queue.unshift(next)\n        this.#answerHead()\n        continue\n      }",
    seed: 1,
    what: 'a read does not wait for the writes before it'
  }
]
