/** The schemes that a client can show itself by (ZooKeeper Programmer's Guide, "Builtin ACL Schemes"). */
import type { Checksum } from '../kernel/ports'
import { superScheme } from './core/tree/access'
import type { Identity } from './wire/stat'

export interface Authentication {
  readonly checksum: Checksum
  readonly superDigest?: string
}

/** `credentials`: of digest `user:password`. Undefined when there is no such scheme, or nothing was said. */
export function authenticated(
  { checksum, superDigest }: Authentication,
  scheme: string,
  credentials: Uint8Array | null,
  host: string
): readonly Identity[] | undefined {
  if (scheme === 'ip') return [{ scheme, id: host }]
  if (scheme !== 'digest' || credentials === null) return undefined
  const [user = ''] = new TextDecoder().decode(credentials).split(':')
  const id = `${user}:${checksum.sha1Base64(credentials)}`
  const own = { scheme, id }
  return id === superDigest ? [{ scheme: superScheme, id: '' }, own] : [own]
}
