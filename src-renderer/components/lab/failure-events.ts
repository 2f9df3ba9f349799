/** Which events are acts: what was done to nodes on purpose, and what became of what was said before. */
import type { ClusterEvent, EventCode } from '@api/views'

const ACTS: readonly EventCode[] = [
  'nodeKilled',
  'nodeStopping',
  'nodeStopped',
  'nodePaused',
  'nodeResumed',
  'nodeWiped',
  'nodeRunning',
  'faultAdded',
  'faultHealed'
]

export const isFailureEvent = ({ code }: Pick<ClusterEvent, 'code'>): boolean => ACTS.includes(code)
