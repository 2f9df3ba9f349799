/** Clusters of an invented machine, in every state that a folder can be in. */
import type { ClusterState, ClustersView, KnownCluster } from '../../src-main/api/clusters'
import type { SceneName } from './fake-scene'

const idOf = (index: number): string => index.toString(16).padStart(24, '0')
const LONG = 'a-cluster-with-the-longest-name-that-is-taken-for-one-60-long'.slice(0, 60)

function cluster(index: number, name: string, state: ClusterState, more: Partial<KnownCluster> = {}): KnownCluster {
  const first = 9092 + 10 * index
  return {
    id: idOf(index),
    name,
    dir: `/home/you/Lagoon/${name}`,
    state,
    health: null,
    brokers: 3,
    brokerPorts: [first, first + 1, first + 2],
    ensemblePorts: [2181 + index],
    processes: null,
    pid: null,
    problem: null,
    progress: null,
    ...more
  }
}
const unread = { brokers: null, brokerPorts: [], ensemblePorts: [] }

export function fakeClusters(scene: SceneName): ClustersView {
  const isStopping = scene === 'stopping'
  const processes = { running: isStopping ? 2 : 4, all: 4 }
  const here = { health: 'healthy', processes } as const
  const isDown = scene === 'stopped' || scene === 'gone'
  const own = cluster(0, 'local-lab', isDown ? scene : isStopping ? 'stopping' : 'running', isDown ? {} : here)
  const clusters = [
    own,
    cluster(1, 'billing-replay', isStopping ? 'stopping' : 'running', here),
    cluster(2, 'ci', 'elsewhere', { pid: 48_213 }),
    cluster(3, 'rebalance-study', 'stopped', {
      problem: 'Port 9122 on 127.0.0.1 is taken by nginx (process 811). Stop that, or free the port.'
    }),
    cluster(4, 'stick', 'gone', { dir: '/media/you/stick/lagoon/stick' }),
    cluster(5, 'tomorrow', 'newer', unread),
    cluster(6, 'broken', 'damaged', unread),
    cluster(7, 'somebody-else', 'denied', { ...unread, dir: '/srv/lagoon/somebody-else' })
  ]
  return {
    current: idOf(0),
    clusters:
      scene === 'strange' ? [own, cluster(8, LONG, 'busy'), cluster(9, '<b>&"\u202e클러스터', 'stopped')] : clusters,
    leftOut: scene === 'many' ? 12 : 0,
    root: '/home/you/Lagoon',
    newBrokers: 3,
    host: null
  }
}

export const fakeSizes = {
  [idOf(0)]: { bytes: 1_482_113_024, isPartial: false },
  [idOf(1)]: { bytes: 48_213_004_288, isPartial: true },
  [idOf(2)]: { bytes: 12_288, isPartial: false },
  [idOf(3)]: { bytes: 82_113_024, isPartial: false }
}
