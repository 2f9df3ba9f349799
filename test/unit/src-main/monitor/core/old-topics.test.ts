import { describe, expect, it } from 'vitest'
import { fewReplicas, oldTopics } from '../../../../../src-main/monitor/core/old-topics'
import type { TopicFacts } from '../../../../../src-main/monitor/core/snapshot'
import { snapshot, topic } from '../snapshots'

const of = (name: string, ...factors: readonly number[]): TopicFacts =>
  topic(
    name,
    factors.map((factor) => ({ replicas: Array.from({ length: factor }, (_, i) => i + 1) }))
  )
const offered = (brokers: number, ...topics: readonly TopicFacts[]) =>
  oldTopics(fewReplicas(snapshot({ topics })), brokers)

describe('topics from before there were replicas', () => {
  it('are offered in a folder whose __consumer_offsets is one of them', () => {
    expect(offered(3, of('orders', 1), of('three', 3), of('__consumer_offsets', 1, 1))).toEqual({
      factor: 3,
      count: 2,
      topics: ['__consumer_offsets', 'orders']
    })
  })

  it('are none where __consumer_offsets has its replicas, or is not there: people wanted it so', () => {
    expect(offered(3, of('orders', 1), of('__consumer_offsets', 3))).toBeUndefined()
    expect(offered(3, of('orders', 1))).toBeUndefined()
    expect(oldTopics(null, 3)).toBeUndefined()
    expect(oldTopics(undefined, 3)).toBeUndefined()
  })

  it('have as many as there can be: of two brokers two, of one there is nothing to raise', () => {
    const topics = [of('__consumer_offsets', 1), of('two', 2), of('one', 1)]
    expect(offered(2, ...topics)).toEqual({ factor: 2, count: 2, topics: ['__consumer_offsets', 'one'] })
    expect(offered(1, ...topics)).toBeUndefined()
    expect(offered(2, of('__consumer_offsets', 2), of('one', 1))).toBeUndefined()
  })

  it('count by their partition that has the fewest', () => {
    expect(offered(3, of('__consumer_offsets', 3, 1))?.topics).toEqual(['__consumer_offsets'])
  })

  it('are named up to a number, and counted', () => {
    const many = Array.from({ length: 300 }, (_, i) => of(`t${i}`, 1))
    const offer = offered(3, of('__consumer_offsets', 1), ...many)
    expect(offer?.topics).toHaveLength(200)
    expect(offer?.topics[0]).toBe('__consumer_offsets')
    expect(offer?.count).toBe(301)
  })
})
