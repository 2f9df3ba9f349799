/**
 * The side of a fetch session that asks (KIP-227; Kafka's FetchSessionHandler): which epoch the next request has, and whether it
 * names all partitions or only what changed. Whoever asks keeps what it has asked for; after `isWhole` that is nothing.
 */
import { nextSessionEpoch } from './fetch-session'

const noId = 0
const wholeEpoch = 0

export class FetchSessionClient {
  #id = noId
  #epoch = wholeEpoch

  get id(): number {
    return this.#id
  }

  get epoch(): number {
    return this.#epoch
  }

  /** The next request names all partitions, and begins a session. */
  get isWhole(): boolean {
    return this.#epoch === wholeEpoch
  }

  /** `sessionId` as the answer says it; 0 when there is no room for a session. */
  answered(sessionId: number): void {
    if (!this.isWhole) this.#epoch = nextSessionEpoch(this.#epoch)
    else {
      this.#id = sessionId
      this.#epoch = sessionId === noId ? wholeEpoch : 1
    }
  }

  /** Nobody knows whether the request arrived, or the leader says that it does not fit: all anew, in place of the session. */
  failed(): void {
    this.#epoch = wholeEpoch
  }

  /** The leader has no such session. */
  lost(): void {
    this.#id = noId
    this.#epoch = wholeEpoch
  }
}
