/** Which events are acts: what was done to nodes and links on purpose, and that nodes came back. */
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
  'faultHealed',
  'actSettled',
  'stormBegan',
  'stormEnded'
]

export const isFailureEvent = ({ code }: Pick<ClusterEvent, 'code'>): boolean => ACTS.includes(code)
