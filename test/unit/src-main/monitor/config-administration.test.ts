import { describe, expect, it } from 'vitest'
import { AppError } from '../../../../src-main/kernel/errors'
import { ConfigAdministration } from '../../../../src-main/monitor/config-administration'
import { SimClock } from '../../../support/ensemble-world'
import { FakeCluster } from './fake-cluster'

class Cluster extends FakeCluster {
  readonly hung = new Set<number>()
  readonly described: number[] = []

  override metadata() {
    const brokers = [1, 2].map((id) => ({ id, host: '127.0.0.1', port: 9092 + id }))
    return Promise.resolve({ clusterId: 'c', controllerId: 1, brokers, topics: [] })
  }

  override describeConfigs(resource: Parameters<FakeCluster['describeConfigs']>[0] = { type: 'topic', topic: '' }) {
    const broker = resource.type === 'broker' ? resource.broker : -1
    this.described.push(broker)
    if (this.hung.has(broker)) return Promise.reject(new AppError('TIMED_OUT', `Broker ${broker} did not answer.`))
    return Promise.resolve([])
  }
}

describe('the configs of all brokers', () => {
  const resource = { type: 'broker', broker: null } as const

  it('are told by another broker while the first one hangs', async () => {
    const cluster = new Cluster()
    cluster.hung.add(1)

    await expect(new ConfigAdministration({ clock: new SimClock(), cluster }).describe({ resource })).resolves.toEqual({
      configs: []
    })
    expect(cluster.described).toEqual([1, 2])
  })

  it('are not known while none answers, and the reason is the last one’s', async () => {
    const cluster = new Cluster()
    for (const id of [1, 2]) cluster.hung.add(id)

    const described = new ConfigAdministration({ clock: new SimClock(), cluster }).describe({ resource })

    await expect(described).rejects.toThrow('Broker 2 did not answer.')
  })
})
