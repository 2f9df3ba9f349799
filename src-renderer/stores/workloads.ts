/** Traffic on purpose: the watched rows and scenes, and what is done to them. A row is pending until the host has answered. */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { CommandInput, CommandOutput } from '@api/commands'
import type { WorkloadView } from '@api/workloads'
import { host } from './host'
import { useNoticesStore } from './notices'
import { createWatched } from './watched'

type Change = Omit<CommandInput<'workload.change'>, 'name'>

/** What the first start offers: the lag of its readers moves with their commits, every five seconds. */
export const FIRST_TRAFFIC = {
  name: 'first traffic',
  topics: [{ topic: 'demo', partitions: 6 }],
  producers: [{ name: 'demo-in', topic: 'demo', ratePerSecond: 500, serializer: 'json' as const }],
  consumers: [{ name: 'demo-reader', group: 'demo-readers', topic: 'demo', members: 3 }]
}

export const useWorkloadsStore = defineStore('workloads', () => {
  const notices = useNoticesStore()
  const watched = createWatched('workloads')
  const asked = shallowRef<ReadonlySet<string>>(new Set())

  const rows = computed<readonly WorkloadView[]>(() => watched.view.value?.workloads ?? [])
  const row = (name: string): WorkloadView | undefined => rows.value.find((one) => one.name === name)
  const hasTraffic = computed(() => rows.value.some(({ pid }) => pid !== null))

  const during = async (key: string, what: string, subject: string, work: () => Promise<unknown>): Promise<void> => {
    if (asked.value.has(key)) return
    asked.value = new Set([...asked.value, key])
    try {
      await work()
    } catch (cause) {
      notices.failed(what, subject, cause)
    } finally {
      asked.value = new Set([...asked.value].filter((one) => one !== key))
    }
  }

  const change = (name: string, wanted: Change): Promise<void> =>
    during(name, `workload.${wanted.action}`, name, () => host().call('workload.change', { name, ...wanted }))

  /** `scene:` before a name, so that a row of that name is not taken for it. */
  const startScene = (scene: string): Promise<void> =>
    during(`scene:${scene}`, 'workload.startScene', scene, async () => {
      const { createdTopics } = await host().call('workload.start', { scene })
      for (const topic of createdTopics) notices.add('topicCreated', topic)
    })
  const stopAll = (): Promise<void> =>
    during('scene:', 'workload.stopAll', '', () => host().call('workload.stop', { all: true }))
  const startFirst = (): Promise<void> =>
    during('scene:first', 'workload.startScene', FIRST_TRAFFIC.name, () =>
      host().call('workload.start', { definition: FIRST_TRAFFIC })
    )
  const forgetScene = (scene: string): Promise<void> =>
    during(`scene:${scene}`, 'workload.forgetScene', scene, () => host().call('workload.forgetScene', { scene }))

  /** These answer to a dialog, which shows their error. */
  const start = (definition: unknown): Promise<CommandOutput<'workload.start'>> =>
    host().call('workload.start', { definition })
  const edit = (name: string, settings: unknown): Promise<CommandOutput<'workload.edit'>> =>
    host().call('workload.edit', { name, settings })
  const saveScene = (definition: unknown): Promise<CommandOutput<'workload.saveScene'>> =>
    host().call('workload.saveScene', { definition })

  return {
    view: watched.view,
    isHeard: watched.isHeard,
    hold: watched.hold,
    rows,
    row,
    hasTraffic,
    asked,
    change,
    startScene,
    startFirst,
    stopAll,
    forgetScene,
    start,
    edit,
    saveScene
  }
})
