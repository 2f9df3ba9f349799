/** Which dialog is open. One at a time; whoever wants one asks here, from a page, the rail or the palette. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { ConfigResource } from './configs'
import type { NodeAct } from '@api/failures'
import type { AskedFault } from '@api/faults'
import type { ScanQuery } from '@api/search'
import type { RecordView } from '@api/views'

export type Dialog =
  | { readonly type: 'nodeCost'; readonly action: NodeAct; readonly node: string }
  | { readonly type: 'faultCost'; readonly fault: AskedFault }
  | { readonly type: 'elect' }
  /** Of all topics, of one, or of one partition. */
  | { readonly type: 'reassign'; readonly topic?: string; readonly partition?: number }
  /** The plan that stands beside the grid of replicas (stores/plan). */
  | { readonly type: 'applyPlan' }
  | { readonly type: 'repairLog'; readonly topic: string; readonly partition: number; readonly broker: number }
  /** These topics are to have so many replicas. */
  | { readonly type: 'raise'; readonly topics: readonly string[]; readonly factor: number }
  | { readonly type: 'createZnode'; readonly parent: string }
  | { readonly type: 'setZnode' | 'deleteZnode'; readonly path: string }
  | { readonly type: 'createTopic' }
  | { readonly type: 'deleteTopic'; readonly topic: string }
  | { readonly type: 'deleteTopics'; readonly topics: readonly string[] }
  | { readonly type: 'resetOffsets' | 'deleteGroup' | 'deleteOffsets'; readonly groupId: string }
  | { readonly type: 'purgeTopic'; readonly topic: string }
  | { readonly type: 'addPartitions'; readonly topic: string; readonly now: number }
  /** `focus` is the config whose field has the focus. */
  | { readonly type: 'editConfigs'; readonly resource: ConfigResource; readonly focus?: string | undefined }
  | {
      readonly type: 'exportRecords'
      readonly topic: string
      readonly shown: readonly { readonly partition: number; readonly offset: number }[]
      readonly query: Omit<ScanQuery, 'topic'>
    }
  /** `record`: the form is filled with it. */
  | { readonly type: 'produce'; readonly topic?: string; readonly record?: RecordView }
  | { readonly type: 'connectClient'; readonly topic?: string }
  | { readonly type: 'newWorkload'; readonly kind: 'producer' | 'consumer' }
  | { readonly type: 'editWorkload'; readonly name: string }
  | { readonly type: 'workloadFault'; readonly action: 'kill' | 'zombie'; readonly name: string }
  | { readonly type: 'saveScene' }
  | { readonly type: 'newCluster' }
  /** `id` is that of a cluster. */
  | { readonly type: 'stopCluster' | 'deleteCluster' | 'resetCluster' | 'moveCluster'; readonly id: string }
  | { readonly type: 'palette' }
  | { readonly type: 'shortcuts' }

export const useDialogsStore = defineStore('dialogs', () => {
  const dialog = shallowRef<Dialog | undefined>()
  const open = (next: Dialog): void => {
    dialog.value = next
  }
  const close = (): void => {
    dialog.value = undefined
  }
  return { dialog, open, close }
})
