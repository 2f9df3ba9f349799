/** Requests of a broker to whoever is the controller at the moment. */
import type { Clock, Network } from '../kernel/ports'
import type { InputOf, Message, ValueOf } from '../protocol/wire/schema'
import { BrokerChannel, type BrokerCall } from './broker-channel'
import type { MetadataImage } from './core/metadata-image'

export class ControllerChannel {
  readonly #image: MetadataImage
  readonly #ports: { readonly network: Network; readonly clock: Clock }
  readonly #clientId: string
  #channel: BrokerChannel | undefined

  constructor(ports: { readonly network: Network; readonly clock: Clock }, image: MetadataImage, clientId: string) {
    this.#ports = ports
    this.#image = image
    this.#clientId = clientId
  }

  /** Undefined while no controller is known; rejects as BrokerChannel.ask does. */
  async ask<Request extends Message, Response extends Message>(
    call: BrokerCall<Request, Response>,
    value: InputOf<Request>,
    timeoutMs: number
  ): Promise<ValueOf<Response> | undefined> {
    const controller = this.#image.broker(this.#image.controllerId)
    if (controller === undefined) return undefined
    const known = this.#channel?.address
    if (known?.host !== controller.host || known.port !== controller.port) {
      this.#channel?.close()
      this.#channel = new BrokerChannel(this.#ports, { host: controller.host, port: controller.port }, this.#clientId)
    }
    return this.#channel?.ask(call, value, timeoutMs)
  }

  close(): void {
    this.#channel?.close()
  }
}
