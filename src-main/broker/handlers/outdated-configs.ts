/** Configs are kept by name; what is known of an earlier topic of that name is not the next one's. */
import { zeroUuid } from '../../kernel/uuid'
import type { BrokerServices } from '../broker-services'

interface Named {
  readonly topicName: string
  readonly topicId: string
}

/** Of topics that are told of with another id than they had: nobody told us that they were deleted in between. */
export function forgetConfigsOfOthers({ image, forgetTopicConfigs }: BrokerServices, topics: readonly Named[]): void {
  for (const { topicName, topicId } of topics) {
    const known = image.topicIdOf(topicName)
    if (known !== undefined && topicId !== zeroUuid && known !== topicId) forgetTopicConfigs(topicName)
  }
}
