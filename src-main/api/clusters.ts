/**
 * The clusters of one user on one machine: which there are and how each is, and what is done to them as wholes. Each is
 * named by an id of its folder. Answered by the process that serves the screens, whichever of them a page looks at.
 */
import { z } from 'zod'
import { healthLevelSchema } from './views'

export const clusterIdPattern = /^[0-9a-f]{24}$/
const id = z.string().regex(clusterIdPattern)
const nothing = z.object({})
const target = z.object({ id })
const count = z.number().int().min(0)

/** A cluster that is to be made, as it was typed: `clusters.check` says what is wrong with it, field by field. */
export const newClusterSchema = z.object({
  name: z.string().max(4096),
  /** null: one of that name at the usual place. */
  dir: z.string().max(4096).nullable(),
  brokers: z.number(),
  /** Of its ensemble; absent: as many as usual. */
  members: z.number().optional(),
  /** Of the first broker and the first member, the others have the next ones. null: the first that are free. */
  brokerPort: z.number().nullable(),
  ensemblePort: z.number().nullable()
})
export type NewCluster = z.infer<typeof newClusterSchema>

/** By field: what may be wrong with it. */
export const CLUSTER_PROBLEMS = {
  name: ['empty', 'long', 'characters', 'taken'],
  dir: ['relative', 'cluster', 'foreign', 'file', 'within', 'access'],
  brokers: ['range'],
  members: ['range', 'even'],
  brokerPort: ['range', 'known', 'taken'],
  ensemblePort: ['range', 'known', 'taken', 'overlaps']
} as const
export type ClusterField = keyof typeof CLUSTER_PROBLEMS

export const NEW_CLUSTER = {
  nameMax: 60,
  brokersMax: 30,
  members: 3,
  membersMax: 7,
  portMin: 1024,
  portMax: 65_535
} as const

const problemSchema = z.object({
  field: z.enum(Object.keys(CLUSTER_PROBLEMS) as [ClusterField, ...ClusterField[]]),
  code: z.string(),
  /** What stands in the way: a port, a program, a folder, another cluster. */
  params: z.record(z.string(), z.union([z.string(), z.number()]))
})
export type ClusterProblem = z.infer<typeof problemSchema>

/**
 * How a cluster is, seen from its folder. `busy`: being moved, reset or deleted. `elsewhere`: another process runs it.
 * `newer`: a later Lagoon made it. `damaged`: its folder is there, and cannot be read as a cluster. `denied`: this user
 * may not look.
 */
export const CLUSTER_STATES = [
  'starting',
  'running',
  'stopping',
  'busy',
  'elsewhere',
  'stopped',
  'gone',
  'newer',
  'damaged',
  'denied'
] as const
export type ClusterState = (typeof CLUSTER_STATES)[number]

export interface KnownCluster {
  readonly id: string
  readonly name: string
  readonly dir: string
  readonly state: ClusterState
  /** Of one that runs here; null elsewhere, where only its own host knows. */
  readonly health: z.infer<typeof healthLevelSchema> | null
  /** null when its folder does not say. */
  readonly brokers: number | null
  /** Lowest first. */
  readonly brokerPorts: readonly number[]
  readonly ensemblePorts: readonly number[]
  /** Of one that runs here: processes that are still there, of all. */
  readonly processes: { readonly running: number; readonly all: number } | null
  /** The process that runs it elsewhere. */
  readonly pid: number | null
  /** Why it could not be started, or what was last wanted of it could not be done; a sentence. */
  readonly problem: string | null
  /** Of a folder that is being copied to another disk. */
  readonly progress: { readonly doneBytes: number; readonly allBytes: number } | null
}

export interface ClustersView {
  /** The one that the page looks at. */
  readonly current: string
  /** Those that run first, then by name. */
  readonly clusters: readonly KnownCluster[]
  /** There are so many more, which are not looked at. */
  readonly leftOut: number
  /** The folder at the usual place that a new one is made in. */
  readonly root: string
  /** How many brokers a new one has unless told otherwise. */
  readonly newBrokers: number
  /** This one ends with the process that serves the screens, and the screens with it; null in the app. */
  readonly host: string | null
}

export const sizeSchema = z.object({
  bytes: count,
  /** More than could be looked at: it is at least this. */
  isPartial: z.boolean()
})
export type FolderSize = z.infer<typeof sizeSchema>

export const CLUSTERS_COMMANDS = {
  'clusters.check': {
    input: newClusterSchema,
    /** `dir` is where it would be. */
    output: z.object({ dir: z.string(), problems: z.array(problemSchema) })
  },
  /** Whether a cluster's folder could be moved there. */
  'clusters.checkFolder': {
    input: target.extend({ to: z.string().max(4096) }),
    output: z.object({ dir: z.string(), problems: z.array(problemSchema) })
  },
  /** Answers when its folder is made and its nodes begin to start. */
  'clusters.create': { input: newClusterSchema, output: target },
  'clusters.start': { input: target, output: nothing },
  /** Answers when every node of it is gone. */
  'clusters.stop': { input: target, output: nothing },
  /** From the list; its folder stays. Refused while it runs. */
  'clusters.forget': { input: target, output: nothing },
  /** With its folder; one that runs is stopped first. `name` is its name, typed. */
  'clusters.delete': { input: target.extend({ name: z.string() }), output: z.object({ kept: z.array(z.string()) }) },
  /** Takes its topics, groups, logs and history away, and starts it again if it ran. */
  'clusters.reset': { input: target.extend({ name: z.string() }), output: nothing },
  /** Answers the id at the new place; what of the old folder could not be taken away is named. */
  'clusters.move': {
    input: target.extend({ to: z.string().min(1).max(4096) }),
    /** `isDurable` false: its disk does not say whether all of it would be there after a power cut; the old folder is whole. */
    output: z.object({ id, dir: z.string(), kept: z.array(z.string()), isDurable: z.boolean() })
  },
  /** By id; looked at when asked. Those that cannot be looked at are left out. */
  'clusters.sizes': { input: nothing, output: z.object({ sizes: z.record(z.string(), sizeSchema) }) },
  'clusters.set': { input: z.object({ newBrokers: z.number().int().min(1).max(30) }), output: nothing }
} as const
export type ClustersCommand = keyof typeof CLUSTERS_COMMANDS
