/** A fault in words: the same in lists, dialogs and events. */
import { faultValueRule } from '@api/faults'
import type { FaultKind } from '@api/faults'
import { integer } from '@/format'
import type { Text } from './use-text'

export interface SaidFault {
  readonly kind: FaultKind
  readonly node: string
  readonly to?: string | null | undefined
  readonly oneWay?: boolean | undefined
  readonly value?: number | null | undefined
}

export function faultSentence(
  { t, nodeLabel, nodeInline }: Pick<Text, 't' | 'nodeLabel' | 'nodeInline'>,
  { kind, node, to, oneWay, value }: SaidFault
): string {
  const link = `${nodeLabel(node)} ${oneWay === true ? '→' : '↔'} ${nodeLabel(to ?? '')}`
  const shown = value ?? faultValueRule(kind)?.default
  return t(`fault.is.${kind}`, { link, nodeIn: nodeInline(node), value: shown === undefined ? '' : integer(shown) })
}
