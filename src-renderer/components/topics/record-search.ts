/** What the filter of the messages looks at: keys, values, headers, and where the record lies. Pure. */
import type { RecordView } from '@api/views'
import { decoded, decodingsOf } from './payload'
import type { Payload } from '@api/views'

/** Of a record among those of its topic. */
export const placeKey = ({ partition, offset }: RecordView): string => `${partition}:${offset}`

/** As text where it is text; of bytes everything that they may be. */
const texts = (payload: Payload): readonly string[] =>
  payload === null ? [] : decodingsOf(payload).map((decoding) => decoded(payload, decoding))

export function contains(record: RecordView, words: string): boolean {
  const wanted = words.toLowerCase().trim()
  const places = [
    `${record.topic}-${record.partition}`,
    String(record.offset),
    ...texts(record.key),
    ...texts(record.value),
    ...record.headers.flatMap(({ key, value }) => [key, ...texts(value)])
  ]
  return places.some((text) => text.toLowerCase().includes(wanted))
}

/** Records of which a part was not looked at, because it was cut for the screen. */
export function cutCount(records: readonly RecordView[]): number {
  return records.filter(({ cutFromBytes }) => cutFromBytes !== undefined).length
}
