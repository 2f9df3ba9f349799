/** What commands print: one JSON document a line with --json, aligned text for people without. */
import type {
  GroupRow,
  GroupView,
  NodeView,
  Payload,
  RecordView,
  StatusView,
  TopicRow,
  TopicView,
  UnreadableView
} from '../../api/views'
import { majorityOf } from '../../api/ensemble'
import type { BegunElsewhere } from '../../api/watch'
import { columnsOf, forReader, visibleJson } from './visible'

export function jsonText(value: unknown): string {
  const json = JSON.stringify(value)
  return process.stdout.isTTY ? visibleJson(json) : json
}

export function printJson(value: unknown): void {
  process.stdout.write(`${jsonText(value)}\n`)
}

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Records that are left out of what is printed: on stderr, so that what reads the records goes on. */
export function printUnreadable(places: readonly UnreadableView[]): void {
  for (const { topic, partition, fromOffset, toOffset, reason } of places) {
    const where = fromOffset === toOffset ? `offset ${fromOffset}` : `offsets ${fromOffset} to ${toOffset}`
    process.stderr.write(`${topic}-${partition} ${where} cannot be read: ${reason}\n`)
  }
}

/** Partitions of which that is told one by one. */
const elsewhereMax = 10

/** Told beside the records: what was asked for is not there. */
export function printElsewhere(places: readonly BegunElsewhere[]): void {
  for (const { topic, partition, asked, begun } of places.slice(0, elsewhereMax)) {
    const why = begun < asked ? 'lies beyond the end' : 'is not there any more'
    process.stderr.write(`${topic}-${partition} offset ${asked} ${why}: reading begins at ${begun}.\n`)
  }
  const more = places.length - elsewhereMax
  if (more > 0) process.stderr.write(`So it is in ${more} more ${more === 1 ? 'partition' : 'partitions'}.\n`)
}

const unknown = '-'
type Cell = string | number | null

/** One odd name must not push the rest off the screen. */
const columnsMax = 60

/** Columns as wide as their widest cell, within reason; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const text = (cell: Cell): string => (cell === null ? unknown : forReader(String(cell)))
  const widths = head.map((title, i) =>
    rows.reduce((width, row) => Math.max(width, Math.min(columnsMax, columnsOf(text(row[i] ?? null)))), title.length)
  )
  const line = (cells: readonly Cell[]): string =>
    cells
      .map((cell, i) => {
        const space = ' '.repeat(Math.max(0, (widths[i] ?? 0) - columnsOf(text(cell))))
        return typeof cell === 'number' ? space + text(cell) : text(cell) + space
      })
      .join('  ')
      .trimEnd()
  return [line(head), ...rows.map(line)].join('\n')
}

export function statusText(status: StatusView): string {
  const nodes = status.nodes.map((node) => [node.name, stateText(node), node.pid, node.port, node.dataDir] as const)
  return [
    `bootstrap servers  ${status.bootstrapServers}`,
    `ensemble           ${status.ensemble}`,
    `controller         ${controllerText(status)}`,
    ...(status.uiUrl === undefined ? [] : [`screens            ${status.uiUrl}`]),
    '',
    table(['NODE', 'STATE', 'PID', 'PORT', 'FOLDER'], nodes)
  ].join('\n')
}

function controllerText({ controllerId, nodes }: StatusView): string {
  if (controllerId !== null) return `broker-${controllerId}`
  const members = nodes.filter(({ name }) => name.startsWith('ensemble-'))
  const running = members.filter(({ state }) => state === 'running').length
  const hasMajority = running >= majorityOf(members.length)
  return hasMajority ? unknown : `${unknown} (not known: ${running} of ${members.length} ensemble members run)`
}

/** Partitions that are named. */
const logsNamedMax = 3

function stateText({ state, recovery, isDiskFull, offlineLogs }: StatusView['nodes'][number]): string {
  const notes = [
    recovery === undefined ? [] : [`checks logs: ${recovery.done} of ${recovery.total}`],
    isDiskFull === true ? ['disk full'] : [],
    offlineLogs === undefined ? [] : [logsText(offlineLogs)]
  ].flat()
  return notes.length === 0 ? state : `${state} (${notes.join('; ')})`
}

