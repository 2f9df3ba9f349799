/** The commands that reach a running cluster through its folder's control socket. */
import type { CommandInput, CommandName, CommandOutput } from '../../api/commands'
import { ControlClient } from '../../host/control-client'
import { ApiError } from '../../api/api'
import { AppError, ignore } from '../../kernel/errors'
import { dataFolder, type CommonOptions } from './options'
import { exitCodes } from './exit'
import { visible } from './visible'
import { unknownOfGroup, unknownOfGroups, unknownOfTopic, unknownOfTopics } from './unknown'
import { groupText, groupsText, nodeText, printJson, printLine, statusText, topicText, topicsText } from './output'

export async function withCluster<T>(options: CommonOptions, work: (client: ControlClient) => Promise<T>): Promise<T> {
  const client = await ControlClient.connect(dataFolder(options.data))
  try {
    return await work(client)
  } finally {
    client.close()
  }
}

/** Runs one command and prints what it answers. */
export async function run<Name extends CommandName>(
  options: CommonOptions,
  name: Name,
  input: CommandInput<Name>,
  print: {
    readonly json: (value: CommandOutput<Name>) => unknown
    readonly text: (value: CommandOutput<Name>) => string
    /** What of the answer is not known, a sentence; the command has failed then, for all that it prints. */
    readonly unknown?: (value: CommandOutput<Name>, askedAtMs: number) => string | undefined
  }
): Promise<void> {
  const askedAtMs = Date.now()
  const value = await withCluster(options, (client) => client.call(name, input))
  if (options.json === true) printJson(print.json(value))
  else printLine(print.text(value))
  const unknown = print.unknown?.(value, askedAtMs)
  if (unknown === undefined) return
  process.stderr.write(`${process.stderr.isTTY ? visible(unknown) : unknown}\n`)
  process.exitCode = exitCodes.failed
}

export const status = (options: CommonOptions): Promise<void> =>
  run(options, 'cluster.status', {}, { json: (value) => value, text: statusText })

export const topicList = (options: CommonOptions): Promise<void> =>
  run(
    options,
    'topic.list',
    {},
    {
      json: ({ topics }) => topics,
      text: ({ topics }) => topicsText(topics),
      unknown: unknownOfTopics
    }
  )

export interface TopicCreateOptions extends CommonOptions {
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly config?: Readonly<Record<string, string>>
}

export async function topicCreate(topic: string, options: TopicCreateOptions): Promise<void> {
  const { partitions, replicationFactor, config } = options
  const input = {
    topic,
    ...(partitions === undefined ? {} : { partitions }),
    ...(replicationFactor === undefined ? {} : { replicationFactor }),
    ...(config === undefined ? {} : { configs: { ...config } })
  }
  await run(options, 'topic.create', input, { json: (value) => value, text: () => `Created topic ${topic}.` })
  await warnOfMinIsr(topic, config, options)
}

/** Kafka takes any number; one above the replicas counts as all of them (Partition.effectiveMinIsr). */
export async function warnOfMinIsr(
  topic: string,
  config: Readonly<Record<string, string>> | undefined,
  options: CommonOptions
): Promise<void> {
  const asked = Number(config?.['min.insync.replicas'])
  if (!Number.isSafeInteger(asked) || asked < 2) return
  const { partitions } = await withCluster(options, (client) => client.call('topic.describe', { topic })).catch(
    (error: unknown) => {
      if (!(error instanceof AppError || error instanceof ApiError)) throw error
      ignore(error, 'what was asked for is done, and this was only to be said of it')
      return { partitions: [] }
    }
  )
  const factor = Math.min(...partitions.map(({ replicas }) => replicas.length))
  if (!Number.isFinite(factor) || asked <= factor) return
  process.stderr.write(
    `min.insync.replicas of ${topic} is ${asked} with a replication factor of ${factor}: it counts as ${factor}, ` +
      'and acks=all is refused as soon as one replica is not in sync.\n'
  )
}

export const topicDescribe = (topic: string, options: CommonOptions): Promise<void> =>
  run(options, 'topic.describe', { topic }, { json: (value) => value, text: topicText, unknown: unknownOfTopic })

export const topicDelete = (topic: string, options: CommonOptions): Promise<void> =>
  run(options, 'topic.delete', { topic }, { json: (value) => value, text: () => `Deleted topic ${topic}.` })

export const groupList = (options: CommonOptions): Promise<void> =>
  run(
    options,
    'group.list',
    {},
    {
      json: ({ groups }) => groups,
      text: ({ groups }) => groupsText(groups),
      unknown: unknownOfGroups
    }
  )

export const groupDescribe = (groupId: string, options: CommonOptions): Promise<void> =>
  run(options, 'group.describe', { groupId }, { json: (value) => value, text: groupText, unknown: unknownOfGroup })

export type NodeVerb = 'kill' | 'stop' | 'start' | 'restart' | 'pause' | 'resume' | 'wipe'

export const node = (verb: NodeVerb, name: string, options: CommonOptions): Promise<void> =>
  run(options, `node.${verb}`, { node: name }, { json: (value) => value, text: nodeText })
