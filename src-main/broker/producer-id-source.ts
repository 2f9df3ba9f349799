/**
 * Producer ids for InitProducerId, out of blocks that the controller hands out (KIP-730): never given twice, also not
 * after a restart, which loses the rest of a block.
 */
import type { BrokerId } from '../kernel/ids'
import { expectAppError, messageOf } from '../kernel/errors'
import type { Clock, Log, Network } from '../kernel/ports'
import { allocateProducerIdsRequest, allocateProducerIdsResponse } from '../protocol/api/67-allocate-producer-ids'
import { errorName, type KafkaError } from '../protocol/wire/error-codes'
import type { ControllerChannel } from './controller-channel'

const call = { apiKey: 67, version: 0, request: allocateProducerIdsRequest, response: allocateProducerIdsResponse }
const timeoutMs = 10_000

export interface ProducerIdPorts {
  readonly clock: Clock
  readonly network: Network
  readonly log: Log
  readonly channel: ControllerChannel
  readonly brokerId: BrokerId
  readonly brokerEpoch: () => bigint
}

export class ProducerIdSource {
  readonly #ports: ProducerIdPorts
  #next = 0n
  #end = 0n
  #allocating: Promise<KafkaError> | undefined

  constructor(ports: ProducerIdPorts) {
    this.#ports = ports
  }

  /** A fresh id, or an error that clients retry. */
  async next(): Promise<bigint | KafkaError> {
    while (this.#next >= this.#end) {
      this.#allocating ??= this.#allocate().finally(() => (this.#allocating = undefined))
      const error = await this.#allocating
      if (error !== 'NONE') return error
    }
    const id = this.#next
    this.#next += 1n
    return id
  }

  async #allocate(): Promise<KafkaError> {
    const { channel, brokerId, brokerEpoch, log } = this.#ports
    try {
      const answer = await channel.ask(call, { brokerId, brokerEpoch: brokerEpoch() }, timeoutMs)
      if (answer === undefined) return 'COORDINATOR_LOAD_IN_PROGRESS'
      const error = errorName(answer.errorCode)
      if (error !== 'NONE') return 'COORDINATOR_LOAD_IN_PROGRESS'
      this.#next = BigInt(answer.producerIdStart)
      this.#end = this.#next + BigInt(answer.producerIdLen)
      return 'NONE'
    } catch (error) {
      expectAppError(error)
      log('warn', 'no producer ids from the controller', { reason: messageOf(error) })
      return 'COORDINATOR_LOAD_IN_PROGRESS'
    }
  }
}
