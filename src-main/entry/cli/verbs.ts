/** The commands that reach a running cluster through its folder's control socket. */
import { createInterface } from 'node:readline'
import type { CommandInput, CommandName, CommandOutput } from '../../api/commands'
import { ApiError } from '../../api/api'
import { ControlClient } from '../../host/control-client'
import { exitCodes, failWith } from './exit'
import { dataFolder, type CommonOptions } from './options'
import {
  groupText,
  groupsText,
  nodeText,
  printJson,
  printLine,
  recordText,
  statusText,
  topicText,
  topicsText
} from './output'

const linesPerRequest = 500

async function withCluster<T>(options: CommonOptions, work: (client: ControlClient) => Promise<T>): Promise<T> {
  const client = await ControlClient.connect(dataFolder(options.data))
  try {
    return await work(client)
  } finally {
    client.close()
  }
}

/** Runs one command and prints what it answers. */
async function run<Name extends CommandName>(
  options: CommonOptions,
  name: Name,
  input: CommandInput<Name>,
  print: {
    readonly json: (value: CommandOutput<Name>) => unknown
    readonly text: (value: CommandOutput<Name>) => string
  }
): Promise<void> {
  const value = await withCluster(options, (client) => client.call(name, input))
  if (options.json === true) printJson(print.json(value))
  else printLine(print.text(value))
}

export const status = (options: CommonOptions): Promise<void> =>
  run(options, 'cluster.status', {}, { json: (value) => value, text: statusText })

export const topicList = (options: CommonOptions): Promise<void> =>
  run(options, 'topic.list', {}, { json: ({ topics }) => topics, text: ({ topics }) => topicsText(topics) })

export interface TopicCreateOptions extends CommonOptions {
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly config?: Readonly<Record<string, string>>
}

export function topicCreate(topic: string, options: TopicCreateOptions): Promise<void> {
  const { partitions, replicationFactor, config } = options
  const input = {
    topic,
    ...(partitions === undefined ? {} : { partitions }),
    ...(replicationFactor === undefined ? {} : { replicationFactor }),
    ...(config === undefined ? {} : { configs: { ...config } })
  }
  return run(options, 'topic.create', input, { json: (value) => value, text: () => `Created topic ${topic}.` })
}

export const topicDescribe = (topic: string, options: CommonOptions): Promise<void> =>
  run(options, 'topic.describe', { topic }, { json: (value) => value, text: topicText })

export const topicDelete = (topic: string, options: CommonOptions): Promise<void> =>
  run(options, 'topic.delete', { topic }, { json: (value) => value, text: () => `Deleted topic ${topic}.` })

export const groupList = (options: CommonOptions): Promise<void> =>
  run(options, 'group.list', {}, { json: ({ groups }) => groups, text: ({ groups }) => groupsText(groups) })

export const groupDescribe = (groupId: string, options: CommonOptions): Promise<void> =>
  run(options, 'group.describe', { groupId }, { json: (value) => value, text: groupText })

export type NodeVerb = 'kill' | 'stop' | 'start' | 'restart'

export const node = (verb: NodeVerb, name: string, options: CommonOptions): Promise<void> =>
  run(options, `node.${verb}`, { node: name }, { json: (value) => value, text: nodeText })

// ── produce ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ProduceOptions extends CommonOptions {
  readonly key?: string
  readonly value?: string
  readonly acks: 0 | 1 | -1
  readonly partition?: number
}

export function produce(topic: string, options: ProduceOptions): Promise<void> {
  return withCluster(options, async (client) => {
    const send = async (values: readonly string[]): Promise<void> => {
      const { acks, partition } = options
      const records = values.map((value) => ({ key: options.key ?? null, value }))
      const sent = await client.call('records.produce', {
        topic,
        acks,
        records,
        ...(partition === undefined ? {} : { partition })
      })
      for (const record of sent.records) {
        if (options.json === true) printJson(record)
        else printLine(`${record.topic}-${record.partition} ${record.offset ?? '-'}`)
      }
    }
    if (options.value !== undefined) {
      await send([options.value])
      return
    }
    for await (const lines of chunksOfStdin()) await send(lines)
  })
}

/** Lines that are there together go together; a single line is not held back for more. */
async function* chunksOfStdin(): AsyncIterable<readonly string[]> {
  let waiting: string[] = []
  let wake: () => void = () => undefined
  let isEnded = false
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => {
    waiting.push(line)
    if (waiting.length >= linesPerRequest) lines.pause()
    wake()
  })
  lines.on('close', () => {
    isEnded = true
    wake()
  })
  for (;;) {
    while (waiting.length === 0 && !isEnded) await new Promise<void>((resolve) => (wake = resolve))
    if (waiting.length === 0) return
    const chunk = waiting.slice(0, linesPerRequest)
    waiting = waiting.slice(linesPerRequest)
    if (waiting.length < linesPerRequest) lines.resume()
    yield chunk
  }
}

// ── consume ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ConsumeOptions extends CommonOptions {
  readonly group?: string
  readonly from: 'earliest' | 'latest' | number
  readonly maxRecords?: number
  readonly pollTimeoutMs?: number
  readonly commit: 'auto' | 'each' | 'never'
}

/** Ends with the consumer, or by SIGINT after it has left its group. */
export function consume(topic: string, options: ConsumeOptions): Promise<void> {
  return withCluster(options, async (client) => {
    const { group, from, commit, maxRecords, pollTimeoutMs } = options
    const { consumer } = await client.call('consumer.open', {
      topic,
      from,
      commit,
      ...(group === undefined ? {} : { groupId: group }),
      ...(maxRecords === undefined ? {} : { maxRecords }),
      ...(pollTimeoutMs === undefined ? {} : { pollTimeoutMs })
    })
    // Asked once, however often: `timeout -s INT` says it twice. What was handed over is committed before it ends.
    let isLeaving = false
    const leave = (): void => {
      if (isLeaving) return
      isLeaving = true
      client.call('consumer.close', { consumer }).then(() => process.exit(exitCodes.done), failWith)
    }
    process.on('SIGINT', leave)
    process.on('SIGTERM', leave)
    await new Promise<void>((resolve, reject) => {
      client.onClose(() => reject(new ApiError({ code: 'DISCONNECTED', message: 'The cluster stopped.' })))
      client.watch(`consumer:${consumer}`, (push) => {
        if (push.type === 'records') {
          for (const record of push.records) {
            if (options.json === true) printJson(record)
            else printLine(recordText(record))
          }
        } else if (isLeaving) return
        else if (push.error === null) resolve()
        else reject(new ApiError({ code: 'FAILED', message: push.error }))
      })
    })
  })
}
