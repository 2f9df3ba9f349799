/** What a request to the ensemble failed with, by ZooKeeper's name for it. */
import type { ErrorName } from './wire/codes'

export type EnsembleErrorCode = ErrorName

/** The session or its connection, not the request, is what is wrong: session events tell how it goes on. */
const passing: readonly EnsembleErrorCode[] = ['CONNECTIONLOSS', 'SESSIONEXPIRED', 'SESSIONMOVED']

export const isPassing = ({ code }: EnsembleError): boolean => passing.includes(code)

export class EnsembleError extends Error {
  override readonly name = 'EnsembleError'
  readonly code: EnsembleErrorCode
  readonly path: string
  /** In a multi: the index of the operation that failed, 0 otherwise. Those before it had succeeded and were undone. */
  readonly failedIndex: number

  constructor(code: EnsembleErrorCode, path: string, failedIndex = 0) {
    super(`${code} for ${path}`)
    this.code = code
    this.path = path
    this.failedIndex = failedIndex
  }
}
