/**
 * `lagoon consume`: records to standard output, one line each. What is committed for a group has been taken by whoever
 * reads our output: a slow reader slows the reading down, a signal lets what is here be read before the group is left.
 */
import { ApiError } from '../../api/api'
import type { ConsumerPush } from '../../api/watch'
import type { ControlClient } from '../../host/control-client'
import { exitCodes, failWith } from './exit'
import type { CommonOptions } from './options'
import { jsonText, printElsewhere, printUnreadable, recordText } from './output'
import { unwrittenCount, writeOut } from './stdout'
import { withCluster } from './verbs'

/** After a signal a reader that takes nothing for so long is not waited for any more. */
const stalledReaderMs = 10_000

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
    const printer = new Printer(client, consumer, options.json === true)
    let isLeaving = false
    const leave = (): void => {
      // Asked once, however often: `timeout -s INT` says it twice.
      if (isLeaving) return
      isLeaving = true
      endEarly(client, consumer, printer).catch(failWith)
    }
    process.on('SIGINT', leave)
    process.on('SIGTERM', leave)
    await new Promise<void>((resolve, reject) => {
      client.onClose(() => reject(new ApiError({ code: 'DISCONNECTED', message: 'The cluster stopped.' })))
      client.watch(`consumer:${consumer}`, (push) => {
        if (push.type === 'records') {
          if (!isLeaving) printer.print(push).catch(reject)
        } else if (push.type === 'unreadable') printUnreadable(push.places)
        else if (push.type === 'begunElsewhere') printElsewhere(push.places)
        else if (isLeaving) return
        else if (push.error === null) resolve()
        else reject(new ApiError({ code: 'FAILED', message: push.error }))
      })
    })
  })
}

/** What has come is written out, taken and committed; then the group is left. */
async function endEarly(client: ControlClient, consumer: string, printer: Printer): Promise<never> {
  const isAllTaken = await printer.whenWritten(stalledReaderMs)
  await client.call('consumer.close', { consumer })
  if (isAllTaken) process.exit(exitCodes.done)
  throw new ApiError({
    code: 'FAILED',
    message: `Nobody reads this output: its last records were not taken for ${stalledReaderMs / 1000} s, and are not committed.`
  })
}

class Printer {
  readonly #client: ControlClient
  readonly #consumer: string
  readonly #isJson: boolean
  #written: Promise<void> = Promise.resolve()

  constructor(client: ControlClient, consumer: string, isJson: boolean) {
    this.#client = client
    this.#consumer = consumer
    this.#isJson = isJson
  }

  /** Resolves when the reader has taken it, and the consumer knows. */
  print({ sequence, records }: Extract<ConsumerPush, { type: 'records' }>): Promise<void> {
    const line = this.#isJson ? jsonText : recordText
    const text = records.map((record) => `${line(record)}\n`).join('')
    this.#written = writeOut(text).then(async () => {
      await this.#client.call('consumer.take', { consumer: this.#consumer, sequence })
    })
    return this.#written
  }

  /** False when the reader stood still for so long. */
  async whenWritten(stalledMs: number): Promise<boolean> {
    let isStalled = false
    while (unwrittenCount() > 0 && !isStalled) {
      const before = unwrittenCount()
      let timer: NodeJS.Timeout | undefined
      const stalled = new Promise<void>((resolve) => (timer = setTimeout(resolve, stalledMs)))
      await Promise.race([this.#written, stalled])
      clearTimeout(timer)
      isStalled = unwrittenCount() >= before
    }
    if (!isStalled) await this.#written
    return !isStalled
  }
}
