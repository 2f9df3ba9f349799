/**
 * How the controller writes znodes: multis that succeed only while the office is this broker's, guarded by the version of
 * /controller_epoch (KAFKA-6082), and writes that do not mind when somebody else was there before.
 */
import { ignore, messageOf } from '../../kernel/errors'
import { EnsembleError, type EnsembleClient, type Operation } from '../../coordination/ensemble-client'
import { paths } from '../core/znodes'

/** Znodes written in one multi; far below the ensemble's frame limit. */
export const partitionsPerMulti = 200

/** The controller lost its office in the middle of something. */
export class ControllerMoved extends Error {
  override readonly name = 'ControllerMoved'
}

export class ControllerWrites {
  readonly #ensemble: EnsembleClient
  readonly #epochVersion: number

  /** For one term of office: the version of /controller_epoch with which it began. */
  constructor(ensemble: EnsembleClient, epochVersion: number) {
    this.#ensemble = ensemble
    this.#epochVersion = epochVersion
  }

  /** The new versions, one an operation. Rejects with ControllerMoved when the office is another's by now. */
  async multi(operations: readonly Operation[]): Promise<readonly { readonly version: number }[]> {
    const check: Operation = { type: 'check', path: paths.controllerEpoch, version: this.#epochVersion }
    try {
      const results = await this.#ensemble.multi([check, ...operations])
      return results.slice(1).map(({ stat }) => ({ version: stat?.version ?? 0 }))
    } catch (error) {
      const isGuard = error instanceof EnsembleError && error.failedIndex === 0
      if (isGuard && (error.code === 'BADVERSION' || error.code === 'NONODE')) throw new ControllerMoved()
      throw error
    }
  }
}

export async function createIfMissing(ensemble: EnsembleClient, path: string, data: Uint8Array | null): Promise<void> {
  try {
    await ensemble.create(path, data)
  } catch (error) {
    if (!(error instanceof EnsembleError) || error.code !== 'NODEEXISTS') throw error
    ignore(error, 'it is there: that was the aim')
  }
}

export async function deleteIfThere(ensemble: EnsembleClient, path: string): Promise<void> {
  try {
    await ensemble.delete(path)
  } catch (error) {
    if (!(error instanceof EnsembleError) || error.code !== 'NONODE') throw error
    ignore(error, messageOf(error))
  }
}

/** The parent may have gone meanwhile: whoever writes below finds that out. */
export async function createIfThereIsParent(ensemble: EnsembleClient, path: string): Promise<void> {
  try {
    await createIfMissing(ensemble, path, null)
  } catch (error) {
    if (!(error instanceof EnsembleError) || error.code !== 'NONODE') throw error
    ignore(error, 'the write below fails in its turn')
  }
}

/** Of one kind that are under way at once: the ensemble's client takes ten times as many, of all kinds. */
const requestsAtOnce = 1000

/** Asks the ensemble about each of any number of items, in their order. Rejects with the first error. */
export async function inParts<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = []
  for (const some of chunks(items, requestsAtOnce)) answers.push(...(await Promise.all(some.map(ask))))
  return answers
}

export function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
}
