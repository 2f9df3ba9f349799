/** `lagoon fault`: links, disks and clocks that go wrong on purpose. Every line of --json is one fault. */
import { FAULT_KINDS, faultValueRule, type FaultKind, type FaultView } from '../../api/faults'
import { AppError } from '../../kernel/errors'
import type { CommonOptions } from './options'
import { printJson, printLine, table } from './output'
import { withCluster } from './verbs'
import { visible } from './visible'

export interface FaultAddOptions extends CommonOptions {
  readonly to?: string
  readonly oneWay?: boolean
  readonly value?: number
  readonly for?: number
}

export async function faultAdd(kind: string, node: string, options: FaultAddOptions): Promise<void> {
  const { to, oneWay, value, for: forMs, json } = options
  if (!isKind(kind))
    throw new AppError('USAGE', `There is no fault ${visible(kind)}. There are ${FAULT_KINDS.join(', ')}.`)
  const asked = {
    kind,
    node,
    ...(to === undefined ? {} : { to }),
    ...(oneWay === undefined ? {} : { oneWay }),
    ...(value === undefined ? {} : { value }),
    ...(forMs === undefined ? {} : { forMs })
  }
  const fault = await withCluster(options, (client) => client.call('fault.add', asked))
  if (json === true) printJson(lineOf(fault))
  else printLine(`${fault.id} ${textOf(fault)}`)
}

export async function faultList(options: CommonOptions): Promise<void> {
  const { faults } = await withCluster(options, (client) => client.call('fault.list', {}))
  print(faults, options)
}

export async function faultHeal(
  id: string | undefined,
  { all, ...options }: CommonOptions & { readonly all?: boolean }
): Promise<void> {
  if ((id === undefined) === (all !== true))
    throw new AppError('USAGE', 'Say what to heal: an id, or --all. lagoon fault list shows the ids.')
  const { faults } = await withCluster(options, (client) => client.call('fault.heal', id === undefined ? {} : { id }))
  print(faults, options)
}

const isKind = (text: string): text is FaultKind => (FAULT_KINDS as readonly string[]).includes(text)

const lineOf = ({ id, kind, node, to }: FaultView) => ({ id, kind, node, to })

function print(faults: readonly FaultView[], { json }: CommonOptions): void {
  if (json === true) {
    for (const fault of faults) {
      const { oneWay, value, untilMs } = fault
      printJson({ ...lineOf(fault), oneWay, value, untilMs })
    }
    return
  }
  if (faults.length === 0) return printLine('No faults.')
  const rows = faults.map(({ id, kind, node, to, oneWay, value, untilMs }) => [
    id,
    kind,
    node,
    to === null ? null : oneWay ? `→ ${to}` : to,
    value === null ? null : `${value} ${faultValueRule(kind)?.unit ?? ''}`,
    untilMs === null ? null : new Date(untilMs).toISOString()
  ])
  printLine(table(['FAULT', 'KIND', 'NODE', 'TO', 'VALUE', 'UNTIL'], rows))
}

function textOf({ kind, node, to, oneWay, value }: FaultView): string {
  const where = to === null ? node : `${node} ${oneWay ? '→' : '↔'} ${to}`
  return `${kind} ${where}${value === null ? '' : ` (${value} ${faultValueRule(kind)?.unit ?? ''})`}`
}
