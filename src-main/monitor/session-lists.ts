/**
 * Sessions and watches on demand: every member is asked in its four-letter words, since each knows only its own clients. Members of
 * a large ensemble put together some megabytes for that, so that an answer is used again for a second, and for ten times as long as it took:
 * whoever looks, and however many, costs a member a tenth of its time at most.
 */
import type { CommandInput, CommandOutput } from '../api/commands'
import type { SessionRow } from '../api/sessions'
import type { EnsembleClient } from '../coordination/ensemble-client'
import { AppError, ignore } from '../kernel/errors'
import type { Address, AskWord, Clock } from '../kernel/ports'
import { connectionsIn, isCutShort, isNotServing, sessionsIn, watchesIn } from './core/member-words'
import {
  sessionRows,
  sessionsView,
  watchedPathsView,
  watchersView,
  type MemberTold,
  type Told
} from './core/session-rows'

/** A member's own bound of one answer (coordination/core/bounded-text), and a line more. */
const answerBytesMax = 8 * 1024 * 1024 + 1024
const answerTimeoutMs = 5_000
const keptMs = 1_000
const keptTimes = 10

export interface SessionListPorts {
  readonly clock: Clock
  readonly addresses: readonly Address[]
  readonly askWord: AskWord
  readonly client: Pick<EnsembleClient, 'sessionId'>
}

interface SessionsTold {
  readonly told: Told
  readonly rows: readonly SessionRow[]
}

interface WatchesTold {
  readonly watches: ReadonlyMap<string, readonly string[]>
  readonly silent: readonly string[]
  readonly isCut: boolean
}

export class SessionLists {
  readonly #ports: SessionListPorts
  readonly #sessions: () => Promise<SessionsTold>
  readonly #watches: () => Promise<WatchesTold>

  constructor(ports: SessionListPorts) {
    this.#ports = ports
    this.#sessions = kept(ports.clock, () => this.#askSessions())
    this.#watches = kept(ports.clock, () => this.#askWatches())
  }

  async list(asked: CommandInput<'session.list'>): Promise<CommandOutput<'session.list'>> {
    const { told, rows } = await this.#sessions()
    return sessionsView(told, rows, asked)
  }

  async watchedPaths(asked: CommandInput<'watch.paths'>): Promise<CommandOutput<'watch.paths'>> {
    const { told, watches, owners } = await this.#both()
    return watchedPathsView(told, watches, owners, asked)
  }

  async watchers(asked: CommandInput<'watch.sessions'>): Promise<CommandOutput<'watch.sessions'>> {
    const { told, watches, owners } = await this.#both()
    return watchersView(told, watches, owners, asked)
  }

  async #both() {
    const [{ told, rows }, { watches, silent, isCut }] = await Promise.all([this.#sessions(), this.#watches()])
    const owners = new Map(rows.map((row) => [row.sessionId, row] as const))
    return { told: { ...told, silent, isCut }, watches, owners }
  }

  async #askSessions(): Promise<SessionsTold> {
    const { addresses, client, clock } = this.#ports
    const answers = await Promise.all(addresses.map((address) => this.#askMember(address)))
    const told: Told = {
      members: answers.flatMap(({ told: one }) => one ?? []),
      silent: answers.flatMap(({ member, told: one }) => (one === undefined ? [member] : [])),
      isCut: answers.some(({ isCut }) => isCut),
      nowMs: clock.nowMs(),
      ours: client.sessionId === 0n ? undefined : `0x${BigInt.asUintN(64, client.sessionId).toString(16)}`
    }
    return { told, rows: sessionRows(told) }
  }

  async #askMember(address: Address): Promise<{ member: string; told: MemberTold | undefined; isCut: boolean }> {
    const member = nameOf(address)
    const [cons, dump] = await Promise.all([this.#ask(address, 'cons'), this.#ask(address, 'dump')])
    if (cons === undefined || dump === undefined) return { member, told: undefined, isCut: false }
    const told = { member, connections: connectionsIn(cons.text), dump: sessionsIn(dump.text) }
    return { member, told, isCut: cons.isCut || dump.isCut }
  }

  async #askWatches(): Promise<WatchesTold> {
    const { addresses } = this.#ports
    const answers = await Promise.all(
      addresses.map(async (address) => ({ member: nameOf(address), answer: await this.#ask(address, 'wchp') }))
    )
    const watches = new Map<string, string[]>()
    for (const { answer } of answers)
      for (const [path, sessionId] of answer === undefined ? [] : watchesIn(answer.text)) {
        const ids = watches.get(path)
        if (ids === undefined) watches.set(path, [sessionId])
        else ids.push(sessionId)
      }
    return {
      watches,
      silent: answers.flatMap(({ member, answer }) => (answer === undefined ? [member] : [])),
      isCut: answers.some(({ answer }) => answer?.isCut === true)
    }
  }

  /** Undefined of a member that does not answer, or has no leader. */
  async #ask(address: Address, word: string): Promise<{ readonly text: string; readonly isCut: boolean } | undefined> {
    try {
      const answer = await this.#ports.askWord(address, word, {
        timeoutMs: answerTimeoutMs,
        bytesMax: answerBytesMax
      })
      if (isNotServing(answer.text)) return undefined
      return { text: answer.text, isCut: !answer.isWhole || isCutShort(answer.text) }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      ignore(error, 'told as a member that says nothing')
      return undefined
    }
  }
}

const nameOf = ({ host, port }: Address): string => `${host}:${port}`

/** One question at a time, whose answer whoever asks meanwhile and soon afterwards gets, too. */
function kept<T>(clock: Clock, ask: () => Promise<T>): () => Promise<T> {
  let last: { readonly answer: Promise<T>; untilMs: number } | undefined
  return () => {
    if (last !== undefined && clock.monotonicMs() < last.untilMs) return last.answer
    const begunMs = clock.monotonicMs()
    const asked = { answer: ask(), untilMs: Infinity }
    last = asked
    const ended = (): void => {
      const nowMs = clock.monotonicMs()
      asked.untilMs = nowMs + Math.max(keptMs, keptTimes * (nowMs - begunMs))
    }
    asked.answer.then(ended, () => (last = undefined))
    return asked.answer
  }
}
