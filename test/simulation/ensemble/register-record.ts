/**
 * What all clients together did to the registers and were told of them: whether that has an order is looked for in the end, without
 * what members say of it.
 */
import {
  EnsembleError,
  isPassing,
  type OperationResult,
  type ZnodeStat
} from '../../../src-main/coordination/ensemble-client'
import { orderProblems, type Operation } from '../../support/linearizability'
import { register, registerHistory, type RegisterCall } from '../../support/znode-history'
import { textOf } from './ensemble-checks'

type Read = { readonly data: Uint8Array | null; readonly stat: ZnodeStat } | undefined

export class RegisterRecord {
  readonly #histories = new Map<string, Operation<RegisterCall>[]>()
  /** Of simulated time many things happen at one moment; these are in their order. */
  #moment = 0

  /** It is there from here on, as version 0. */
  made(path: string): void {
    this.#histories.set(path, [])
  }

  set(
    by: string,
    path: string,
    call: { readonly value: string; readonly at?: number },
    answer: Promise<ZnodeStat>
  ): Promise<ZnodeStat> {
    return this.#recorded(by, path, { type: 'set', ...call }, answer, ({ version }) => ({
      type: 'set',
      ...call,
      version
    }))
  }

  /** The register is the last that it sets. */
  multi(
    by: string,
    path: string,
    value: string,
    answer: Promise<readonly OperationResult[]>
  ): Promise<readonly OperationResult[]> {
    return this.#recorded(by, path, { type: 'set', value }, answer, (results) => {
      const version = results.at(-1)?.stat?.version
      return version === undefined ? undefined : { type: 'set', value, version }
    })
  }

  /** Behind a sync. */
  read<Value extends Read>(by: string, path: string, answer: Promise<Value>): Promise<Value> {
    return this.#recorded(by, path, undefined, answer, (read) =>
      read === undefined ? undefined : { type: 'read', value: textOf(read.data), version: read.stat.version }
    )
  }

  async #recorded<Answer>(
    by: string,
    path: string,
    asked: Extract<RegisterCall, { type: 'set' }> | undefined,
    answer: Promise<Answer>,
    told: (answer: Answer) => RegisterCall | undefined
  ): Promise<Answer> {
    const began = ++this.#moment
    const add = (call: RegisterCall | undefined, ended: number): void => {
      if (call !== undefined) this.#histories.get(path)?.push({ by, call, began, ended })
    }
    try {
      const value = await answer
      add(told(value), ++this.#moment)
      return value
    } catch (error) {
      if (error instanceof EnsembleError) {
        if (isPassing(error) || error.code === 'OPERATIONTIMEOUT') add(asked, Infinity)
        else if (error.code === 'BADVERSION' && asked?.at !== undefined)
          add({ type: 'refused', at: asked.at }, ++this.#moment)
      }
      throw error
    }
  }

  problems(initial: (path: string) => string): readonly string[] {
    return [...this.#histories].flatMap(([path, history]) =>
      orderProblems(register(initial(path)), new Map([[path, registerHistory(history)]]))
    )
  }
}
