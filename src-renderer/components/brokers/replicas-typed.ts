/** Replicas as they are typed: ids of brokers, the preferred one first, with spaces or commas between them. Pure. */

const BROKERS_MAX = 1000

export type TypedReplicas =
  { readonly replicas: readonly number[] } | { readonly problem: 'none' | 'unknown' | 'twice'; readonly name: string }

export function replicasTyped(text: string, brokers: readonly number[]): TypedReplicas {
  const words = text.split(/[\s,]+/).filter((word) => word !== '')
  if (words.length === 0) return { problem: 'none', name: '' }
  const replicas: number[] = []
  for (const word of words.slice(0, BROKERS_MAX)) {
    const id = /^\d{1,10}$/.test(word) ? Number(word) : Number.NaN
    if (!brokers.includes(id)) return { problem: 'unknown', name: word }
    if (replicas.includes(id)) return { problem: 'twice', name: word }
    replicas.push(id)
  }
  return { replicas }
}
