import { describe, expect, it } from 'vitest'
import { flushPromises } from '@vue/test-utils'
import NodeDetail from '@/components/brokers/NodeDetail.vue'
import type { BrokerStatsView, ReasonView } from '@api/views'
import { show, shownText, useFakeHost } from '../../support/mount'
import { clusterView, nodeView } from '../../support/views'

const stats: BrokerStatsView = {
  name: 'broker-1',
  registered: false,
  isSilent: false,
  isController: false,
  leaders: 0,
  replicas: 0,
  diskBytes: 4_200_000,
  bytesInPerSecond: null,
  bytesOutPerSecond: null,
  recordsInPerSecond: null
}
const text = (): string => shownText().replace(/[\u2066-\u2069\u2009]/g, '')

describe('a broker’s detail', () => {
  it('says that another cluster’s ensemble is where its own was, at which address, and what to do', async () => {
    const api = useFakeHost()
    await show(NodeDetail, { node: nodeView('broker-1'), stats })
    const common = { code: 'foreignEnsemble', level: 'critical', sinceMs: 1, count: null } as const
    const reasons = ['broker-1', 'broker-2'].map((node) => ({ ...common, node, sample: [`${node}.test:2181`] }))
    api.push('cluster', clusterView({ reasons }))
    await flushPromises()

    expect(text()).toContain('Broker 1 finds another cluster’s ensemble: it answers at broker-1.test:2181')
    expect(text()).not.toContain('broker-2.test')

    api.push('cluster', clusterView({ reasons: [] }))
    await flushPromises()
    expect(text()).not.toContain('another cluster’s ensemble')
  })

  it('says of a member that runs and takes no part why that is', async () => {
    const api = useFakeHost()
    await show(NodeDetail, { node: nodeView('ensemble-3'), stats: undefined })
    const cutOff: ReasonView = {
      code: 'memberCutOff',
      level: 'degraded',
      sinceMs: 1,
      count: null,
      node: 'ensemble-3',
      sample: []
    }
    api.push('cluster', clusterView({ reasons: [cutOff] }))
    await flushPromises()
    expect(text()).toContain('Ensemble 3 runs, but takes no part: it has not reached the leader since')

    api.push('cluster', clusterView({ reasons: [{ ...cutOff, node: 'ensemble-2' }] }))
    await flushPromises()
    expect(text()).not.toContain('takes no part')
  })

  it.each([
    ['of a broker that tells nothing now, from when it is', Date.now(), true],
    ['of one that tells it, nothing more', undefined, false]
  ])('says the size of a disk and, %s', async (_of, diskAtMs, isDated) => {
    useFakeHost()
    await show(NodeDetail, {
      node: nodeView('broker-1', isDated ? 'stopped' : 'running'),
      stats: { ...stats, ...(diskAtMs === undefined ? {} : { diskAtMs }) }
    })

    expect(text()).toContain('4.2 MB')
    expect(/as of \d\d:\d\d:\d\d/.test(text())).toBe(isDated)
  })
})
