/** Faults of a cluster: what may be asked for, and what each node has to do for all of them together. */
import { FAULT_RULES, faultValueRule, type AskedFault, type FaultView } from '../../api/faults'
import { noFaults, wholeLeg, type LinkFaults, type LinkLeg, type NodeFaults } from '../../kernel/node-faults'
import { said } from '../../kernel/said'
import { portsOf, type NodeSpec } from './cluster-spec'

export type Fault = FaultView

/** One sentence that says what is wrong with it; undefined when it can be had. */
export function faultProblem(asked: AskedFault, nodes: readonly NodeSpec[]): string | undefined {
  const { kind, node, to, oneWay, value } = asked
  const rule = FAULT_RULES[kind]
  const named = (name: string): NodeSpec | undefined => nodes.find((one) => one.name === name)
  for (const name of [node, ...(to === undefined ? [] : [to])]) {
    if (named(name) !== undefined) continue
    return said`There is no node ${name} in this cluster. Its nodes are ${nodes.map((one) => one.name).join(', ')}.`
  }
  if (rule.isForBrokersOnly && named(node)?.role !== 'broker') return said`${kind} is for brokers; ${node} is none.`
  if (rule.isLink && to === undefined) return said`${kind} is of a link: name its other end with --to.`
  if (rule.isLink && to === node) return said`${kind} is of a link between two nodes; ${node} is both of its ends.`
  if (!rule.isLink && to !== undefined) return said`${kind} is of one node: leave out --to.`
  if (!rule.isLink && oneWay === true) return said`${kind} is of one node and has no direction: leave out --one-way.`
  return valueProblem(asked, value)
}

function valueProblem({ kind }: AskedFault, value: number | undefined): string | undefined {
  const rule = faultValueRule(kind)
  if (value === undefined) return undefined
  if (rule === undefined) return said`${kind} takes no value: leave out --value.`
  if (value >= rule.min && value <= rule.max) return undefined
  const { unit, min, max } = rule
  return unit === '%'
    ? said`The value of ${kind} is in percent, from ${min} to ${max}; ${value} is not.`
    : said`The value of ${kind} is in milliseconds, from ${min} to ${max}; ${value} is not.`
}

/** Whether both are about the same, so that the later one replaces the earlier. */
export function isSameFault(fault: Fault, asked: AskedFault): boolean {
  const { kind, node, to = null, oneWay = false } = asked
  if (fault.kind !== kind || fault.oneWay !== oneWay) return false
  const isAlike = fault.node === node && fault.to === to
  return isAlike || (!oneWay && fault.node === to && fault.to === node)
}

/** What the process of `name` has to do. */
export function nodeFaults(
  name: string,
  faults: readonly Fault[],
  cluster: { readonly host: string; readonly nodes: readonly NodeSpec[] }
): NodeFaults {
  const own = faults.filter((fault) => fault.node === name && fault.to === null)
  const sumOf = (kind: Fault['kind']): number =>
    own.reduce((sum, fault) => (fault.kind === kind ? sum + (fault.value ?? 0) : sum), 0)
  const has = (kind: Fault['kind']): boolean => own.some((fault) => fault.kind === kind)
  const isWithoutEnsemble = has('drop-ensemble')
  const links = cluster.nodes.flatMap((peer): LinkFaults[] => {
    if (peer.name === name) return []
    const isDropped = isWithoutEnsemble && peer.role === 'ensemble'
    const outward = legOf(faults, name, peer.name, isDropped)
    const inward = legOf(faults, peer.name, name, isDropped)
    if (outward === wholeLeg && inward === wholeLeg) return []
    return portsOf(peer).map((port) => ({ peer: { host: cluster.host, port }, outward, inward }))
  })
  return {
    ...noFaults,
    links,
    refusesClients: has('refuse-clients'),
    diskDelayMs: sumOf('slow-disk'),
    isDiskFull: has('full-disk'),
    clockSkewMs: sumOf('skew-clock')
  }
}

/** Of what `from` sends to `to`: delays add up, of losses the greatest counts. */
function legOf(faults: readonly Fault[], from: string, to: string, isDropped: boolean): LinkLeg {
  let leg = isDropped ? { ...wholeLeg, isCut: true } : wholeLeg
  for (const fault of faults) {
    const isThisWay = fault.node === from && fault.to === to
    const isOtherWay = !fault.oneWay && fault.node === to && fault.to === from
    if (!isThisWay && !isOtherWay) continue
    const value = fault.value ?? 0
    if (fault.kind === 'cut-link') leg = { ...leg, isCut: true }
    if (fault.kind === 'slow-link') leg = { ...leg, delayMs: leg.delayMs + value }
    if (fault.kind === 'lossy-link') leg = { ...leg, lossPercent: Math.max(leg.lossPercent, value) }
  }
  return leg
}
