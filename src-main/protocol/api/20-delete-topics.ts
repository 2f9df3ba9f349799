/**
 * DeleteTopics. 6: by id.
 */
import { array, int16, int32, message, string, struct, uuid } from '../wire/schema'

interface Named {
  readonly topicId: string
  readonly name: string | null
}

export const deleteTopicsRequest = message('DeleteTopicsRequest', [0, 6], 4, {
  topics: array(
    struct({
      name: string({ from: 6, nullableFrom: 6, default: null }),
      topicId: uuid({ from: 6 })
    }),
    { from: 6, distinctBy: (topic: Named) => `${topic.topicId} ${topic.name ?? ''}` }
  ),
  topicNames: array(string(), { to: 5, ignorable: true, distinctBy: (name: string) => name }),
  timeoutMs: int32()
})

export const deleteTopicsResponse = message('DeleteTopicsResponse', [0, 6], 4, {
  throttleTimeMs: int32({ from: 1, default: 0, ignorable: true }),
  responses: array(
    struct({
      name: string({ nullableFrom: 6 }),
      topicId: uuid({ from: 6, ignorable: true }),
      errorCode: int16(),
      errorMessage: string({ from: 5, nullableFrom: 5, default: null, ignorable: true })
    })
  )
})
