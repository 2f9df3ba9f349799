/**
 * What is done to nodes. A button stays pending until the command has been answered *and* the watched cluster view has
 * caught up with the answer: the screen never shows a state that was not observed.
 */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { CommandInput } from '@api/commands'
import type { AskedCost } from '@api/failures'
import type { NodeCostView } from '@api/views'
import { isDown } from '@/composables/node-level'
import { useClusterStore } from './cluster'
import { useNoticesStore } from './notices'
import { host } from './host'

export const NODE_ACTIONS = [
  'start',
  'resume',
  'stop',
  'kill',
  'pause',
  'restart',
  'wipe',
  'storm',
  'endStorm'
] as const
export type NodeAction = (typeof NODE_ACTIONS)[number]

/** How often, and with what in between; of a storm only. */
export type StormAsked = Omit<CommandInput<'node.storm'>, 'node'>

interface PendingAction {
  readonly action: NodeAction
  /** When the answered state was entered; undefined until the answer. */
  readonly answeredSinceMs: number | undefined
}

export const useNodesStore = defineStore('nodes', () => {
  const cluster = useClusterStore()
  const notices = useNoticesStore()
  const asked = shallowRef<ReadonlyMap<string, PendingAction>>(new Map())

  const pending = computed(() => {
    const map = new Map<string, NodeAction>()
    for (const [name, { action, answeredSinceMs }] of asked.value) {
      const seen = cluster.node(name)
      const isObserved = answeredSinceMs !== undefined && seen !== undefined && seen.sinceMs >= answeredSinceMs
      if (!isObserved) map.set(name, action)
    }
    return map
  })

  const set = (name: string, value: PendingAction | undefined): void => {
    const next = new Map(asked.value)
    if (value === undefined) next.delete(name)
    else next.set(name, value)
    asked.value = next
  }

  const run = async (action: NodeAction, node: string, more: StormAsked = {}): Promise<void> => {
    if (pending.value.has(node)) return
    set(node, { action, answeredSinceMs: undefined })
    try {
      const answered = await host().call(`node.${action}`, { node, ...more })
      set(node, { action, answeredSinceMs: answered.sinceMs })
    } catch (cause) {
      set(node, undefined)
      notices.failed(`nodeAction.${action}`, node, cause)
    }
  }

  /** Every node that is down; the ensemble first, since brokers wait for it. */
  const down = computed(() => cluster.nodes.filter(isDown).map(({ name }) => name))
  const startAll = async (): Promise<void> => {
    const isMember = (name: string): boolean => cluster.node(name)?.role === 'ensemble'
    const names = down.value
    await Promise.all(names.filter(isMember).map((name) => run('start', name)))
    await Promise.all(names.filter((name) => !isMember(name)).map((name) => run('start', name)))
  }

  const cost = (asked: AskedCost): Promise<NodeCostView> => host().call('node.cost', asked)

  return { pending, run, down, startAll, cost }
})
