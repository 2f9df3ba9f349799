/** Who asked the wrong broker for what only the controller does. */
import type { BrokerId } from '../../kernel/ids'
import type { KafkaError } from '../../protocol/wire/error-codes'

/** `controllerId` is -1 while there is none. */
export function notController(controllerId: BrokerId): { readonly error: KafkaError; readonly message: string } {
  const message =
    controllerId === -1
      ? 'The cluster has no controller at the moment: ask again when one is elected.'
      : `This broker is not the controller: ask broker ${controllerId}.`
  return { error: 'NOT_CONTROLLER', message }
}
