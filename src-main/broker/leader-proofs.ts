/**
 * Proof that nobody else led a partition when a client's answer was made, for a leader that cannot know that by itself (ADR 39): every
 * follower that may be elected has been answered since, and has asked again (Raft's read index, by fetches that followers send
 * anyway). Fetches that are waited for are not held, so a proof takes one or two round trips.
 */
import type { LeaderEpoch } from '../kernel/ids'
import type { Clock } from '../kernel/ports'
import type { FollowerPollBook } from './core/follower-polls'
import type { Partition } from './partition'
import type { ConnectionLife } from './server/connection-life'

export interface LeaderProofPorts {
  readonly clock: Clock
  readonly polls: FollowerPollBook
  /** Fetches that wait for something to happen to that partition are looked at again. */
  readonly wake: (partition: Partition) => void
  /** This broker's session with the ensemble lives, and so do its roles: nothing is in doubt. */
  readonly isSurelyRegistered: () => boolean
}

/** A client is to be told of that partition, by a broker that cannot know whether it led it in that term. */
export interface Doubt {
  readonly partition: Partition
  readonly leaderEpoch: LeaderEpoch
}

interface Proof {
  /** Followers must have been answered after it, and have asked again. */
  readonly turn: number
  readonly doubts: readonly Doubt[]
  /** Over these they are followed; each leaves when its follower has asked again. */
  readonly awaited: Set<object>
  readonly end: (unproven: ReadonlySet<Doubt>) => void
}

/** Followers' fetches are held for half a second at most, those of very many partitions always: two of them, and a bit. */
const proofMaxMs = 1200
/** Of all proofs that are under way, about 200 bytes each: more are refused. */
const doubtsMax = 100_000

export class LeaderProofs {
  readonly #ports: LeaderProofPorts
  readonly #proofs = new Set<Proof>()
  #doubts = 0

  constructor(ports: LeaderProofPorts) {
    this.#ports = ports
  }

  /**
   * Resolves, within 1.2 s, with those doubts that stay: what was looked up of them is not to be told. Call it after that. Who asked, and
   * has gone, waits for nothing.
   */
  unproven(doubts: readonly Doubt[], life: ConnectionLife): Promise<ReadonlySet<Doubt>> {
    if (life.isOver || this.#doubts + doubts.length > doubtsMax) return Promise.resolve(new Set(doubts))
    return new Promise((resolve) => {
      const timer = this.#ports.clock.after(proofMaxMs, () => proof.end(unprovenOf(proof)))
      const forget = life.onOver(() => proof.end(new Set(doubts)))
      const proof: Proof = {
        turn: this.#ports.polls.turn(),
        doubts,
        awaited: new Set(),
        end: (unproven) => {
          timer.cancel()
          forget()
          if (this.#proofs.delete(proof)) this.#doubts -= doubts.length
          resolve(unproven)
        }
      }
      this.#proofs.add(proof)
      this.#doubts += doubts.length
      this.#await(proof)
      if (proof.awaited.size === 0) proof.end(unprovenOf(proof))
    })
  }

  /** One partition of each connection is enough to have what is asked there answered. */
  #await({ doubts, awaited }: Proof): void {
    for (const { partition } of doubts)
      for (const connection of partition.rivalConnections) {
        if (awaited.has(connection)) continue
        awaited.add(connection)
        this.#ports.wake(partition)
      }
  }

  /** What was asked over that connection is to be answered at once: what comes next is waited for. */
  isPollAwaited(connection: object): boolean {
    // Over a connection that is new nothing shows yet whom its follower follows.
    const { polls, isSurelyRegistered } = this.#ports
    if (polls.of(connection)?.followedTurn === 0 && !isSurelyRegistered()) return true
    for (const { awaited } of this.#proofs) if (awaited.has(connection)) return true
    return false
  }

  /** A follower has asked, and was looked at. */
  polled(connection: object): void {
    if (this.#proofs.size === 0) return
    const followedTurn = this.#ports.polls.of(connection)?.followedTurn ?? 0
    for (const proof of [...this.#proofs]) {
      if (followedTurn <= proof.turn || !proof.awaited.delete(connection) || proof.awaited.size > 0) continue
      const unproven = unprovenOf(proof)
      // What is not shown by now may be by the time that it may take: a follower that comes over another connection.
      if (unproven.size === 0) proof.end(unproven)
    }
  }
}

function unprovenOf({ doubts, turn }: Proof): ReadonlySet<Doubt> {
  return new Set(
    doubts.filter(
      // In another term somebody may have led in between.
      ({ partition, leaderEpoch }) => partition.leaderEpoch !== leaderEpoch || !partition.isProvenSince(turn)
    )
  )
}
