/** Who asked the wrong broker for what only the controller does. */
import type { BrokerId } from '../../kernel/ids'
import { said } from '../../kernel/said'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { BrokerServices } from '../broker-services'

/** Of a broker that is no controller, or only the last that clients heard of. */
export function notController({ image, brokerId }: Pick<BrokerServices, 'image' | 'brokerId'>): {
  readonly error: KafkaError
  readonly message: string
} {
  return { error: 'NOT_CONTROLLER', message: words(image.controllerId, brokerId) }
}

/** `controllerId` is -1 while there is none. */
function words(controllerId: BrokerId, self: BrokerId): string {
  if (controllerId === -1) return said`The cluster has no controller at the moment: ask again when one is elected.`
  if (controllerId === self)
    return said`This broker may not be the controller any more, or has lost the ensemble. Try again when it is back.`
  return said`This broker is not the controller: ask broker ${controllerId}.`
}
