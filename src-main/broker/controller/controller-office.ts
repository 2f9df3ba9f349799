/**
 * The office of controller in the ensemble: who holds /controller, and with which epoch. The epoch and the version of
 * /controller_epoch, which guards every later write, come from the multi that won: read again they could be those of
 * whoever was elected since, and an old controller would write under the new one's guard. When the answer of that multi
 * was lost it is recognised by its zxid: both of its znodes carry it.
 */
import type { BrokerId, ControllerEpoch, PackedZxid } from '../../kernel/ids'
import { ignore } from '../../kernel/errors'
import type { Log } from '../../kernel/ports'
import { EnsembleError, type EnsembleClient } from '../../coordination/ensemble-client'
import { createIfMissing } from './controller-writes'
import { controllerData, dataOf, parseControllerEpoch, paths } from '../core/znodes'

export interface OfficeTerm {
  readonly epoch: ControllerEpoch
  /** Of /controller_epoch, as our own multi left it. */
  readonly epochVersion: number
  /** Of /controller: of that same multi. */
  readonly zxid: PackedZxid
}

export class ControllerOffice {
  readonly #ensemble: EnsembleClient
  readonly #log: Log
  readonly #brokerId: BrokerId
  #won: OfficeTerm | undefined

  constructor(ports: { readonly ensemble: EnsembleClient; readonly log: Log; readonly brokerId: BrokerId }) {
    this.#ensemble = ports.ensemble
    this.#log = ports.log
    this.#brokerId = ports.brokerId
  }

  /** A guarded write was refused: what we believed to have won is not what is stored. */
  forget(): void {
    this.#won = undefined
  }

  /**
   * Our term when the office is ours, by now or since before; undefined when it is another's. `changed` is called when
   * /controller comes, goes or changes. Rejects with EnsembleError.
   */
  async stand(changed: () => void, nowMs: number): Promise<OfficeTerm | undefined> {
    const holder = await this.#ensemble.exists(paths.controller, changed)
    if (holder !== undefined) {
      if (holder.ephemeralOwner !== this.#ensemble.sessionId) return undefined
      return (await this.#ownTerm(holder.czxid)) ?? this.#layDown()
    }
    const before = await this.#storedEpoch()
    const epoch = before.epoch + 1
    try {
      const [created, set] = await this.#ensemble.multi([
        { type: 'create', path: paths.controller, data: controllerData(this.#brokerId, nowMs), ephemeral: true },
        { type: 'setData', path: paths.controllerEpoch, data: dataOf(String(epoch)), version: before.version }
      ])
      if (created?.stat === undefined || set?.stat === undefined) return undefined
      this.#won = { epoch, epochVersion: set.stat.version, zxid: created.stat.czxid }
      return this.#won
    } catch (error) {
      if (!(error instanceof EnsembleError) || (error.code !== 'NODEEXISTS' && error.code !== 'BADVERSION')) throw error
      ignore(error, 'another broker was elected; the watch on /controller tells when it goes')
      return undefined
    }
  }

  async #ownTerm(zxid: PackedZxid): Promise<OfficeTerm | undefined> {
    if (this.#won?.zxid === zxid) return this.#won
    const stored = await this.#ensemble.getData(paths.controllerEpoch)
    if (stored?.stat.mzxid !== zxid) return undefined
    this.#won = { epoch: parseControllerEpoch(stored.data), epochVersion: stored.stat.version, zxid }
    return this.#won
  }

  /** /controller is ours and the epoch is somebody else's: nobody could write. It goes, unless that is over by now. */
  async #layDown(): Promise<undefined> {
    const { version } = await this.#storedEpoch()
    this.#log('warn', 'the controller epoch was written by somebody else; the office is laid down', {})
    try {
      await this.#ensemble.multi([
        { type: 'check', path: paths.controllerEpoch, version },
        { type: 'delete', path: paths.controller }
      ])
    } catch (error) {
      if (!(error instanceof EnsembleError) || (error.code !== 'BADVERSION' && error.code !== 'NONODE')) throw error
      ignore(error, 'somebody was faster; the watch on /controller tells')
    }
  }

  async #storedEpoch(): Promise<{ readonly epoch: ControllerEpoch; readonly version: number }> {
    const stored = await this.#ensemble.getData(paths.controllerEpoch)
    if (stored !== undefined) return { epoch: parseControllerEpoch(stored.data), version: stored.stat.version }
    await createIfMissing(this.#ensemble, paths.controllerEpoch, dataOf('0'))
    const created = await this.#ensemble.getData(paths.controllerEpoch)
    return { epoch: parseControllerEpoch(created?.data ?? null), version: created?.stat.version ?? 0 }
  }
}
