/**
 * The ensemble as its members tell it themselves, each second: who leads, how far each is, and who elected the leader. What a
 * member does not tell now is null, whatever it told before it died, was paused or fell silent.
 */
import { z } from 'zod'
import { nodeStateSchema } from './views'

const count = z.number().int().nonnegative()
/** As ZooKeeper writes them: 0x500000214. */
const zxid = z.string().regex(/^0x[0-9a-f]{1,16}$/)

export const MEMBER_ROLES = ['leader', 'follower', 'candidate', 'learner'] as const
export type MemberRole = (typeof MEMBER_ROLES)[number]

const latencySchema = z.object({
  minMs: z.number().nonnegative(),
  averageMs: z.number().nonnegative(),
  maxMs: z.number().nonnegative()
})

/** What a member process tells its parent (coordination/core/member-report). */
export const memberReportSchema = z.object({
  role: z.enum(MEMBER_ROLES),
  term: count,
  leaderId: count.nullable(),
  isServing: z.boolean(),
  zxid,
  lastOnDisk: zxid,
  committed: zxid,
  followers: z.array(z.object({ memberId: count, behindEntries: count.nullable() })).max(100),
  ballot: z.object({ term: count, candidateId: count }).nullable(),
  electedBy: z.array(count).max(100),
  sessions: count,
  connections: count,
  outstanding: count,
  allSessions: count,
  znodes: count,
  watches: count,
  latency: latencySchema.nullable()
})
export type MemberReportView = z.infer<typeof memberReportSchema>

export const memberSchema = z.object({
  /** ensemble-1 */
  name: z.string(),
  id: count,
  state: nodeStateSchema,
  port: z.number().int(),
  /** When it told something last; null: not since this host runs. */
  heardAtMs: z.number().nullable(),
  role: z.enum(MEMBER_ROLES).nullable(),
  term: count.nullable(),
  /** Whom it takes for the leader. */
  leader: z.string().nullable(),
  /** The last entry that it has applied; that is synced on its disk; of which it knows that a majority has it. */
  zxid: zxid.nullable(),
  lastOnDisk: zxid.nullable(),
  committed: zxid.nullable(),
  /** Entries that a follower lacks, as the leader knows it; null of a leader, too. */
  behindEntries: count.nullable(),
  /** Of clients that are connected to it. */
  sessions: count.nullable(),
  connections: count.nullable(),
  outstanding: count.nullable(),
  /** Of requests since it was started; null also while there were none. */
  latency: latencySchema.nullable()
})
export type MemberView = z.infer<typeof memberSchema>

/**
 * lost: the leader before. asks: whether others would vote for it (pre-vote). stands: for the term. votes: for the one that was elected.
 * leads. commits: the first entry of its term, from when on writes are done.
 */
export const ELECTION_STEPS = ['lost', 'asks', 'stands', 'votes', 'leads', 'commits'] as const
const electionStepSchema = z.object({
  what: z.enum(ELECTION_STEPS),
  /** ensemble-1 */
  member: z.string(),
  /** When the host heard of it; null: it did not. */
  atMs: z.number().nullable()
})
export type ElectionStep = z.infer<typeof electionStepSchema>

/** The last election that a leader came from. */
export const electionSchema = z.object({
  term: count,
  /** ensemble-1 */
  leader: z.string(),
  /** Of every member; `candidate` null: for nobody, or, without `isKnown`, nobody has told. */
  votes: z.array(z.object({ member: z.string(), candidate: z.string().nullable(), isKnown: z.boolean() })),
  /** In their order; without `lost` there was no leader before. Of an ensemble of one there are none. */
  steps: z.array(electionStepSchema).max(200)
})
export type ElectionView = z.infer<typeof electionSchema>

export const ensembleSchema = z.object({
  /** Whether writes are taken: a majority follows one leader. null: no member has told anything yet. */
  quorum: z.boolean().nullable(),
  /** Since when enough of them run and none of them leads; null: one does, or too few run. */
  leaderlessSinceMs: z.number().nullable(),
  /** ensemble-1; null while nobody leads. */
  leader: z.string().nullable(),
  term: count.nullable(),
  /** Members that have to run, and those that do. */
  majority: count,
  running: count,
  /** Those of them that run and count for nothing while another leads, by their own word: cut off from it, or still copying. */
  apart: z.array(z.object({ member: z.string(), role: z.enum(['candidate', 'learner']), sinceMs: z.number() })),
  members: z.array(memberSchema),
  /** In the tree, those of ZooKeeper itself among them, and sessions: by the word of the member that has applied most. */
  znodes: count.nullable(),
  sessions: count.nullable(),
  /** Of all members together; null while one that has a process does not tell: each knows only its own clients' watches. */
  watches: count.nullable(),
  election: electionSchema.nullable()
})
export type EnsembleView = z.infer<typeof ensembleSchema>

/** More than half of all. */
export const majorityOf = (members: number): number => Math.floor(members / 2) + 1

export const ENSEMBLE_COMMANDS = {
  'ensemble.status': { input: z.object({}), output: ensembleSchema }
} as const
