/**
 * Topics that a consumer says it reads: what every version of Kafka's ConsumerProtocolSubscription begins with. Foreign
 * bytes: undefined when they are none.
 */
import { DecodeError } from '../../../protocol/wire/decode-error'
import { Reader } from '../../../protocol/wire/reader'

/** protocol_type of groups whose members are consumers (Kafka's ConsumerProtocol). */
export const consumerProtocolType = 'consumer'

export function subscribedTopics(metadata: Uint8Array): readonly string[] | undefined {
  try {
    const reader = new Reader(metadata)
    const version = reader.int16()
    if (version < 0) return undefined
    const topics: string[] = []
    for (let count = reader.int32(); count > 0; count--) topics.push(reader.text(reader.int16()))
    return topics
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