function logsText({ count, named }: NonNullable<StatusView['nodes'][number]['offlineLogs']>): string {
  const names = named.slice(0, logsNamedMax).map(({ topic, partition, cause }) => `${topic}:${partition} ${cause}`)
  const more = count > names.length ? ` and ${count - names.length} more` : ''
  return `logs offline: ${names.join(', ')}${more}`
}

export function nodeText(node: NodeView): string {
  return `${node.name} ${node.state}${node.pid === null ? '' : ` (pid ${node.pid})`}`
}

export function topicsText(topics: readonly TopicRow[]): string {
  if (topics.length === 0) return 'No topics.'
  const rows = topics.map(({ name, partitionCount, recordCount, sizeBytes, partial }) => {
    const known = [atLeast(recordCount, partial?.recordCount), atLeast(sizeBytes, partial?.sizeBytes)]
    return [name, partitionCount, ...known]
  })
  return table(['TOPIC', 'PARTITIONS', 'RECORDS', 'BYTES'], rows)
}

/** While some partitions are not known the sum is no less than that of the others. */
function atLeast(whole: number | null, known: number | null | undefined): Cell {
  return whole ?? (typeof known === 'number' ? `≥${known}` : null)
}

export function topicText(topic: TopicView): string {
  const rows = topic.partitions.map(
    (partition) =>
      [
        partition.partition,
        partition.leader,
        partition.leaderEpoch,
        partition.replicas.join(','),
        partition.isr.join(','),
        partition.startOffset,
        partition.endOffset,
        partition.sizeBytes
      ] as const
  )
  const configs =
    topic.configs === null
      ? [`  configs are not known: ${topic.configsProblem ?? 'not asked for yet'}`]
      : Object.entries(topic.configs).map(([name, value]) => `  ${name}=${forReader(value)}`)
  const head = ['PARTITION', 'LEADER', 'EPOCH', 'REPLICAS', 'ISR', 'START', 'END', 'BYTES']
  return [`${topic.name}  ${topic.topicId}`, ...configs, table(head, rows)].join('\n')
}

export function groupsText(groups: readonly GroupRow[]): string {
  if (groups.length === 0) return 'No groups.'
  const rows = groups.map((group) => [group.groupId, group.state, group.memberCount, group.lagRecords] as const)
  return table(['GROUP', 'STATE', 'MEMBERS', 'LAG'], rows)
}

export function groupText(group: GroupView): string {
  const rows = group.partitions.map(
    (row) => [row.topic, row.partition, row.committedOffset, row.endOffset, row.lagRecords, row.memberId] as const
  )
  return [
    `${forReader(group.groupId)}  ${group.state}${group.protocol === '' ? '' : `  ${group.protocol}`}  ${group.members?.length ?? unknown} members`,
    table(['TOPIC', 'PARTITION', 'COMMITTED', 'END', 'LAG', 'MEMBER'], rows),
    ...group.partitions.filter(({ lagRecords }) => lagRecords !== null && lagRecords < 0).map(beyondEndText)
  ].join('\n')
}

/** What a lag below 0 means. */
function beyondEndText({ topic, partition, lagRecords }: GroupView['partitions'][number]): string {
  const records = -(lagRecords ?? 0)
  return `${topic}-${partition}: the committed offset lies ${records} beyond the end: the topic was made anew or its log was cut. Where the group goes on then is up to its clients (auto.offset.reset).`
}

export function payloadText(payload: Payload): string {
  if (payload === null) return 'null'
  return typeof payload === 'string' ? payload : `base64:${payload.base64}`
}

/** Where a record went; of one that was not acknowledged the offset is not known. */
export function producedText(record: { topic: string; partition: number; offset: number | null }): string {
  return `${record.topic}-${record.partition} ${record.offset ?? unknown}`
}

export function recordText(record: RecordView): string {
  const [key, value] = [payloadText(record.key), payloadText(record.value)]
  return `${record.topic}-${record.partition} ${record.offset}  ${forReader(key)}  ${forReader(value)}`
}
