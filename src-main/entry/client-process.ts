/** What monitor and reader processes share: they are clients of the cluster, and answer their parent. */
import type { Address } from '../kernel/ports'

export interface ClientConfiguration {
  readonly name: string
  /** host:port, comma-separated. */
  readonly bootstrapServers: string
  readonly ensemble: string
  /** Of an ensemble of several members of ours. */
  readonly ensembleId?: string
  readonly dataDir: string
  /** Of a monitor. */
  readonly historyDays?: number
}

export function addressesIn(list: string): readonly Address[] {
  return list.split(',').map((address) => {
    const colon = address.lastIndexOf(':')
    return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) }
  })
}

/** Resolves when it has left. */
export function tellParent(message: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    if (process.send === undefined || !process.connected) reject(new Error('There is no host to tell.'))
    else process.send(message, undefined, {}, (error) => (error === null ? resolve() : reject(error)))
  })
}
