/** Topics that are deleted one after the other, and what has become of each: nothing is called done that was not. Pure. */
import type { ApiError } from '@api/api'

export interface Deletion {
  readonly done: readonly string[]
  readonly failed: readonly { readonly topic: string; readonly error: ApiError }[]
  /** Not asked for yet, or not any more. */
  readonly left: readonly string[]
}

export interface DeletionPorts {
  readonly remove: (topic: string) => Promise<unknown>
  readonly errorOf: (cause: unknown) => ApiError
  readonly told: (deletion: Deletion) => void
  readonly isStopped: () => boolean
}

/** One at a time: the controller does them one at a time, and Stop then leaves at most one to end. */
export async function deleteTopics(topics: readonly string[], ports: DeletionPorts): Promise<Deletion> {
  let now: Deletion = { done: [], failed: [], left: topics }
  const done: string[] = []
  const failed: { topic: string; error: ApiError }[] = []
  for (const [index, topic] of topics.entries()) {
    if (ports.isStopped()) break
    let isGone = false
    try {
      await ports.remove(topic)
      done.push(topic)
    } catch (cause) {
      const error = ports.errorOf(cause)
      failed.push({ topic, error })
      // Without a host the others would only fail after it.
      isGone = error.code === 'DISCONNECTED'
    }
    now = { done, failed: [...failed], left: topics.slice(index + 1) }
    ports.told({ ...now, done: [...done] })
    if (isGone) break
  }
  return now
}
