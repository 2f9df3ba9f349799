/**
 * Who may do what (ZooKeeper Programmer's Guide, "ZooKeeper access control using ACLs"): lists as clients send them made
 * fit to be kept, and permissions looked up. Schemes: world, auth, digest, ip, and the super user, who may do everything.
 * All of it measured on ZooKeeper 3.8.0.
 *
 * Identities are what a connection has shown; a digest's is `user:base64(sha1("user:password"))`, so that no password is
 * ever kept.
 */
import { permissions } from '../../wire/codes'
import { isOpenAcl, openAcl, type Acl, type Identity } from '../../wire/stat'

/** Of one znode. Only ZnodeTree makes another. */
export interface Access {
  readonly acl: readonly Acl[]
  /** Changes of the list (aversion); wraps as an int32. */
  readonly version: number
}

/** Of most znodes: one object for all of them. */
export const openAccess: Access = { acl: openAcl, version: 0 }

export function accessOf(acl: readonly Acl[], version: number): Access {
  if (!isOpenAcl(acl)) return { acl, version }
  return version === 0 ? openAccess : { acl: openAcl, version }
}

export const superScheme = 'super'
/** Of a list that is kept; past it the list is INVALIDACL. */
export const aclItemsMax = 1_000

/**
 * The list as it is kept: each item once, `auth` replaced by the digests of who asks. Undefined (INVALIDACL) when it is empty, or
 * holds a scheme or an id that says nothing.
 */
export function keptAcl(asked: readonly Acl[], identities: readonly Identity[]): readonly Acl[] | undefined {
  if (isOpenAcl(asked)) return openAcl
  const seen = new Set<string>()
  const kept: Acl[] = []
  for (const item of asked) {
    const key = JSON.stringify([item.permissions, item.scheme, item.id])
    if (seen.has(key)) continue
    seen.add(key)
    if (item.scheme === 'auth') {
      const own = identities.filter(({ scheme }) => scheme === 'digest')
      if (own.length === 0) return undefined
      for (const identity of own) kept.push({ permissions: item.permissions, ...identity })
    } else if (isValidId(item)) kept.push(item)
    else return undefined
    if (kept.length > aclItemsMax) return undefined
  }
  return kept.length === 0 ? undefined : kept
}

/** `wanted`: bits of permissions, one of which is enough. */
export function isAllowed(acl: readonly Acl[], wanted: number, identities: readonly Identity[]): boolean {
  if (acl === openAcl || acl.length === 0) return true
  if (identities.some(({ scheme }) => scheme === superScheme)) return true
  return acl.some((item) => {
    if ((item.permissions & wanted) === 0) return false
    if (item.scheme === 'world') return item.id === 'anyone'
    return identities.some((identity) => identity.scheme === item.scheme && matches(item, identity.id))
  })
}

/** What who has READ and not ADMIN sees of it: not the digests. */
export function shownAcl(acl: readonly Acl[], identities: readonly Identity[]): readonly Acl[] {
  if (isAllowed(acl, permissions.admin, identities)) return acl
  return acl.map((item) => (item.scheme === 'digest' ? { ...item, id: item.id.replace(/:.*/, ':x') } : item))
}

function isValidId({ scheme, id }: Acl): boolean {
  switch (scheme) {
    case 'world':
      return id === 'anyone'
    case 'digest':
      return partsOf(id) === 2
    case 'ip':
      return subnetOf(id) !== undefined
    default:
      return false
  }
}

/** Parts between colons, without empty ones at the end, as Java splits. */
function partsOf(id: string): number {
  const parts = id.split(':')
  while (parts.at(-1) === '') parts.pop()
  return parts.length
}

function matches({ scheme, id }: Acl, own: string): boolean {
  if (scheme !== 'ip') return own === id
  const subnet = subnetOf(id)
  const address = addressOf(own)
  if (subnet === undefined || address === undefined) return false
  // In pieces, since a shift by 32 is one by 0.
  const hostBits = 2 ** (32 - subnet.bits)
  return Math.floor(address / hostBits) === Math.floor(subnet.address / hostBits)
}

function subnetOf(id: string): { readonly address: number; readonly bits: number } | undefined {
  const slash = id.indexOf('/')
  const address = addressOf(slash === -1 ? id : id.slice(0, slash))
  const bits = slash === -1 ? '32' : id.slice(slash + 1)
  if (address === undefined || !/^\+?\d{1,9}$/.test(bits) || Number(bits) > 32) return undefined
  return { address, bits: Number(bits) }
}

/** IPv4 only, as in ZooKeeper: an address of version 6 matches nothing. */
function addressOf(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\+?\d{1,9}$/.test(part) && Number(part) <= 255)) return undefined
  return parts.reduce((address, part) => address * 256 + Number(part), 0)
}
