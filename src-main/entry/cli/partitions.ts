/** `lagoon partition`: leaders that are elected, replicas that move. Every line of --json is one partition. */
import { PLAN_MAX, type PartitionState } from '../../api/failures'
import { AppError } from '../../kernel/errors'
import { exitCodes } from './exit'
import type { CommonOptions } from './options'
import { printJson, printLine, table } from './output'
import { withCluster } from './verbs'
import { visible } from './visible'

interface Failed {
  readonly topic: string
  readonly partition: number
  readonly kafkaError: string
  readonly message: string
}

export async function partitionElect(
  names: readonly string[],
  options: CommonOptions & { readonly unclean?: boolean }
): Promise<void> {
  const partitions = names.map((name) => placeOf(name))
  refuseTooMany(partitions.length)
  const input = { partitions, ...(options.unclean === true ? { isUnclean: true } : {}) }
  print(await withCluster(options, (client) => client.call('partition.elect', input)), options)
}

export async function partitionReassign(
  plan: readonly string[],
  options: CommonOptions & { readonly throttle?: number; readonly cancel?: boolean }
): Promise<void> {
  const { throttle, cancel } = options
  if (cancel === true && throttle !== undefined)
    throw new AppError('USAGE', 'What is broken off has no throttle. Leave out --throttle or --cancel.')
  const moves = plan.map((move) => (cancel === true ? placeOf(move.replace(/=[\d,]*$/, '')) : moveOf(move)))
  refuseTooMany(moves.length)
  const input = { moves, ...(throttle === undefined ? {} : { throttle }) }
  const states = await withCluster(options, (client) => client.call('partition.reassign', input))
  print(states, options)
}

export async function partitionRepair(
  name: string,
  options: CommonOptions & { readonly broker: number; readonly copy?: boolean; readonly cut?: boolean }
): Promise<void> {
  const { broker, copy, cut, json } = options
  if ((copy === true) === (cut === true)) throw new AppError('USAGE', 'Say what is to be done: --copy or --cut.')
  const input = { ...placeOf(name), broker, how: copy === true ? ('copy' as const) : ('cut' as const) }
  const done = await withCluster(options, (client) => client.call('partition.repair', input))
  if (json === true) return printJson(done)
  const { topic, partition, from, to } = done
  const what = visible(`${topic}:${partition}`)
  if (from === null || to === null) printLine(`${what} is copied anew to broker ${broker}.`)
  else printLine(`${what} at broker ${broker} was cut at offset ${to}; it ended at ${from}.`)
}

function refuseTooMany(count: number): void {
  if (count > PLAN_MAX) throw new AppError('USAGE', `One plan may name ${PLAN_MAX} partitions. Make several of it.`)
}

const idMax = 2_147_483_647

function placeOf(text: string): { topic: string; partition: number } {
  const [, topic, digits] = /^(.+):(\d{1,10})$/.exec(text) ?? []
  const partition = Number(digits)
  if (topic === undefined || partition > idMax)
    throw new AppError('USAGE', `${visible(text)} is no partition. Write its topic and its number: orders:0.`)
  return { topic, partition }
}

function moveOf(text: string) {
  const [, place, list] = /^(.+:\d+)=(\d+(?:,\d+)*)$/.exec(text) ?? []
  const replicas = (list ?? '').split(',').map(Number)
  if (place === undefined || replicas.some((id) => id > idMax))
    throw new AppError('USAGE', `${visible(text)} is no move. Write a partition and its brokers: orders:0=1,2,3.`)
  return { ...placeOf(place), replicas }
}

function print(
  { partitions, failed }: { readonly partitions: readonly PartitionState[]; readonly failed: readonly Failed[] },
  { json }: CommonOptions
): void {
  if (json === true) for (const state of partitions) printJson(state)
  else if (partitions.length > 0) printLine(textOf(partitions))
  for (const { topic, partition, kafkaError, message } of failed)
    process.stderr.write(`${visible(`${topic}:${partition}`)} ${kafkaError}: ${visible(message)}\n`)
  if (failed.length > 0) process.exitCode = exitCodes.failed
}

function textOf(partitions: readonly PartitionState[]): string {
  const ids = (list: readonly number[]): string => (list.length === 0 ? '–' : list.join(' '))
  const rows = partitions.map(({ topic, partition, leader, replicas, isr, adding, removing }) => [
    `${topic}:${partition}`,
    leader === null ? 'none' : String(leader),
    ids(replicas),
    ids(isr),
    ids(adding),
    ids(removing)
  ])
  return table(['PARTITION', 'LEADER', 'REPLICAS', 'ISR', 'ADDING', 'REMOVING'], rows)
}
