/** What can be done to a node now, as the items of a menu or a row of buttons. Causing a fault is always asked first. */
import { CircleStop, Eraser, OctagonX, Pause, Play, Power, Repeat, RotateCcw, StepForward } from '@lucide/vue'
import type { Component } from 'vue'
import type { NodeView } from '@api/views'
import { useDialogsStore } from '@/stores/dialogs'
import { useFailuresStore } from '@/stores/failures'
import { useNodesStore } from '@/stores/nodes'
import type { NodeAction } from '@/stores/nodes'
import { isDown } from './node-level'
import { useText } from './use-text'

export interface NodeActionItem {
  readonly value: NodeAction
  readonly label: string
  readonly icon: Component
  readonly isDisabled: boolean
}

export const NODE_ICONS = {
  start: Play,
  resume: StepForward,
  kill: OctagonX,
  stop: Power,
  pause: Pause,
  restart: RotateCcw,
  wipe: Eraser,
  storm: Repeat,
  endStorm: CircleStop
} as const satisfies Record<NodeAction, Component>

/** Start for what is down, the rest for what lives; a crashed node may be stopped, so that it stays down. */
export function possibleActions(node: NodeView, isStormy = false): readonly NodeAction[] {
  // Whatever is done to it ends the storm, too.
  if (isStormy) return ['endStorm', 'kill', 'stop']
  if (node.state === 'crashed') return ['start', 'stop', 'wipe']
  if (isDown(node)) return ['start', 'wipe']
  if (node.state === 'paused') return ['resume', 'kill', 'stop', 'wipe']
  return node.state === 'running'
    ? ['kill', 'stop', 'pause', 'restart', 'storm', 'wipe']
    : ['kill', 'stop', 'restart', 'wipe']
}

/** Healing is done at once; a failure is asked about. */
type Healing = 'start' | 'resume' | 'endStorm'
const isHealing = (action: NodeAction): action is Healing =>
  action === 'start' || action === 'resume' || action === 'endStorm'

export function useNodeActions() {
  const dialogs = useDialogsStore()
  const nodes = useNodesStore()
  const failures = useFailuresStore()
  const { t } = useText()

  const items = (node: NodeView): NodeActionItem[] =>
    possibleActions(node, failures.isStormy(node.name)).map((value) => ({
      value,
      label: t(`nodeAction.${value}`),
      icon: NODE_ICONS[value],
      isDisabled: nodes.pending.has(node.name)
    }))

  const choose = (action: NodeAction, node: string): void => {
    if (isHealing(action)) void nodes.run(action, node)
    else dialogs.open({ type: 'nodeCost', action, node })
  }

  return { items, choose }
}
