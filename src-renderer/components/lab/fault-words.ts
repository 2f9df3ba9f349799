/** A fault in a sentence, and as the words of the command that makes it. */
import { faultValueRule } from '@api/faults'
import type { AskedFault } from '@api/faults'
import { integer } from '@/format'
import type { Text } from '@/composables/use-text'

type Said = Pick<AskedFault, 'kind' | 'node' | 'oneWay'> & {
  readonly to?: string | null | undefined
  readonly value?: number | null | undefined
}

export function faultSentence(
  { t, nodeLabel, nodeInline }: Pick<Text, 't' | 'nodeLabel' | 'nodeInline'>,
  fault: Said
): string {
  const { kind, node, to, oneWay, value } = fault
  const link = `${nodeLabel(node)} ${oneWay === true ? '→' : '↔'} ${nodeLabel(to ?? '')}`
  const shown = value ?? faultValueRule(kind)?.default
  return t(`fault.is.${kind}`, { link, nodeIn: nodeInline(node), value: shown === undefined ? '' : integer(shown) })
}

export function faultCommand({ kind, node, to, oneWay, value, forMs }: AskedFault): readonly string[] {
  return [
    'fault',
    'add',
    kind,
    node,
    ...(to === undefined ? [] : ['--to', to]),
    ...(oneWay === true ? ['--one-way'] : []),
    ...(value === undefined ? [] : ['--value', String(value)]),
    ...(forMs === undefined ? [] : ['--for', String(forMs)])
  ]
}
