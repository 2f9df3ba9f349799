/** `lagoon produce`: one record with --value, else each line of standard input. */
import { ApiError, type ApiErrorCode } from '../../api/api'
import type { CommandOutput } from '../../api/commands'
import type { Payload } from '../../api/views'
import type { CommonOptions } from './options'
import { producedText } from './output'
import { batchesOfLines } from './stdin-lines'
import { goOnWithoutReader, writeOut } from './stdout'
import { withCluster } from './verbs'

export interface ProduceOptions extends CommonOptions {
  readonly key?: string
  readonly value?: string
  readonly acks: 0 | 1 | -1
  readonly partition?: number
}

export function produce(topic: string, options: ProduceOptions): Promise<void> {
  const { acks, partition, json } = options
  goOnWithoutReader()
  return withCluster(options, async (client) => {
    const send = async (values: readonly Payload[]): Promise<void> => {
      const sent = await client.call('records.produce', {
        topic,
        acks,
        records: values.map((value) => ({ key: options.key ?? null, value })),
        ...(partition === undefined ? {} : { partition })
      })
      const line = (record: (typeof sent.records)[number]): string =>
        json === true ? JSON.stringify(record) : producedText(record)
      const written = sent.records.filter(({ error }) => error === undefined)
      await writeOut(written.map((record) => `${line(record)}\n`).join(''))
      const failed = sent.records.find(({ error }) => error !== undefined)?.error
      if (failed !== undefined) throw notAllWritten(failed, sent.records.length, written.length)
    }
    if (options.value !== undefined) await send([options.value])
    else for await (const values of batchesOfLines(process.stdin)) await send(values)
  })
}

type SendError = NonNullable<CommandOutput<'records.produce'>['records'][number]['error']>

/** Those that were written are printed; which others there are only their number tells. */
function notAllWritten({ code, message, kafkaError }: SendError, sent: number, written: number): ApiError {
  return new ApiError({
    code: code as ApiErrorCode,
    message: `${sent - written} of ${sent} records were not acknowledged: ${message}`,
    ...(kafkaError === undefined ? {} : { kafkaError })
  })
}
