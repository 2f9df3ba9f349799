import { describe, expect, it } from 'vitest'
import { MetadataImage } from '../../../../../src-main/broker/core/metadata-image'

const broker = (id: number) => ({ id, host: '127.0.0.1', port: 9091 + id, rack: null })
const partition = (topic: string, topicId: string, index: number, leader: number) => ({
  topic,
  topicId,
  partition: index,
  leader,
  leaderEpoch: 0,
  replicas: [1],
  isr: [1],
  offlineReplicas: []
})

describe('MetadataImage', () => {
  it('takes brokers as a whole and partitions one by one', () => {
    const image = new MetadataImage()
    image.apply({
      controllerId: 1,
      brokers: [broker(1), broker(2)],
      partitions: [partition('t', 'A', 0, 1), partition('t', 'A', 1, 2)]
    })
    image.apply({ controllerId: 2, brokers: [broker(2)], partitions: [partition('t', 'A', 0, -1)] })

    expect(image.brokers().map(({ id }) => id)).toEqual([2])
    expect(image.partition('t', 0)?.leader).toBe(-1)
    expect(image.partition('t', 1)?.leader).toBe(2)
  })

  it('shows a topic with all the partitions that it is told of or with none, wherever it is interrupted', () => {
    const image = new MetadataImage()
    const count = (topic: string): number => image.topic(topic)?.partitions.length ?? 0
    const partitions = ['t', 'u'].flatMap((topic) => [0, 1, 2].map((index) => partition(topic, topic, index, 1)))
    const seen = new Set<string>()
    const applying = image.applyInSlices({ controllerId: 1, brokers: [broker(1)], isComplete: true, partitions })

    while (applying.next().done !== true) seen.add(`${count('t')} ${count('u')}`)

    expect([...seen]).toEqual(['0 0', '3 0', '3 3'])
  })

  it('knows no controller that is not alive', () => {
    const image = new MetadataImage()
    image.apply({ controllerId: 3, brokers: [broker(1)], partitions: [] })

    expect(image.controllerId).toBe(-1)
  })

  it('forgets a topic whose leader is the sign of deletion', () => {
    const image = new MetadataImage()
    image.apply({ controllerId: 1, brokers: [broker(1)], partitions: [partition('t', 'A', 0, 1)] })

    expect(image.apply({ controllerId: 1, brokers: [broker(1)], partitions: [partition('t', 'A', 0, -2)] })).toEqual([
      't'
    ])

    expect(image.topic('t')).toBeUndefined()
    expect(image.topicName('A')).toBeUndefined()
  })

  it('leaves out partitions that it was not told of, however far apart the others are', () => {
    const image = new MetadataImage()
    image.apply({
      controllerId: 1,
      brokers: [broker(1)],
      partitions: [partition('t', 'A', 2_147_483_647, 1), partition('t', 'A', 1, 1)]
    })
    image.apply({ controllerId: 1, brokers: [broker(1)], partitions: [partition('t', 'A', 1, -1)] })

    expect(image.topic('t')?.partitions.map(({ partition: index, leader }) => [index, leader])).toEqual([
      [1, -1],
      [2_147_483_647, 1]
    ])
    expect(image.partition('t', 0)).toBeUndefined()
    expect(image.topics()[0]?.partitions).toHaveLength(2)
  })

  it('takes the same name with another id for another topic', () => {
    const image = new MetadataImage()
    image.apply({
      controllerId: 1,
      brokers: [broker(1)],
      partitions: [partition('t', 'A', 0, 1), partition('t', 'A', 1, 1)]
    })
    image.apply({ controllerId: 1, brokers: [broker(1)], partitions: [partition('t', 'B', 0, 1)] })

    expect(image.topic('t')).toMatchObject({ topicId: 'B' })
    expect(image.topic('t')?.partitions).toHaveLength(1)
    expect(image.topicName('A')).toBeUndefined()
  })
})
