import { beforeEach, describe, expect, it } from 'vitest'
import { createPinia, setActivePinia } from 'pinia'
import { nextTick } from 'vue'
import { readDone, useFirstStepsStore } from '@/stores/first-steps'
import type { FakeApi } from '../support/fake-api'
import { useFakeHost } from '../support/mount'
import { clusterView, eventView, NOW_MS } from '../support/views'

let api: FakeApi
beforeEach(() => {
  api = useFakeHost()
})
const see = async (rest: Parameters<typeof clusterView>[0]): Promise<void> => {
  api.push('cluster', clusterView(rest))
  await nextTick()
}

describe('the first steps', () => {
  it('go on to the next when one was done, until the third', async () => {
    const steps = useFirstStepsStore()
    expect(steps.next).toBeUndefined()

    await see({ topicCount: 0, groupCount: 0 })
    expect(steps.next).toBe('topic')
    await see({ topicCount: 1, groupCount: 0 })
    expect(steps.next).toBe('client')
    await see({ topicCount: 2, groupCount: 1 })
    expect(steps.next).toBeUndefined()
    api.push('events', { events: [] })
    await nextTick()
    expect(steps.next).toBe('kill')
    api.push('events', { events: [eventView(1, NOW_MS)] })
    await nextTick()
    expect(steps.next).toBeUndefined()
  })

  it('claim nothing while it is not known whether they were done', async () => {
    const steps = useFirstStepsStore()
    await see({ topicCount: null, groupCount: 2 })
    expect(steps.next).toBeUndefined()
    await see({ topicCount: 0, groupCount: null, dataDir: '/another' })
    expect(steps.next).toBe('topic')
    await see({ topicCount: 1, groupCount: null, dataDir: '/another' })
    expect(steps.next).toBeUndefined()
    await see({ topicCount: 1, groupCount: 0, dataDir: '/another' })
    expect(steps.next).toBe('client')
  })

  it('stay where they were over a restart, and belong to one cluster', async () => {
    useFirstStepsStore()
    await see({ topicCount: 1, groupCount: 0 })

    setActivePinia(createPinia())
    const again = useFirstStepsStore()
    await see({ topicCount: 0, groupCount: 0 })
    expect(again.next).toBe('client')
    await see({ topicCount: 0, groupCount: 0, dataDir: '/another' })
    expect(again.next).toBe('topic')
  })

  it('are put away for good', async () => {
    const steps = useFirstStepsStore()
    await see({ topicCount: 0, groupCount: 0 })
    steps.putAway()

    expect(steps.next).toBeUndefined()
  })

  it('survive what they cannot read', () => {
    expect([readDone(null), readDone('{'), readDone('7'), readDone('{"a":1}')]).toEqual([{}, {}, {}, {}])
  })
})
