/** Verbs that change topics and groups. */
import type { CommandInput, CommandOutput } from '../../api/commands'
import { AppError } from '../../kernel/errors'
import type { CommonOptions } from './options'
import { clampedSentences } from './clamped-reset'
import { printJson, printLine, table } from './output'
import { run, warnOfMinIsr, withCluster } from './verbs'

// ── topics ───────────────────────────────────────────────────────────────────────────────────────────────────────

interface AlterOptions extends CommonOptions {
  readonly config?: Readonly<Record<string, string>>
  readonly deleteConfig?: readonly string[]
}

export async function topicAlter(topic: string, options: AlterOptions): Promise<void> {
  const { config, deleteConfig } = options
  if (config === undefined && deleteConfig === undefined)
    throw new AppError('USAGE', 'Say what to change: --config retention.ms=60000 or --delete-config retention.ms.')
  const input = {
    topic,
    ...(config === undefined ? {} : { set: { ...config } }),
    ...(deleteConfig === undefined ? {} : { remove: [...deleteConfig] })
  }
  const text = ({ configs }: CommandOutput<'topic.alter'>): string => {
    const set = Object.entries(configs).map(([name, value]) => `  ${name}=${value}`)
    return [`Changed topic ${topic}. Set for it now:`, ...(set.length === 0 ? ['  nothing'] : set)].join('\n')
  }
  await run(options, 'topic.alter', input, { json: (value) => value, text })
  await warnOfMinIsr(topic, config, options)
}

export function topicAddPartitions(topic: string, options: CommonOptions & { readonly to: number }): Promise<void> {
  const text = (): string =>
    `Topic ${topic} has ${options.to} partitions now. Records stay where they are; keys may go to other partitions.`
  return run(options, 'topic.addPartitions', { topic, to: options.to }, { json: (value) => value, text })
}

interface PurgeOptions extends CommonOptions {
  readonly partition?: number
  readonly before?: number | Date
}

/** Exit 1 when some partition could not be purged; what was purged is printed all the same. */
export async function topicPurge(topic: string, options: PurgeOptions): Promise<void> {
  const { partition, before } = options
  const input: CommandInput<'topic.purge'> = {
    topic,
    ...(partition === undefined ? {} : { partition }),
    ...(before === undefined ? {} : { before: positionOf(before) })
  }
  const { failed, ...purged } = await withCluster(options, (client) => client.call('topic.purge', input))
  if (options.json === true) printJson(purged)
  else
    printLine(
      table(
        ['PARTITION', 'START OFFSET'],
        purged.partitions.map((at) => [at.partition, at.startOffset])
      )
    )
  if (failed.length === 0) return
  throw new AppError('FAILED', `Not purged: ${reasonsOf(failed)}`)
}

/** Each reason once, with the partitions that it holds for. */
function reasonsOf(failed: CommandOutput<'topic.purge'>['failed']): string {
  const partitionsOf = new Map<string, number[]>()
  for (const { partition, kafkaError, message } of failed) {
    const reason = `${kafkaError}: ${message}`
    partitionsOf.set(reason, [...(partitionsOf.get(reason) ?? []), partition])
  }
  return [...partitionsOf]
    .map(([reason, all]) => `${all.length === 1 ? 'partition' : 'partitions'} ${all.join(', ')}: ${reason}`)
    .join('; ')
}

function positionOf(at: number | Date) {
  return at instanceof Date
    ? { type: 'time' as const, timestampMs: at.getTime() }
    : { type: 'offset' as const, offset: at }
}

// ── groups ───────────────────────────────────────────────────────────────────────────────────────────────────────

export const groupDelete = (groupId: string, options: CommonOptions): Promise<void> =>
  run(options, 'group.delete', { groupId }, { json: (value) => value, text: () => `Deleted group ${groupId}.` })

interface ResetOptions extends CommonOptions {
  readonly to?: 'earliest' | 'latest' | number | Date
  readonly shiftBy?: number
  readonly topic?: CommandInput<'group.reset'>['topics']
  readonly dryRun?: boolean
}

export function groupReset(groupId: string, options: ResetOptions): Promise<void> {
  const { topic, dryRun } = options
  const input: CommandInput<'group.reset'> = {
    groupId,
    to: targetOf(options),
    ...(topic === undefined ? {} : { topics: topic }),
    ...(dryRun === undefined ? {} : { dryRun })
  }
  const text = ({ applied, partitions }: CommandOutput<'group.reset'>): string => {
    const rows = partitions.map((at) => [at.topic, at.partition, at.before, at.after])
    const said = applied ? `Group ${groupId} was reset.` : 'Nothing was changed (--dry-run).'
    const clamped = clampedSentences(input.to, partitions)
    return [table(['TOPIC', 'PARTITION', 'BEFORE', 'AFTER'], rows), ...clamped, said].join('\n')
  }
  const json = ({ applied, partitions }: CommandOutput<'group.reset'>) => ({
    groupId,
    applied,
    partitions: partitions.map(({ topic, partition, before, after, clampedTo }) => ({
      topic,
      partition,
      before,
      after,
      ...(clampedTo === undefined ? {} : { clampedTo })
    }))
  })
  return run(options, 'group.reset', input, { json, text })
}

function targetOf({ to, shiftBy }: ResetOptions): CommandInput<'group.reset'>['to'] {
  if ((to === undefined) === (shiftBy === undefined))
    throw new AppError('USAGE', 'Say where to: --to earliest, latest, an offset or a time; or --shift-by a number.')
  if (shiftBy !== undefined) return { type: 'shift', by: shiftBy }
  if (to === 'earliest' || to === 'latest') return { type: to }
  return positionOf(to ?? 0)
}
