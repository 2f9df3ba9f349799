/** The member at an address, by its port: ensemble-1; the address itself where nobody knows it. Pure. */
import type { EnsembleView } from '@api/ensemble'

export function memberAt(ensemble: EnsembleView | undefined, address: string): string {
  const port = Number(address.slice(address.lastIndexOf(':') + 1))
  return ensemble?.members.find((member) => member.port === port)?.name ?? address
}
