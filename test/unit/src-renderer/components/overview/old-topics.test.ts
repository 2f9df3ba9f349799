import { describe, expect, it } from 'vitest'
import { flushPromises } from '@vue/test-utils'
import OldTopics from '@/components/overview/OldTopics.vue'
import { useDialogsStore } from '@/stores/dialogs'
import { readFolders, useOldTopicsStore } from '@/stores/old-topics'
import { show, useFakeHost } from '../../support/mount'
import { clusterView } from '../../support/views'

const old = { factor: 3, count: 5, topics: ['__consumer_offsets', 'a', 'b', 'c', 'd'] }
const section = (): Element | null => document.querySelector('.old')

describe('old topics', () => {
  it('are offered to be raised by a plan, and only while there are some', async () => {
    const api = useFakeHost()
    await show(OldTopics)
    api.push('cluster', clusterView())
    await flushPromises()
    expect(section()).toBeNull()

    api.push('cluster', { ...clusterView(), oldTopics: old })
    await flushPromises()
    expect(section()?.textContent.replace(/[\u2066-\u2069]/g, '')).toContain(
      '5 topics have fewer than 3 replicas: __consumer_offsets, a, b and 2 more.'
    )
    document.querySelector<HTMLElement>('[data-raise]')?.click()
    expect(useDialogsStore().dialog).toEqual({ type: 'raise', topics: old.topics, factor: 3 })
  })

  it('that were put away stay away, in this cluster', async () => {
    const api = useFakeHost()
    await show(OldTopics)
    api.push('cluster', { ...clusterView(), oldTopics: old })
    await flushPromises()
    document.querySelector<HTMLElement>('.old .section-head button')?.click()
    await flushPromises()
    expect(section()).toBeNull()
    expect(readFolders(window.localStorage.getItem('lagoon.oldTopics'))).toEqual([clusterView().dataDir])

    api.push('cluster', { ...clusterView(), dataDir: '/another', oldTopics: old })
    await flushPromises()
    expect(useOldTopicsStore().offer).toEqual(old)
  })

  it('read anything else that is kept as nothing', () => {
    expect(readFolders('{')).toEqual([])
    expect(readFolders('{"a":1}')).toEqual([])
    expect(readFolders('["/a",1]')).toEqual(['/a'])
  })
})
