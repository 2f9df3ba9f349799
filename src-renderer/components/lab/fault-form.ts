/** What is typed into the form of a fault, as what is asked for. Pure. */
import { FAULT_FOR_MS_MAX, FAULT_RULES, faultValueRule } from '@api/faults'
import type { AskedFault, FaultKind } from '@api/faults'
import type { NodeView } from '@api/views'
import { wholeNumber } from '@/components/ui/whole-number'

export interface FaultFormValues {
  readonly kind: FaultKind
  readonly node: string
  readonly to: string
  readonly isOneWay: boolean
  readonly value: string
  /** Seconds; empty: until it is healed. */
  readonly seconds: string
}

export const SECONDS_MAX = FAULT_FOR_MS_MAX / 1000

export const nodesFor = (kind: FaultKind, nodes: readonly NodeView[]): readonly NodeView[] =>
  nodes.filter(({ role }) => role === 'broker' || !FAULT_RULES[kind].isForBrokersOnly)

/** Two members of the ensemble have a link, too. */
export const othersFor = (node: string, nodes: readonly NodeView[]): readonly NodeView[] =>
  nodes.filter(({ name }) => name !== node)

export function valueOf(kind: FaultKind, typed: string): number | undefined {
  const rule = faultValueRule(kind)
  const digits = typed.trim().replace(/^−/, '-')
  const value = Number(digits)
  if (rule === undefined || !/^-?\d+$/.test(digits)) return undefined
  return value >= rule.min && value <= rule.max ? value : undefined
}

export const isValueWrong = (kind: FaultKind, typed: string): boolean =>
  faultValueRule(kind) !== undefined && valueOf(kind, typed) === undefined
export const areSecondsWrong = (typed: string): boolean =>
  typed.trim() !== '' && wholeNumber(typed, 1, SECONDS_MAX) === undefined

/** undefined while something is wrong. */
export function askedFault(values: FaultFormValues): AskedFault | undefined {
  const { kind, node, to, isOneWay, value, seconds } = values
  const { isLink } = FAULT_RULES[kind]
  if (node === '' || (isLink && (to === '' || to === node))) return undefined
  if (isValueWrong(kind, value) || areSecondsWrong(seconds)) return undefined
  const number = valueOf(kind, value)
  const forSeconds = wholeNumber(seconds, 1, SECONDS_MAX)
  return {
    kind,
    node,
    ...(isLink ? { to } : {}),
    ...(isLink && isOneWay ? { oneWay: true } : {}),
    ...(number === undefined ? {} : { value: number }),
    ...(forSeconds === undefined ? {} : { forMs: forSeconds * 1000 })
  }
}
