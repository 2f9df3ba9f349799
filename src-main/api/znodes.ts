/**
 * Znodes, as the monitor reads and changes them over the ensemble's own protocol. 64-bit numbers (zxids, session ids) are text in
 * ZooKeeper's hexadecimal. What is wrong is told with ZooKeeper's name for it (`kafkaError`: NONODE, BADVERSION).
 */
import { z } from 'zod'
import { payloadSchema } from './views'
import { said } from '../kernel/said'

const count = z.number().int().nonnegative()
const version = z.number().int().min(0).max(0x7fff_ffff)
const hex = z.string().regex(/^0x[0-9a-f]{1,16}$/)

export const ZNODE_PATH_MAX = 4_096
/** Of one answer; the rest is asked for with `after`. */
export const ZNODE_NAMES_MAX = 1_000
/** Children that are followed of one znode at a time. */
export const ZNODE_ROWS_MAX = 2_000
/** What is shown of data on a screen; commands of the shell get all of it. */
export const ZNODE_SHOWN_BYTES = 64 * 1024
/** Znodes that one recursive deletion takes away. */
export const ZNODE_DELETE_MAX = 10_000

export const znodePathSchema = z
  .string()
  .min(1)
  .max(ZNODE_PATH_MAX)
  .refine((path) => path === '/' || (path.startsWith('/') && !path.endsWith('/')), {
    error: said`A path begins with / and does not end with one: /brokers/ids.`
  })
  .refine((path) => !path.includes('//') && !path.includes('\0'), {
    error: said`A path has no empty part, and no NUL.`
  })

export const znodeStatSchema = z.object({
  czxid: hex,
  mzxid: hex,
  pzxid: hex,
  ctimeMs: z.number(),
  mtimeMs: z.number(),
  version: z.number().int(),
  cversion: z.number().int(),
  /** The session that owns an ephemeral one; 0x0 of all others. */
  ephemeralOwner: hex,
  dataLength: count,
  numChildren: count
})
export type ZnodeStatView = z.infer<typeof znodeStatSchema>

/** Whose session an ephemeral znode is. */
export const znodeOwnerSchema = z.object({
  sessionId: hex,
  /** The broker whose registration has the same session; null: none has. */
  broker: count.nullable(),
  /** Lagoon's own. */
  isOurs: z.boolean()
})
export type ZnodeOwner = z.infer<typeof znodeOwnerSchema>

/** As zkCli writes it: world:anyone cdrwa. */
const aclSchema = z.array(z.string())

const path = z.object({ path: znodePathSchema })
const changed = z.object({ path: z.string(), stat: znodeStatSchema })

export const ZNODE_COMMANDS = {
  /** By name; `next` is where to go on with `after`, null at the end. */
  'znode.list': {
    input: path.extend({ after: z.string().optional(), limit: z.number().int().min(1).max(ZNODE_NAMES_MAX) }),
    output: z.object({ path: z.string(), total: count, children: z.array(z.string()), next: z.string().nullable() })
  },
  'znode.get': {
    input: path,
    output: z.object({ path: z.string(), data: payloadSchema, stat: znodeStatSchema })
  },
  'znode.stat': {
    input: path,
    output: z.object({
      path: z.string(),
      stat: znodeStatSchema,
      owner: znodeOwnerSchema.nullable(),
      acl: aclSchema.nullable()
    })
  },
  /** Persistent; a sequential one is answered with its whole name. */
  'znode.create': {
    input: path.extend({ data: payloadSchema, isSequential: z.boolean().optional() }),
    output: changed
  },
  /** Without a version whatever is there is replaced. */
  'znode.set': { input: path.extend({ data: payloadSchema, version: version.optional() }), output: changed },
  /** Recursive: everything below it first, one after the other. */
  'znode.delete': {
    input: path.extend({ version: version.optional(), isRecursive: z.boolean().optional() }),
    output: z.object({ path: z.string(), deleted: count })
  }
} as const

/** What `znode:<path>` pushes: at once, and when it has changed. */
export interface ZnodeView {
  readonly path: string
  /** No member answers: the rest is as it was known last, or nothing. */
  readonly isReachable: boolean
  /** null: there is none, or nothing is known. */
  readonly stat: ZnodeStatView | null
  readonly data: z.infer<typeof payloadSchema>
  /** Only so many bytes of it are in `data`. */
  readonly cutFromBytes: number | null
  readonly owner: ZnodeOwner | null
  /** null: not known, or not to be seen. */
  readonly acl: readonly string[] | null
  /** Its ACL does not let its data be read. */
  readonly isDenied: boolean
}

export interface ZnodeRow {
  readonly name: string
  readonly version: number
  readonly mzxid: string
  readonly mtimeMs: number
  readonly numChildren: number
  readonly isEphemeral: boolean
}

/** What `children:<limit>:<path>` pushes: the first of them by name, with what the tree shows. */
export interface ZnodeChildrenView {
  readonly path: string
  readonly isReachable: boolean
  /** null: there is no such znode, or nothing is known. */
  readonly total: number | null
  readonly rows: readonly ZnodeRow[]
}

/** Undefined: it is no such key. */
export function childrenOfKey(key: string): { readonly path: string; readonly limit: number } | undefined {
  const [, digits, wanted] = /^children:(\d{1,5}):(\/.*)$/s.exec(key) ?? []
  const limit = Number(digits)
  if (wanted === undefined || limit < 1 || limit > ZNODE_ROWS_MAX) return undefined
  return znodePathSchema.safeParse(wanted).success ? { path: wanted, limit } : undefined
}

/** Of the root, too. */
export const childPath = (parent: string, name: string): string => (parent === '/' ? `/${name}` : `${parent}/${name}`)
