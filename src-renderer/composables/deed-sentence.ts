/** What was done on purpose, in words: the same in the list of acts and in events. */
import type { ActView } from '@api/acts'
import { FAULT_KINDS } from '@api/faults'
import { faultSentence } from './fault-sentence'
import type { Text } from './use-text'

type Said = Pick<ActView, 'act' | 'node' | 'to' | 'oneWay' | 'value'>

/** "Kill of broker 1", or the fault that there was then. */
export function deedSentence(text: Pick<Text, 't' | 'nodeLabel' | 'nodeInline'>, act: Said): string {
  const kind = FAULT_KINDS.find((one) => one === act.act)
  if (kind === undefined) return text.t(`acts.deed.${act.act}`, { nodeIn: text.nodeInline(act.node) })
  return text.t('acts.deed.fault', { fault: faultSentence(text, { ...act, kind }) })
}
