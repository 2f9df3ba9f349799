/** `lagoon produce`: one record with --value, else each line of standard input. */
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
      await writeOut(sent.records.map((record) => `${line(record)}\n`).join(''))
    }
    if (options.value !== undefined) await send([options.value])
    else for await (const values of batchesOfLines(process.stdin)) await send(values)
  })
}
