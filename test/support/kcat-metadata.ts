/** Metadata as kcat prints it: what a foreign client is told of brokers, leaders and ISRs. */
import { runToEnd } from './lab-cluster'

export interface KcatPartition {
  readonly partition: number
  /** -1: none. */
  readonly leader: number
  readonly replicas: readonly { readonly id: number }[]
  readonly isrs: readonly { readonly id: number }[]
}

export interface KcatMetadata {
  readonly controllerid: number
  readonly brokers: readonly { readonly id: number }[]
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly KcatPartition[] }[]
}

/** undefined when nobody answers within five seconds. `where`: host:port, several with commas. */
export async function kcatMetadata(where: string): Promise<KcatMetadata | undefined> {
  const told = await runToEnd('kcat', ['-L', '-J', '-b', where, '-m', '5'])
  return told.code === 0 ? (JSON.parse(told.stdout) as KcatMetadata) : undefined
}

export const idsOf = (nodes: readonly { readonly id: number }[]): readonly number[] => nodes.map(({ id }) => id)
