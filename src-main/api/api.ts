/**
 * The face of the host as every client sees it, whatever carries it (Electron IPC, WebSocket, the control socket).
 */
import type { CommandInput, CommandName, CommandOutput } from './commands'
import type { WatchKey, WatchValue } from './watch'

export const API_ERROR_CODES = [
  'INVALID_INPUT',
  'NOT_FOUND',
  'KAFKA',
  'NOT_RUNNING',
  'CONFLICT',
  'TIMED_OUT',
  'DISCONNECTED',
  'FAILED'
] as const
export type ApiErrorCode = (typeof API_ERROR_CODES)[number]

/** What a failed command answers. `kafkaError` is Kafka's own name (TOPIC_ALREADY_EXISTS), or of a znode
 * ZooKeeper's (NONODE), never translated. */
export interface ApiErrorBody {
  readonly code: ApiErrorCode
  readonly message: string
  readonly kafkaError?: string
}

export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: ApiErrorCode
  readonly kafkaError: string | undefined

  constructor(body: ApiErrorBody) {
    super(body.message)
    this.code = body.code
    this.kafkaError = body.kafkaError
  }
}

export interface LagoonApi {
  /** Rejects with ApiError. */
  call<Name extends CommandName>(name: Name, input: CommandInput<Name>): Promise<CommandOutput<Name>>
  /** Returns the function that ends the watch. `refused`: it is not held, and the error says why and what to do. */
  watch<Key extends WatchKey>(
    key: Key,
    changed: (value: WatchValue<Key>) => void,
    refused?: (error: ApiError) => void
  ): () => void
  /**
   * Whether the host can be reached; called at once and on each change. `isRefused`: it answers, and no longer knows this
   * page.
   */
  connection(changed: (isConnected: boolean, isRefused?: boolean) => void): () => void
}

/**
 * What the preload script puts on `window.lagoonPort`: message passing only. The bridge builds a LagoonApi on it, or
 * on a WebSocket at `/api` in web mode. Messages are those of wire.ts.
 */
export interface LagoonPort {
  post(message: unknown): void
  listen(received: (message: unknown) => void): () => void
}
