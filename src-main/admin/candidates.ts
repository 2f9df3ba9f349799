/** Whom to ask what any broker can tell. */
import type { BrokerId } from '../kernel/ids'
import type { HostPort } from './broker-lanes'

export interface Askable {
  readonly known: ReadonlyMap<BrokerId, HostPort>
  readonly bootstrap: readonly HostPort[]
  /** Whoever answered last. */
  readonly lastGood: HostPort | undefined
  /** Those that the ensemble knows; null: nobody says. One that it does not may be cut off, and tell what was before. */
  readonly registered: readonly BrokerId[] | null
}

/** In the order in which they are to be asked, each once. */
export function candidates({ known, bootstrap, lastGood, registered }: Askable): readonly HostPort[] {
  const keyOf = ({ host, port }: HostPort): string => `${host}:${port}`
  const all = [...(lastGood === undefined ? [] : [lastGood]), ...known.values(), ...bootstrap]
  const inOrder = new Map(all.map((to) => [keyOf(to), to]))
  if (registered === null) return [...inOrder.values()]
  const addresses = new Set([...known].flatMap(([id, to]) => (registered.includes(id) ? [keyOf(to)] : [])))
  const isRegistered = (to: HostPort): boolean => addresses.has(keyOf(to))
  const list = [...inOrder.values()]
  return [...list.filter(isRegistered), ...list.filter((to) => !isRegistered(to))]
}
