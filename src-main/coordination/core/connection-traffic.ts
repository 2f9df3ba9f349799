/** What went over a client's connection, as `cons` tells it. */
import { opCodes } from '../wire/codes'
import { zxidZero, type Zxid } from '../wire/zxid'
import type { ConnectionFigures } from './admin-words'
import { Latency } from './latency'

/** As ZooKeeper writes them (FinalRequestProcessor). */
const operationNames: Readonly<Record<number, string>> = {
  [opCodes.create]: 'CREA',
  [opCodes.create2]: 'CREA',
  [opCodes.createContainer]: 'CREA',
  [opCodes.createTTL]: 'CREA',
  [opCodes.delete]: 'DELE',
  [opCodes.deleteContainer]: 'DELE',
  [opCodes.exists]: 'EXIS',
  [opCodes.getData]: 'GETD',
  [opCodes.setData]: 'SETD',
  [opCodes.getACL]: 'GETA',
  [opCodes.setACL]: 'SETA',
  [opCodes.getChildren]: 'GETC',
  [opCodes.getChildren2]: 'GETC',
  [opCodes.sync]: 'SYNC',
  [opCodes.ping]: 'PING',
  [opCodes.check]: 'CHEC',
  [opCodes.multi]: 'MULT',
  [opCodes.multiRead]: 'MLTR',
  [opCodes.reconfig]: 'RECO',
  [opCodes.checkWatches]: 'CHKW',
  [opCodes.removeWatches]: 'REMW',
  [opCodes.setWatches]: 'SETW',
  [opCodes.setWatches2]: 'STW2',
  [opCodes.addWatch]: 'ADDW',
  [opCodes.getEphemerals]: 'GETE',
  [opCodes.getAllChildrenNumber]: 'GETACN',
  [opCodes.whoAmI]: 'HOMI',
  [opCodes.closeSession]: 'CLOS'
}

type Session = NonNullable<ConnectionFigures['session']>

export class ConnectionTraffic {
  readonly #latency = new Latency()
  #received = 0
  #sent = 0
  #lastOperation = 'SESS'
  #lastXid = 0
  #lastZxid: Zxid = zxidZero
  #lastReplyAtMs = 0
  #lastLatencyMs = 0

  received(): void {
    this.#received++
  }

  asked(op: number, xid: number): void {
    this.#lastOperation = operationNames[op] ?? 'NA'
    this.#lastXid = xid
  }

  replied(zxid: Zxid): void {
    this.#lastZxid = zxid
  }

  answered(cameAtMs: number, nowMs: number): void {
    this.#sent++
    this.#lastReplyAtMs = nowMs
    this.#lastLatencyMs = nowMs - cameAtMs
    this.#latency.add(this.#lastLatencyMs)
  }

  reset(): void {
    this.#received = this.#sent = this.#lastXid = this.#lastReplyAtMs = this.#lastLatencyMs = 0
    this.#lastOperation = 'NA'
    this.#lastZxid = zxidZero
    this.#latency.reset()
  }

  counts(): Pick<ConnectionFigures, 'received' | 'sent'> {
    return { received: this.#received, sent: this.#sent }
  }

  details(): Omit<Session, 'sessionId' | 'timeoutMs' | 'establishedAtMs'> {
    return {
      lastOperation: this.#lastOperation,
      lastXid: this.#lastXid,
      lastZxid: this.#lastZxid,
      lastReplyAtMs: this.#lastReplyAtMs,
      lastLatencyMs: this.#lastLatencyMs,
      latency: this.#latency.figures()
    }
  }
}
