/** The form of a new cluster: what is typed, and what it asks for. */
import type { ClusterField, ClusterProblem, NewCluster } from '@api/clusters'
import { NEW_CLUSTER } from '@api/clusters'
import { wholeNumber } from '@/components/ui/whole-number'

export interface TypedCluster {
  readonly name: string
  readonly dir: string
  readonly brokers: string
  readonly members: string
  readonly isPortGiven: boolean
  readonly brokerPort: string
  readonly ensemblePort: string
}

/** What is no number is sent as one that cannot be taken: the host says what can. */
export function askedCluster(typed: TypedCluster): NewCluster {
  const port = (text: string): number | null =>
    typed.isPortGiven ? (wholeNumber(text, NEW_CLUSTER.portMin, NEW_CLUSTER.portMax) ?? 0) : null
  return {
    name: typed.name,
    dir: typed.dir.trim() === '' ? null : typed.dir,
    brokers: wholeNumber(typed.brokers, 1, NEW_CLUSTER.brokersMax) ?? 0,
    members: wholeNumber(typed.members, 1, NEW_CLUSTER.membersMax) ?? 0,
    brokerPort: port(typed.brokerPort),
    ensemblePort: port(typed.ensemblePort)
  }
}

export function problemOf(problems: readonly ClusterProblem[], field: ClusterField): ClusterProblem | undefined {
  return problems.find((one) => one.field === field)
}
