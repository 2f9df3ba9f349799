/** A record as what can be pasted elsewhere. */
import type { RecordView } from '@api/views'
import { linkTo } from '@/stores/route'

/** As `lagoon consume --json` prints it. */
export function jsonLine({ topic, partition, offset, timestampMs, key, value, headers }: RecordView): string {
  return JSON.stringify({ topic, partition, offset, timestampMs, key, value, headers })
}

/** Reads this record again, with a foreign client. */
export function kcatCommand(bootstrapServers: string, { topic, partition, offset }: RecordView): string {
  return `kcat -C -b ${bootstrapServers} -t ${topic} -p ${partition} -o ${offset} -c 1 -e`
}

/** Opens this record in a window of this cluster. Without the token of the page: whoever follows it has one. */
export function recordLink({ topic, partition, offset }: RecordView): string {
  const { href } = window.location
  return `${href.replace(/[?#].*$/s, '')}${linkTo('topics', topic, 'messages', { partition, offset })}`
}
