/**
 * `lagoon export`: the records of a topic to standard output, from one place to another. It reads the brokers itself, as
 * any client does, no faster than its reader takes what it prints, and ends where the topic ended when it began.
 */
import { join } from 'node:path'
import { nodeChecksum } from '../../adapters/node-checksum'
import { nodeClock } from '../../adapters/node-clock'
import { nodeCompression } from '../../adapters/node-compression'
import { nodeDisk } from '../../adapters/node-disk'
import { openKafkaCluster } from '../../admin/kafka-cluster'
import { ApiError } from '../../api/api'
import type { ScanPlace, ScanQuery } from '../../api/search'
import { ignore } from '../../kernel/errors'
import { exportHead, exportLine, type ExportFormat } from '../../monitor/core/export-lines'
import { exportRecordsMax } from '../../monitor/export-job'
import { clusterIdentity } from '../../monitor/identity-file'
import { TopicScan } from '../../monitor/topic-scan'
import { addressesIn } from '../client-process'
import { exportProblem } from './export-problem'
import { dataFolder, type CommonOptions } from './options'
import { printUnreadable } from './output'
import { writeOut } from './stdout'
import { withCluster } from './verbs'
import { visibleJson } from './visible'

type Where = 'earliest' | 'latest' | number | Date

export interface ExportOptions extends CommonOptions {
  readonly format: ExportFormat
  readonly from?: Where
  readonly to?: Where
  readonly partition?: number
  readonly grep?: string
}

const clientId = 'lagoon-export'
const lane = 'export'

/** Fails when something was not read; what was read is printed by then. */
export function exportRecords(topic: string, options: ExportOptions): Promise<void> {
  return withCluster(options, async (client) => {
    const { bootstrapServers } = await client.call('cluster.status', {})
    const identityDir = join(dataFolder(options.data), 'monitor')
    const cluster = openKafkaCluster(
      addressesIn(bootstrapServers),
      clientId,
      { compression: nodeCompression, checksum: nodeChecksum },
      clusterIdentity({ disk: nodeDisk, log: () => undefined }, identityDir)
    )
    const printer = new RecordPrinter(options.format)
    const scan = new TopicScan({ clock: nodeClock, cluster }, queryOf(topic, options), {
      lane,
      recordsMax: () => exportRecordsMax,
      isWhole: () => true,
      taken: async (partition, { records, unreadable }) => {
        printUnreadable(unreadable.map((place) => ({ topic, partition, ...place })))
        await printer.print(
          records.map(({ headers, ...record }) => ({ topic, partition, ...record, headers: [...headers] }))
        )
      }
    })
    const isOver = new Promise<never>((_resolve, reject) => {
      client.onClose(() => reject(new ApiError({ code: 'DISCONNECTED', message: 'The cluster stopped.' })))
    })
    isOver.catch((error: unknown) => ignore(error, 'our own end closes the connection, too'))
    try {
      await Promise.race([scan.run(), isOver])
    } finally {
      await cluster.close()
    }
    await printer.print([])
    const problem = exportProblem(topic, scan.progress())
    if (problem !== undefined) throw new ApiError({ code: 'FAILED', message: problem })
  })
}

function queryOf(topic: string, { from, to, partition, grep }: ExportOptions): ScanQuery {
  const start = from === 'latest' ? ({ type: 'offset', offset: Number.MAX_SAFE_INTEGER } as const) : placeOf(from)
  const end = to === 'earliest' ? ({ type: 'offset', offset: 0 } as const) : placeOf(to)
  return {
    topic,
    order: 'oldestFirst',
    ...(partition === undefined ? {} : { partitions: [partition] }),
    ...(start === undefined ? {} : { from: start }),
    ...(end === undefined ? {} : { to: end }),
    criteria: grep === undefined ? [] : [{ type: 'text', text: grep, isCaseSensitive: true }]
  }
}

function placeOf(where: Where | undefined): ScanPlace | undefined {
  if (typeof where === 'number') return { type: 'offset', offset: where }
  if (where instanceof Date) return { type: 'time', timestampMs: where.getTime() }
  return undefined
}

/** The heading stands before the first record, and when there is none; not before an error. */
class RecordPrinter {
  readonly #format: ExportFormat
  #hasHead = false
  #printing: Promise<void> = Promise.resolve()

  constructor(format: ExportFormat) {
    this.#format = format
  }

  /** Resolves when the reader has taken it. */
  print(records: readonly Parameters<typeof exportLine>[0][]): Promise<void> {
    const head = this.#hasHead ? '' : exportHead[this.#format]
    this.#hasHead = true
    const text = head + records.map((record) => this.#line(record)).join('')
    if (text !== '') this.#printing = this.#printing.then(() => writeOut(text))
    return this.#printing
  }

  #line(record: Parameters<typeof exportLine>[0]): string {
    const line = exportLine(record, this.#format)
    return process.stdout.isTTY && this.#format === 'jsonl' ? visibleJson(line) : line
  }
}
