/** A record as what can be pasted elsewhere. Pure. */
import type { RecordView } from '@api/views'

/** As `lagoon consume --json` prints it. */
export function jsonLine({ topic, partition, offset, timestampMs, key, value, headers }: RecordView): string {
  return JSON.stringify({ topic, partition, offset, timestampMs, key, value, headers })
}

/** Reads this record again, with a foreign client. */
export function kcatCommand(bootstrapServers: string, { topic, partition, offset }: RecordView): string {
  return `kcat -C -b ${bootstrapServers} -t ${topic} -p ${partition} -o ${offset} -c 1 -e`
}
