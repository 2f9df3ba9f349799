/** What Kafka's own tools print of a cluster, as cells: every one a text, as the tool has it. */
import { groupTool, groupToolPatience } from './kafka-tools'
import type { ToolServer } from './tool-server'

const topicTool = 'org.apache.kafka.tools.TopicCommand'
const offsetTool = 'org.apache.kafka.tools.GetOffsetShell'
const logDirTool = 'org.apache.kafka.tools.LogDirsCommand'
const configTool = 'kafka.admin.ConfigCommand'

export interface ToolPartition {
  readonly partition: string
  readonly leader: string
  readonly replicas: string
  readonly isr: string
  /** '' where the tool has no word about it. */
  readonly start: string
  readonly end: string
  readonly size: string
}

export interface ToolTopic {
  readonly topic: string
  readonly topicId: string
  readonly configs: Readonly<Record<string, string>>
  readonly partitions: readonly ToolPartition[]
}

export interface ToolMember {
  readonly id: string
  readonly host: string
  readonly client: string
  readonly assignment: string
}

export interface ToolGroup {
  readonly group: string
  readonly state: string
  readonly coordinator: string
  readonly members: readonly ToolMember[]
  /** TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID HOST CLIENT-ID */
  readonly rows: readonly (readonly string[])[]
}

/** name, value, source of the value; by name. */
export type ToolConfig = readonly [string, string, string]

/** name, value, where the value comes from; nowhere else for one that only a topic has, as Kafka's throttles. */
const configLine = /^ {2}([\w.]+)=(.*) sensitive=\w+ synonyms=\{(?:(\w+):|\})/

interface LogDirs {
  readonly brokers: readonly {
    readonly broker: number
    readonly logDirs: readonly {
      readonly partitions: readonly { readonly partition: string; readonly size: number }[]
    }[]
  }[]
}

const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

export class ToolTables {
  readonly #tools: ToolServer
  readonly #where: readonly string[]

  constructor(tools: ToolServer, bootstrap: string) {
    this.#tools = tools
    this.#where = ['--bootstrap-server', bootstrap]
  }

  async run(tool: string, ...args: readonly string[]): Promise<string> {
    return (await this.#tools.run(tool, ...this.#where, ...args)).stdout
  }

  /** kafka-topics with these arguments. */
  topicsTool(...args: readonly string[]): Promise<string> {
    return this.run(topicTool, ...args)
  }

  groupsTool(...args: readonly string[]): Promise<string> {
    return this.run(groupTool, ...args, ...groupToolPatience)
  }

  /** kafka-topics, kafka-configs (what is set for the topic), kafka-get-offsets, kafka-log-dirs. By name. */
  async topics(): Promise<readonly ToolTopic[]> {
    const described = await this.topicsTool('--describe')
    const [starts, ends, sizes] = [await this.#offsets('earliest'), await this.#offsets('latest'), await this.#sizes()]
    const set = await this.#setForTopics()
    const topics: (ToolTopic & { partitions: ToolPartition[] })[] = []
    for (const line of described.split('\n')) {
      const cells = new Map(
        line
          .split('\t')
          .map((cell) => /^(\w+): ?(.*)$/.exec(cell.trim()))
          .flatMap((found) => (found === null ? [] : [[found[1] ?? '', found[2] ?? ''] as const]))
      )
      const cell = (name: string): string => cells.get(name) ?? ''
      if (cells.has('TopicId')) {
        const topic = cell('Topic')
        topics.push({ topic, topicId: cell('TopicId'), configs: set.get(topic) ?? {}, partitions: [] })
      } else if (cells.has('Partition')) {
        const place = `${cell('Topic')}:${cell('Partition')}`
        topics.at(-1)?.partitions.push({
          partition: cell('Partition'),
          leader: cell('Leader'),
          replicas: cell('Replicas'),
          isr: cell('Isr'),
          start: starts.get(place) ?? '',
          end: ends.get(place) ?? '',
          size: sizes.get(place) ?? ''
        })
      }
    }
    return topics.sort((a, b) => byText(a.topic, b.topic))
  }

  /** "Configs" of kafka-topics has those of the broker that was asked, too. */
  async #setForTopics(): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
    const set = new Map<string, Record<string, string>>()
    let configs: Record<string, string> = {}
    for (const line of (await this.run(configTool, '--describe', '--entity-type', 'topics')).split('\n')) {
      const topic = /^Dynamic configs for topic (\S+) are:/.exec(line)?.[1]
      if (topic !== undefined) set.set(topic, (configs = {}))
      const [, name, value = ''] = configLine.exec(line) ?? []
      if (name !== undefined) configs[name] = value
    }
    return set
  }

  async #offsets(time: string): Promise<ReadonlyMap<string, string>> {
    const printed = await this.run(offsetTool, '--time', time)
    return new Map(
      printed
        .trim()
        .split('\n')
        .map((line) => [line.slice(0, line.lastIndexOf(':')), line.slice(line.lastIndexOf(':') + 1)])
    )
  }

  async #sizes(): Promise<ReadonlyMap<string, string>> {
    const printed = await this.run(logDirTool, '--describe')
    const { brokers } = JSON.parse(printed.slice(printed.indexOf('{'))) as LogDirs
    return new Map(
      brokers
        .flatMap(({ logDirs }) => logDirs.flatMap(({ partitions }) => partitions))
        .map(({ partition, size }) => [partition.replace(/-(\d+)$/, ':$1'), String(size)])
    )
  }

  /** kafka-consumer-groups: offsets, state, members. By name; rows by topic and partition. */
  async groups(): Promise<readonly ToolGroup[]> {
    const offsets = tableOf(await this.groupsTool('--describe', '--all-groups'))
    const states = tableOf(await this.groupsTool('--describe', '--all-groups', '--state'))
    const members = tableOf(await this.groupsTool('--describe', '--all-groups', '--members', '--verbose'))
    return states
      .map((words): ToolGroup => {
        const [group = ''] = words
        return {
          group,
          // The coordinator is two words; a strategy there is only while there are members.
          state: words.at(-2) ?? '',
          coordinator: /\((\d+)\)/.exec(words[2] ?? '')?.[1] ?? '',
          members: members
            .filter(([of]) => of === group)
            .map(([, id = '', host = '', client = '', , assignment = '']) => ({ id, host, client, assignment }))
            .sort((a, b) => byText(a.id, b.id)),
          rows: offsets
            // A member that owns nothing has a line of its own there.
            .filter(([of, topic]) => of === group && topic !== '-')
            .map(([, ...cells]) => cells)
            .sort((a, b) => byText(a[0] ?? '', b[0] ?? '') || Number(a[1]) - Number(b[1]))
        }
      })
      .sort((a, b) => byText(a.group, b.group))
  }

  /** kafka-configs of all configs of a topic or a broker. */
  async configs(type: 'topics' | 'brokers', name: string): Promise<readonly ToolConfig[]> {
    const printed = await this.run(configTool, '--describe', '--entity-type', type, '--entity-name', name, '--all')
    return printed
      .split('\n')
      .map((line) => configLine.exec(line))
      .flatMap((found) =>
        found === null ? [] : [[found[1] ?? '', found[2] ?? '', found[3] ?? 'DEFAULT_CONFIG'] as const]
      )
      .sort((a, b) => byText(a[0], b[0]))
  }
}

/** The words of each line below a heading, of all tables in a text; no cell has a space in it but a coordinator's. */
function tableOf(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words.length > 2 && words[0] !== 'GROUP')
}
