/** `lagoon workload`: traffic on purpose without a window. Every line of --json is one workload. */
import { readFileSync, statSync } from 'node:fs'
import { nodeClock } from '../../adapters/node-clock'
import { diskError } from '../../adapters/node-disk'
import type { CommandInput } from '../../api/commands'
import type { WorkloadView } from '../../api/workloads'
import type { ControlClient } from '../../host/control-client'
import { AppError } from '../../kernel/errors'
import type { CommonOptions } from './options'
import { printJson, printLine, table } from './output'
import { withCluster } from './verbs'
import { visible } from './visible'
import { withRates } from './workload-rates'

/** A scene is a few kilobytes. */
const fileBytesMax = 1024 * 1024

export async function workloadStart(what: string, options: CommonOptions): Promise<void> {
  const input = startOf(what)
  const { workloads, createdTopics } = await withCluster(options, async (client) => {
    const started = await client.call('workload.start', input)
    return { ...started, workloads: await ratesOf(client, started.workloads) }
  })
  for (const topic of createdTopics) process.stderr.write(`Created topic ${topic}.\n`)
  print(workloads, options)
  refuseFailed(workloads)
}

export async function workloadList(options: CommonOptions): Promise<void> {
  const workloads = await withCluster(options, async (client) =>
    ratesOf(client, (await client.call('workload.list', {})).workloads)
  )
  if (workloads.length === 0 && options.json !== true) printLine('No workloads.')
  else print(workloads, options)
}

export async function workloadStop(
  name: string | undefined,
  { all, ...options }: CommonOptions & { readonly all?: boolean }
): Promise<void> {
  if ((name === undefined) === (all !== true))
    throw new AppError('USAGE', 'Say what to stop: a name, or --all. lagoon workload list shows the names.')
  const input = name === undefined ? { all: true } : { name }
  const { workloads } = await withCluster(options, (client) => client.call('workload.stop', input))
  if (workloads.length === 0 && options.json !== true) printLine('No workloads.')
  else print(workloads, options)
}

/** A file when it looks like one, or is there; else the name of a scene. */
function startOf(what: string): CommandInput<'workload.start'> {
  const looksLikeFile = /[/\\]|\.json$/i.test(what)
  if (!looksLikeFile && statSync(what, { throwIfNoEntry: false })?.isFile() !== true) return { scene: what }
  try {
    if (statSync(what).size > fileBytesMax)
      throw new AppError('FAILED', `${what} is larger than ${fileBytesMax / 1024} KB: that is no scene.`)
    return { definition: JSON.parse(readFileSync(what, 'utf8')) as unknown }
  } catch (error) {
    if (error instanceof SyntaxError) throw new AppError('FAILED', `${what} is no JSON: ${error.message}`)
    if (error instanceof AppError) throw error
    throw new AppError('FAILED', `No scene can be read there. ${diskError(error, what).message}`)
  }
}

/** Of one that has just begun the rate is known a moment later. */
const ratesOf = (client: ControlClient, first: readonly WorkloadView[]): Promise<readonly WorkloadView[]> =>
  withRates(async () => (await client.call('workload.list', {})).workloads, first, nodeClock)

function print(workloads: readonly WorkloadView[], { json }: CommonOptions): void {
  if (json === true) {
    for (const one of workloads) printJson(lineOf(one))
    return
  }
  const rows = workloads.map((one) => [
    one.name,
    one.kind,
    one.topic,
    one.groupId,
    one.state,
    one.ratePerSecond,
    one.errors,
    one.partitions?.join(',') ?? null
  ])
  if (rows.length > 0) printLine(table(['NAME', 'KIND', 'TOPIC', 'GROUP', 'STATE', 'RATE/S', 'ERRORS', 'OWNS'], rows))
}

/** ratePerSecond is null while nobody knows it: the process has told nothing for some seconds. */
function lineOf({ name, kind, topic, groupId, state, ratePerSecond, errors }: WorkloadView) {
  return { name, kind, topic, groupId, state, ratePerSecond, errors }
}

/** What could not begin is a failure of the command, for all that it prints. */
function refuseFailed(workloads: readonly WorkloadView[]): void {
  const failed = workloads.filter(({ state }) => state === 'failed')
  if (failed.length === 0) return
  const reasons = failed.map(({ name, problem }) => `${name}: ${problem ?? 'it ended at once'}`).join('; ')
  throw new AppError('FAILED', process.stderr.isTTY ? visible(reasons) : reasons)
}
