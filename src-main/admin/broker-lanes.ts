/**
 * Connections to brokers: one per broker and lane, opened when first needed. Requests on one connection are answered in
 * order, so what may wait (a long poll, a join) has a lane of its own.
 *
 * A request ends after its own time-out, but the connection stays: a broker that is stopped answers late, once it goes
 * on. Until then each further request of that lane fails at once, so that nothing piles up and nobody waits twice; after
 * `stalledMsMax` the connection is given up for a new one.
 */
import { Connection, ResponseError } from '@platformatic/kafka'
import { AppError, ignore, messageOf } from '../kernel/errors'
import { InvariantError } from '../kernel/invariant'
import { isPort } from '../kernel/ports'
import type { KafkaProblem } from '../kernel/cluster-ports'
import { kafkaErrorSentence } from '../kernel/kafka-errors'
import { said } from '../kernel/said'
import { errorName, isErrorCode } from '../protocol/wire/error-codes'

export interface HostPort {
  readonly host: string
  readonly port: number
}

const connectTimeoutMs = 800
/** The library's own; above every time-out of ours, of which a join has the longest. */
const requestTimeoutMs = 120_000
const stalledMsMax = 10_000
const inflightMax = 64

/** A request of the library: called with the connection, it resolves with the parsed answer. */
export type Ask<T> = (connection: Connection) => Promise<T>

interface Lane {
  readonly connection: Connection
  readonly connected: Promise<void>
  isBroken: boolean
  /** Requests that ran out of time and are still unanswered. */
  unanswered: number
  stalledSinceMs: number
}

export class BrokerLanes {
  readonly #clientId: string
  readonly #lanes = new Map<string, Lane>()

  constructor(clientId: string) {
    this.#clientId = clientId
  }

  async ask<T>(to: HostPort, lane: string, timeoutMs: number, ask: Ask<T>): Promise<T> {
    // Whatever a broker says of another is taken for an address.
    if (!isPort(to.port))
      throw new AppError('CONNECTION_REFUSED', said`${addressOf(to)} is no address: ${to.port} is no port.`)
    const key = `${lane} ${addressOf(to)}`
    const open = this.#usable(key, to)
    if (open.unanswered > 0) throw stalled(to)
    return await this.#withinTime(open, to, timeoutMs, async () => {
      await open.connected
      return ask(open.connection)
    })
  }

  #usable(key: string, address: HostPort): Lane {
    const known = this.#lanes.get(key)
    if (known !== undefined) {
      const isStale = known.unanswered > 0 && performance.now() - known.stalledSinceMs > stalledMsMax
      const status = known.connection.status
      if (!known.isBroken && !isStale && status !== 'closed' && status !== 'closing' && status !== 'error') return known
      this.#drop(key, known)
    }
    const connection = new Connection(this.#clientId, {
      connectTimeout: connectTimeoutMs,
      requestTimeout: requestTimeoutMs,
      maxInflights: inflightMax
    })
    // Each request learns of it by its own rejection.
    connection.on('error', (error) => ignore(error, 'told by the requests of this connection'))
    const connected = Promise.resolve(connection.connect(address.host, address.port))
    const lane: Lane = { connection, connected, isBroken: false, unanswered: 0, stalledSinceMs: 0 }
    connected.catch((error: unknown) => {
      ignore(error, 'told by the requests of this connection')
      lane.isBroken = true
    })
    this.#lanes.set(key, lane)
    return lane
  }

  async #withinTime<T>(lane: Lane, to: HostPort, timeoutMs: number, work: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    let isLate = false
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        isLate = true
        if (lane.unanswered++ === 0) lane.stalledSinceMs = performance.now()
        reject(stalled(to))
      }, timeoutMs)
    })
    const answered = work().finally(() => {
      if (isLate) lane.unanswered--
    })
    answered.catch((error: unknown) => ignore(error, 'told below, unless it came too late to matter'))
    try {
      return await Promise.race([answered, late])
    } catch (error) {
      throw asAppError(error, to)
    } finally {
      clearTimeout(timer)
    }
  }

  #drop(key: string, lane: Lane): void {
    this.#lanes.delete(key)
    lane.connection.close().catch((error: unknown) => ignore(error, 'it is given up'))
    // `close` lets queued bytes leave first, for which a stopped broker would be waited for.
    lane.connection.socket?.destroy()
  }

  closeLane(lane: string): void {
    for (const [key, open] of this.#lanes) if (key.startsWith(`${lane} `)) this.#drop(key, open)
  }

  close(): void {
    for (const [key, open] of this.#lanes) this.#drop(key, open)
  }
}

/** In a sentence it is one name: a host of IPv6 has colons of its own. */
const addressOf = ({ host, port }: HostPort): string => `${host}:${port}`

function stalled(to: HostPort): AppError {
  return new AppError('TIMED_OUT', said`The broker at ${addressOf(to)} did not answer in time.`)
}

/** What came, although the library threw because one partition or topic in it has an error. */
export async function partial<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ResponseError) {
      const { response } = error as unknown as { readonly response?: T }
      if (response !== undefined) return response
    }
    throw error
  }
}

export function kafkaProblem(errorCode: number, message?: string | null): KafkaProblem | null {
  if (errorCode === 0) return null
  const name = isErrorCode(errorCode) ? errorName(errorCode) : `ERROR_${errorCode}`
  return { name, message: kafkaErrorSentence(name, message) }
}

export function kafkaError(problem: KafkaProblem, details: Readonly<Record<string, unknown>> = {}): AppError {
  return new AppError('KAFKA', problem.message, { details: { kafkaError: problem.name, ...details } })
}

/** Throws for an error code other than 0. */
export function check(errorCode: number, message?: string | null): void {
  const problem = kafkaProblem(errorCode, message)
  if (problem !== null) throw kafkaError(problem)
}

/** The library fails with errors of any class, also over odd answers: all but our own broken invariants are the broker's. */
function asAppError(error: unknown, to: HostPort): AppError {
  if (error instanceof AppError) return error
  if (error instanceof InvariantError) throw error
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined
  if (cause?.code === 'ECONNREFUSED') {
    return new AppError('CONNECTION_REFUSED', said`Nothing listens at ${addressOf(to)}.`, { cause: error })
  }
  const message = said`The broker at ${addressOf(to)} did not answer: ${messageOf(error)}`
  return new AppError('CONNECTION_LOST', message, { cause: error })
}

/** Of a request about one thing. */
export function only<T>(answers: readonly T[]): T {
  const answer = answers[0]
  if (answer === undefined) throw kafkaError({ name: 'UNKNOWN_SERVER_ERROR', message: said`There was no answer.` })
  return answer
}
