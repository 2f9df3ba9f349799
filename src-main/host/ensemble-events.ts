/**
 * What happens to an ensemble of several members, from what they tell: who was elected, and that there is no quorum any more, or again.
 * An election takes a blink, in which nobody leads: that is no loss of the quorum.
 */
import type { EnsembleView } from '../api/ensemble'
import type { ClusterEvent } from '../api/views'
import type { Clock, Timer } from '../kernel/ports'

/** Longer than an election after a leader that fell silent. */
export const blinkMs = 2_000

interface EnsembleEventsPorts {
  readonly clock: Clock
  /** As it is now. */
  readonly view: () => EnsembleView
  readonly event: (event: Omit<ClusterEvent, 'id'>) => void
}

export class EnsembleEvents {
  readonly #ports: EnsembleEventsPorts
  #leader: string | undefined
  #term = 0
  /** Since when there is none, and whether that was told; undefined while there is one, and before the first. */
  #lost: { readonly atMs: number; isTold: boolean } | undefined
  #hadQuorum = false
  #timer: Timer | undefined

  constructor(ports: EnsembleEventsPorts) {
    this.#ports = ports
  }

  /** A member told something, or its process is in another state. */
  look(): void {
    const view = this.#ports.view()
    // One alone is its own majority: what happens to it is what happens to its process.
    if (view.members.length < 2) return
    this.#lookAtLeader(view)
    this.#lookAtQuorum(view)
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #lookAtLeader({ leader, election, members, ...view }: EnsembleView): void {
    // While somebody else stands for the next term, who leads does so in the one before.
    const term = members.find(({ name }) => name === leader)?.term ?? view.term
    if (leader === null || term === null || term < this.#term) return
    if (leader === this.#leader && term === this.#term) return
    this.#leader = leader
    this.#term = term
    const votes = election?.term === term ? election.votes.filter(({ candidate }) => candidate === leader).length : 0
    const params = { term, ...(votes === 0 ? {} : { votes, members: members.length }) }
    this.#tell('memberElected', 'healthy', leader, params)
  }

  #lookAtQuorum({ quorum, running, majority, members }: EnsembleView): void {
    const { clock } = this.#ports
    if (quorum === true) {
      if (this.#lost?.isTold === true) {
        const seconds = Math.max(0, Math.round((clock.nowMs() - this.#lost.atMs) / 1000))
        this.#tell('quorumRegained', 'healthy', null, { seconds })
      }
      this.#hadQuorum = true
      this.#lost = undefined
      this.close()
      return
    }
    if (quorum === null || !this.#hadQuorum) return
    this.#lost ??= { atMs: clock.nowMs(), isTold: false }
    if (this.#lost.isTold) return
    const waitedMs = clock.nowMs() - this.#lost.atMs
    // With too few processes there is nothing to wait for.
    if (running >= majority && waitedMs < blinkMs) {
      this.#timer ??= clock.after(blinkMs, () => {
        this.#timer = undefined
        this.look()
      })
      return
    }
    this.#lost.isTold = true
    this.#tell('quorumLost', 'critical', null, { running, majority, members: members.length })
  }

  #tell(
    code: 'memberElected' | 'quorumLost' | 'quorumRegained',
    level: ClusterEvent['level'],
    subject: string | null,
    params: ClusterEvent['params']
  ): void {
    this.#ports.event({ atMs: this.#ports.clock.nowMs(), code, level, kind: 'cluster', subject, params })
  }
}
