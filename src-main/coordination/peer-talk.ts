/**
 * What a member says to the others and hears from them, on links that are there or not: consensus' messages and what they want read
 * from the disk, proposals of a follower's clients, and whose sessions it has heard of.
 */
import type { SessionId } from '../kernel/ids'
import type { Clock, Log } from '../kernel/ports'
import type { ClientBarriers } from './client-barriers'
import { problemOf } from './core/client-command'
import type { Wanted } from './core/consensus/leadership'
import { termsAheadMax, type MemberId } from './core/consensus/messages'
import type { Raft, Ready } from './core/consensus/raft'
import type { RefusedSnapshot } from './core/consensus/snapshot-intake'
import type { LogCommand } from './core/log-entry'
import type { MemberStorage } from './member-storage'
import type { PeerLinks, PeerLinksOptions } from './peer-links'
import type { SessionKeeper } from './session-keeper'
import type { Zxid } from './wire/zxid'

export type HeardFrame = Parameters<PeerLinksOptions['heard']>[1]

export interface TalkParts {
  readonly memberId: MemberId
  readonly clock: Clock
  readonly sessions: SessionKeeper
  readonly storage: MemberStorage
  readonly barriers: ClientBarriers
  /** Undefined of an ensemble of one. */
  readonly links: () => PeerLinks | undefined
  /** What was forwarded is in no log. */
  readonly notTaken: (command: LogCommand) => void
  readonly log: Log
  /** Once for each. */
  readonly snapshotRefused: (refused: RefusedSnapshot) => void
}

export class PeerTalk {
  readonly #parts: TalkParts
  /** What was told last. */
  #refused: RefusedSnapshot | undefined

  constructor(parts: TalkParts) {
    this.#parts = parts
  }

  /** Why no member of this ensemble says so: then its link is closed. Undefined of what is to be heard. */
  static problemOf(raft: Raft | undefined, from: MemberId, frame: HeardFrame): string | undefined {
    if (frame.type === 'proposal') return problemOf(frame.command, from)
    const term = raft?.term ?? 0
    if (frame.type !== 'consensus' || frame.message.term <= term + termsAheadMax) return undefined
    return `it is in term ${frame.message.term}, and this one in ${term}: one of them has the data of another ensemble`
  }

  /** True when something may be to be done now. */
  heard(raft: Raft, from: MemberId, frame: HeardFrame): boolean {
    const { clock, sessions, links, notTaken } = this.#parts
    switch (frame.type) {
      case 'consensus':
        raft.step(from, frame.message, clock.monotonicMs())
        if (frame.message.type === 'snapshot') this.#tellRefused(raft.refusedSnapshot)
        return true
      case 'proposal': {
        const { proposalId, command } = frame
        const timeMs = clock.nowMs()
        sessions.askedFor(command)
        if (raft.propose({ proposalId, timeMs, command }, from) !== 'taken')
          links()?.send(from, { type: 'notTaken', command })
        return true
      }
      case 'notTaken':
        notTaken(frame.command)
        return false
      case 'touched':
        sessions.heardOf(frame.sessionIds)
        return false
    }
  }

  #tellRefused(refused: RefusedSnapshot | undefined): void {
    if (refused === undefined || refused === this.#refused) return
    this.#refused = refused
    this.#parts.log(
      'error',
      'the leader sends a snapshot that is larger than a member takes: this one cannot catch up',
      {
        ...refused
      }
    )
    this.#parts.snapshotRefused(refused)
  }

  /** True when it is taken by this member, or on its way to the one that leads. */
  propose(raft: Raft, proposalId: number, command: LogCommand): boolean {
    const { memberId, clock, links } = this.#parts
    const { leaderId } = raft
    if (leaderId !== 0 && leaderId !== memberId)
      return links()?.send(leaderId, { type: 'proposal', proposalId, command }) === true
    return raft.propose({ proposalId, timeMs: clock.nowMs(), command }) === 'taken'
  }

  /** False when nobody leads, or the leader was not told of all. */
  tellTouched(leaderId: MemberId): boolean {
    const { memberId, sessions, links } = this.#parts
    const send = (sessionIds: readonly SessionId[]): boolean =>
      links()?.send(leaderId, { type: 'touched', sessionIds }) === true
    return sessions.tell(leaderId === memberId ? undefined : send) && leaderId !== 0
  }

  /** All that consensus has to say, and what it wants to be read. */
  say(raft: Raft, ready: Ready): void {
    const { messages, wanted } = ready
    const links = this.#parts.links()
    this.#parts.barriers.answered(ready)
    for (const { to, message } of messages) links?.send(to, { type: 'consensus', message })
    // Others have it to do while this member writes and applies.
    if (messages.length > 0) links?.flush()
    for (const one of wanted) this.#give(raft, one)
  }

  #give(raft: Raft, wanted: Wanted): void {
    const { storage, clock } = this.#parts
    const { memberId } = wanted
    if (wanted.type === 'entries') {
      const isNext = (after: Zxid, next: Zxid): boolean => raft.follows(after, next)
      raft.entriesRead(memberId, wanted.after, storage.entries(wanted, isNext))
    } else raft.snapshotRead(memberId, storage.piece(wanted), clock.monotonicMs())
  }
}
