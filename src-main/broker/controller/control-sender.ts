/**
 * What the controller sends to one broker: in order, one at a time, again and again until the broker answers or is no
 * longer in the cluster. A broken invariant is not sent again: it ends the process.
 */
import type { BrokerEpoch, BrokerId } from '../../kernel/ids'
import type { Clock, Log } from '../../kernel/ports'
import { expectAppError, messageOf } from '../../kernel/errors'
import { pause } from '../../kernel/waiting'
import type { InputOf, Message, ValueOf } from '../../protocol/wire/schema'
import type { BrokerCall, BrokerChannel } from '../broker-channel'

const retryMs = 50
const requestTimeoutMs = 30_000

export class ControlSender {
  readonly brokerId: BrokerId
  /** czxid of the registration this sender is for. */
  readonly brokerEpoch: BrokerEpoch
  readonly #channel: BrokerChannel
  readonly #clock: Clock
  readonly #log: Log
  #last: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(
    broker: { readonly id: BrokerId; readonly epoch: BrokerEpoch },
    channel: BrokerChannel,
    ports: { readonly clock: Clock; readonly log: Log }
  ) {
    this.brokerId = broker.id
    this.brokerEpoch = broker.epoch
    this.#channel = channel
    this.#clock = ports.clock
    this.#log = ports.log
  }

  /** The answer, or undefined when the broker left before it gave one. */
  send<Request extends Message, Response extends Message>(
    call: BrokerCall<Request, Response>,
    value: InputOf<Request>
  ): Promise<ValueOf<Response> | undefined> {
    const turn = this.#last.then(() => this.#sendUntilAnswered(call, value))
    this.#last = turn
    return turn
  }

  async #sendUntilAnswered<Request extends Message, Response extends Message>(
    call: BrokerCall<Request, Response>,
    value: InputOf<Request>
  ): Promise<ValueOf<Response> | undefined> {
    while (!this.#isClosed) {
      try {
        return await this.#channel.ask(call, value, requestTimeoutMs)
      } catch (error) {
        expectAppError(error)
        if (this.#isClosed) break
        this.#log('debug', 'a control request is sent again', { broker: this.brokerId, reason: messageOf(error) })
        await pause(this.#clock, retryMs)
      }
    }
    return undefined
  }

  close(): void {
    this.#isClosed = true
    this.#channel.close()
  }
}
