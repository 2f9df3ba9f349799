/** The scenes that every lab has, and names as people type them. */
import { sceneSchema, type Scene, type WrittenScene } from '../../api/workloads'

const builtIn: readonly WrittenScene[] = [
  {
    name: 'steady',
    description: 'A producer at 500 records/s and a group of 3 that keeps up with it.',
    topics: [{ topic: 'steady', partitions: 6 }],
    producers: [{ name: 'steady-in', topic: 'steady', ratePerSecond: 500, serializer: 'json' }],
    consumers: [{ group: 'steady-readers', topic: 'steady', members: 3 }]
  },
  {
    name: 'slow consumer',
    description: 'A record takes the group 40 ms: it reads 75 of 200 records/s, and its lag grows.',
    topics: [{ topic: 'slow-consumer', partitions: 6 }],
    producers: [{ name: 'slow-consumer-in', topic: 'slow-consumer', ratePerSecond: 200, serializer: 'json' }],
    consumers: [{ group: 'slow-readers', topic: 'slow-consumer', members: 3, processingMs: 40 }]
  },
  {
    name: 'hot partition',
    description: '80 % of the records have one key: its partition falls behind, the others do not.',
    topics: [{ topic: 'hot-partition', partitions: 6 }],
    producers: [
      { name: 'hot-partition-in', topic: 'hot-partition', ratePerSecond: 500, hotShare: 0.8, serializer: 'json' }
    ],
    consumers: [{ group: 'hot-readers', topic: 'hot-partition', members: 3, processingMs: 4 }]
  },
  {
    name: 'burst',
    description: '200 records/s, and 5 000 for 5 s of every 30: lag jumps and drains.',
    topics: [{ topic: 'burst', partitions: 6 }],
    producers: [
      {
        name: 'burst-in',
        topic: 'burst',
        ratePerSecond: 200,
        burst: { everySeconds: 30, seconds: 5, ratePerSecond: 5000 }
      }
    ],
    consumers: [{ group: 'burst-readers', topic: 'burst', members: 3, processingMs: 2 }]
  },
  {
    name: 'one member leaves every 30 s',
    description: 'A group of 5 that rebalances all the time: the next member leaves, and comes back 15 s later.',
    topics: [{ topic: 'leaving', partitions: 10 }],
    producers: [{ name: 'leaving-in', topic: 'leaving', ratePerSecond: 300 }],
    consumers: [{ group: 'leaving-readers', topic: 'leaving', members: 5, leaveEverySeconds: 30 }]
  }
]

export const builtInScenes: readonly Scene[] = builtIn.map((scene) => sceneSchema.parse(scene))

/** "Slow consumer", slow-consumer and slow_consumer are one. */
export function sceneKey(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '-')
}
