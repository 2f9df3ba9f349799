/**
 * The sessions of the ensemble and what they watch, as the members tell it in ZooKeeper's four-letter words (cons, dump, wchp).
 * Answers are bounded: there may be ten thousand sessions and a hundred thousand watches, of which the first are told and the
 * rest is counted.
 */
import { z } from 'zod'

const count = z.number().int().nonnegative()
const hex = z.string().regex(/^0x[0-9a-f]{1,16}$/)

/** Rows of one answer. */
export const SESSION_ROWS_MAX = 2_000
/** Sessions at a path, or paths of a session, that a row names. */
export const WATCHES_NAMED_MAX = 5
export const SESSIONS_FILTER_MAX = 200

/** Whose it is. */
const sessionOwner = {
  sessionId: hex,
  /** Whose registration is owned by this session; null: no broker's. */
  broker: count.nullable(),
  /** Lagoon's own. */
  isOurs: z.boolean(),
  /** host:port of the client; null: it is connected to no member that answers. */
  client: z.string().nullable(),
  /** host:port of the member that it is connected to. */
  member: z.string().nullable()
}
const sessionOwnerSchema = z.object(sessionOwner)
export type SessionOwner = z.infer<typeof sessionOwnerSchema>

const sessionRowSchema = z.object({
  ...sessionOwner,
  /** null: nobody who answers tells. */
  timeoutMs: count.nullable(),
  /** Znodes that end with it. */
  ephemerals: count.nullable(),
  /** When the leader has heard of its client last, by the end that it has set: to the leader's tick. */
  heardAtMs: z.number().nullable()
})
export type SessionRow = z.infer<typeof sessionRowSchema>

/** What is missing from an answer. */
const told = {
  /** Rows that there are, and those that the filter leaves. */
  total: count,
  matching: count,
  /** host:port of members that have not answered, or have no leader: what only they know is not here. */
  silent: z.array(z.string()).max(100),
  /** A member had more to tell than one answer takes: then there are more than `total`. */
  isCut: z.boolean()
}

const asked = z.object({
  limit: z.number().int().min(1).max(SESSION_ROWS_MAX),
  /** Of path, session id, broker-1, or address; small and capital letters are the same. */
  contains: z.string().max(SESSIONS_FILTER_MAX).optional()
})

const sessionsSchema = z.object({ sessions: z.array(sessionRowSchema), ...told })
export type SessionsView = z.infer<typeof sessionsSchema>

const watchedPathsSchema = z.object({
  /** By path: the sessions that wait for something there. */
  paths: z.array(z.object({ path: z.string(), count, named: z.array(sessionOwnerSchema) })),
  ...told
})
export type WatchedPathsView = z.infer<typeof watchedPathsSchema>

const watchersSchema = z.object({
  /** Those that watch most first. */
  sessions: z.array(z.object({ ...sessionOwner, count, named: z.array(z.string()) })),
  ...told
})
export type WatchersView = z.infer<typeof watchersSchema>

export const SESSION_COMMANDS = {
  /** Brokers first, by their ids; then ours, then the others by session id. */
  'session.list': { input: asked, output: sessionsSchema },
  'watch.paths': { input: asked, output: watchedPathsSchema },
  'watch.sessions': { input: asked, output: watchersSchema }
} as const
