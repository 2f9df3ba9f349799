import { flushPromises } from '@vue/test-utils'
import { expect, it } from 'vitest'
import ReassignDialog from '@/components/brokers/ReassignDialog.vue'
import { useClusterStore } from '@/stores/cluster'
import { usePlanStore } from '@/stores/plan'
import { byRole, show, useFakeHost } from '../../support/mount'
import { clusterView, nodeView } from '../../support/views'

it('keeps the plan that it shows while the same brokers are told of again, and takes it into the grid', async () => {
  const api = useFakeHost()
  const brokers = () => ({ nodes: [1, 2].map((id) => nodeView(`broker-${id}`)) })
  useClusterStore()
  api.push('cluster', clusterView(brokers()))
  await show(ReassignDialog)
  const asked = () => api.calls.filter(({ name }) => name === 'partition.plan')
  await expect.poll(() => asked().length).toBe(1)
  const move = { topic: 'a', partition: 0, leader: 1, isr: [1], from: [1], to: [2], bytes: 7 }
  asked()[0]?.resolve({ moves: [move], moving: 0, stuck: 0, left: 0 })
  await flushPromises()

  api.push('cluster', clusterView(brokers()))
  await flushPromises()
  const [keep] = byRole('button', 'Show in the grid')
  expect(keep?.hasAttribute('disabled')).toBe(false)
  keep?.click()

  expect(usePlanStore().moves).toEqual([{ topic: 'a', partition: 0, replicas: [2] }])
})
