/**
 * Planted errors of consensus, as in ../mutants.mjs: patches of the source that are made while the simulation of consensus
 * alone is bundled (test/unit/simulation/consensus.test.ts), each of which one of the first seeds must find. Each is one that a
 * real system has had, or a rule that somebody might take out.
 */
import type { PlantedError } from '../../support/planted-error'

const raft = 'src-main/coordination/core/consensus/raft.ts'
const durability = 'src-main/coordination/core/consensus/durability.ts'
const leadership = 'src-main/coordination/core/consensus/leadership.ts'
const quorum = 'src-main/coordination/core/consensus/quorum.ts'

export const consensusMutants: readonly PlantedError[] = [
  {
    name: 'answers-before-the-disk',
    file: raft,
    from: 'return compareZxid(this.#verified, persisted) < 0 ? this.#verified : persisted',
    to: 'return this.#verified',
    what: 'a follower answers what is not synced yet'
  },
  {
    name: 'leader-counts-before-its-disk',
    file: raft,
    from: 'const position = leadership.onMajority(this.#durability.persisted)',
    to: 'const position = leadership.onMajority(this.#log.last)',
    what: 'a leader counts itself before it has synced'
  },
  {
    name: 'votes-for-who-is-behind',
    file: raft,
    from: 'return compareZxid(last, this.#log.last) >= 0',
    to: 'return compareZxid(last, last) >= 0',
    what: 'a vote does not look at the log of who asks (dissertation 3.6.1)'
  },
  {
    name: 'cuts-with-every-append',
    file: raft,
    from: 'const from = entries.findIndex(({ zxid }) => !this.#log.contains(zxid))',
    to: 'const from = entries.length > 0 ? 0 : -1',
    what: 'an append cuts the log although it contradicts nothing: an old one takes away what was answered'
  },
  {
    name: 'half-is-a-majority',
    file: quorum,
    from: 'return Math.floor(members / 2) + 1',
    to: 'return Math.floor((members + 1) / 2) - (members > 3 ? 1 : 0) || 1',
    what: 'too few make a majority'
  },
  {
    name: 'commits-beyond-what-agrees',
    file: raft,
    from: 'this.#commit(compareZxid(committed, end) < 0 ? committed : end)',
    to: 'this.#commit(compareZxid(committed, this.#log.last) < 0 ? committed : this.#log.last)',
    what: 'a follower commits entries of which it does not know whether they are the leader’s'
  },
  {
    name: 'commits-older-terms',
    file: raft,
    from: 'position.epoch !== this.term || ',
    to: '',
    what: 'a leader commits entries of earlier terms by counting (dissertation, figure 3.7)'
  },
  {
    name: 'forgets-its-vote',
    file: durability,
    from: 'this.#isHardStateDirty = true',
    to: 'this.#isHardStateDirty = change.term !== undefined',
    what: 'a vote in a term that is known already is not written down'
  },
  {
    name: 'votes-before-the-disk',
    file: raft,
    from: 'if (this.#durability.isHardStateSafe) this.#messages.push({ to, message })',
    to: "if (this.#durability.isHardStateSafe || message.type === 'voteAnswer') this.#messages.push({ to, message })",
    what: 'a vote leaves before it is written down'
  },
  {
    name: 'votes-twice',
    file: raft,
    from: "const isFree = vote === 0 || (vote === from && this.#role === 'follower')",
    to: "const isFree = vote === 0 || this.#role === 'follower'",
    what: 'a member votes for whoever asks'
  },
  {
    name: 'what-was-cut-counts',
    seed: 604,
    file: durability,
    from: 'this.#persisted = cutAt === undefined ? last : (earlier(cutAt, last) ?? last)',
    to: 'void cutAt\n    this.#persisted = last',
    what: 'what was cut while it was being written counts as written (ClickHouse Keeper PR 102629)'
  },
  {
    name: 'wiped-members-vote',
    seed: 52,
    file: raft,
    from: 'get isVoter(): boolean {\n    return this.#durability.hardState.isVoter',
    to: 'get isVoter(): boolean {\n    return this.#durability.hardState.incarnation > 0',
    what: 'a member that was wiped votes before it has everything'
  },
  {
    name: 'wiped-members-count',
    seed: 136,
    file: 'src-main/coordination/core/consensus/progress.ts',
    from: 'return this.standing?.isVoter === true',
    to: 'return this.standing !== undefined',
    what: 'a member that was wiped counts before it is admitted'
  },
  {
    name: 'any-life-is-admitted',
    file: raft,
    from: 'command.memberId === memberId && command.incarnation === incarnation && !isVoter',
    to: 'command.memberId === memberId && !isVoter',
    what: 'a member that was wiped again takes the admission of its earlier life for its own'
  },
  {
    name: 'reads-without-asking',
    seed: 191,
    file: leadership,
    from: 'return roundOfMajority(rounds, this.#options.members.length) ?? -1',
    to: 'return Math.max(...rounds)',
    what: 'a leader that may be none answers reads (ZOOKEEPER-1675)'
  },
  {
    name: 'reads-before-it-is-ready',
    file: raft,
    from: 'this.isReady ? this.#log.last : undefined)',
    to: 'this.#committed)',
    what: 'a leader answers reads before its term has committed anything (Redpanda 5090)'
  },
  {
    name: 'an-entry-too-many-matches',
    seed: 76,
    file: raft,
    from: 'const isKnown = compareZxid(previous, this.#committed) <= 0 || this.#log.contains(previous)',
    to: 'const isKnown = compareZxid(previous, this.#log.last) <= 0',
    what: 'a follower does not look whether it has the entry before'
  },
  {
    name: 'follows-the-past',
    file: raft,
    from: 'if (message.term < this.term) this.#answerOld(from, message)',
    to: "if (message.term < this.term && message.type !== 'append') this.#answerOld(from, message)",
    what: 'a follower takes appends of a leader of an earlier term'
  },
  {
    name: 'counts-old-votes',
    file: raft,
    from: "if (message.isGranted && this.#role === 'candidate') this.#votedBy(from)",
    to: "if (message.isGranted || this.#role === 'candidate') this.#votedBy(from)",
    what: 'a refusal counts as a vote'
  },
  {
    name: 'applies-before-the-disk',
    file: raft,
    from: 'return compareZxid(this.#committed, persisted) < 0 ? this.#committed : persisted',
    to: 'void persisted\n    return this.#committed',
    what: 'entries are applied that this disk does not have: a snapshot gets ahead of the log'
  },
  {
    name: 'forgets-to-go-back-by-terms',
    file: leadership,
    from: 'const floor = this.#options.log.floor(hint)',
    to: 'const floor = this.#options.log.floor(refused)',
    what: 'a leader asks the same follower the same for ever'
  },
  {
    name: 'admits-nobody',
    file: leadership,
    from: 'standing?.isVoter === false &&\n        state',
    to: 'standing?.isVoter === undefined &&\n        state',
    what: 'a member that was wiped never counts again'
  }
]
