/** Planted errors of what is around consensus (see ../consensus/consensus-mutants.ts), each found by one of the first seeds. */
import type { PlantedError } from '../../support/planted-error'

const node = 'src-main/coordination/ensemble-node.ts'

export const ensembleMutants: readonly PlantedError[] = [
  {
    name: 'sync-is-answered-at-once',
    seed: 8,
    file: node,
    from: 'if (this.#raft?.read(readId) === true) this.#barriers.set(readId, { passed, position: undefined })\n    else this.#options.clock.soon(() => passed(false))',
    to: 'void readId\n    this.#options.clock.soon(() => passed(true))',
    what: 'sync does not ask the leader'
  },
  {
    name: 'sync-is-answered-before-it-is-applied',
    seed: 59,
    file: node,
    from: 'if (position === undefined || compareZxid(position, this.#state.lastApplied) > 0) continue',
    to: 'if (position === undefined || compareZxid(position, position) > 0) continue',
    what: 'sync does not wait until this member has applied what the leader told'
  },
  {
    name: 'entries-are-not-synced',
    file: node,
    from: 'if (truncateAfter !== undefined || entries.length > 0) await this.#txnLog.sync()',
    to: '',
    what: 'entries count as persisted when they are written, before they are synced'
  },
  {
    name: 'votes-are-not-kept',
    file: node,
    from: 'if (hardState !== undefined) await this.#hardState.write(hardState)',
    to: 'if (hardState?.vote === -1) await this.#hardState.write(hardState)',
    what: 'term and vote are not written'
  },
  {
    name: 'sessions-are-heard-of-by-nobody',
    file: node,
    from: 'if (this.#links !== undefined && !this.#areClocksRunning) this.#touched.add(sessionId)',
    to: '',
    what: 'a leader expires sessions that are alive at a follower (ClickHouse Keeper PR 121361)'
  },
  {
    name: 'a-snapshot-of-the-past',
    file: node,
    from: 'this.#state = state\n',
    to: '',
    what: 'a snapshot of the leader is kept, but not taken as the state'
  },
  {
    name: 'wiped-members-found-it-again',
    seed: 19,
    file: node,
    from: 'const isVoter = lastZxid.epoch > 0 || this.#options.peers?.isFounding !== false',
    to: 'const isVoter = lastZxid.epoch >= 0',
    what: 'a member that was wiped counts as if the ensemble began'
  }
]
