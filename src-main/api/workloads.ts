/**
 * Traffic on purpose: producers and consumers that the host runs as real clients in processes of their own. A scene names
 * several of them and the topics that they need; it is what a file of `lagoon workload start` holds.
 */
import { z } from 'zod'
import { said } from '../kernel/said'

/** Each is a process with a Kafka client in it: some 80 MB of its own (PSS). */
export const workloadsMax = 40
export const savedScenesMax = 50
const countMax = 20
const valueBytesMax = 900_000
/** Of Kafka: TopicConfig's names, and the least session timeout that a broker grants by default. */
const topicNameMax = 249
const sessionTimeoutMinMs = 6000
const sessionTimeoutMaxMs = 1_800_000

const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/,
    said`must be 1 to 60 letters, digits, ".", "_" or "-", a letter or digit first`
  )
const topic = z
  .string()
  .regex(/^[A-Za-z0-9._-]+$/, said`must be a topic name: letters, digits, ".", "_" and "-"`)
  .max(topicNameMax)
const groupId = z
  .string()
  .min(1, said`must name a group`)
  .max(200)
const within = (min: number, max: number): z.ZodNumber =>
  z
    .number(said`must be a number from ${min} to ${max}`)
    .min(min, said`must be at least ${min}`)
    .max(max, said`must be at most ${max}`)
const whole = (min: number, max: number): z.ZodNumber => within(min, max).int(said`must be a whole number`)

export const SERIALIZERS = ['string', 'json', 'bytes'] as const
export const ACKS = ['0', '1', 'all'] as const
export const COMMIT_MODES = ['auto', 'each', 'batch', 'never'] as const

export const producerSettingsSchema = z.strictObject({
  topic,
  ratePerSecond: within(0.1, 100_000),
  valueBytes: whole(0, valueBytesMax).default(100),
  /** How many different keys; 0: none at all. */
  keys: whole(0, 1_000_000).default(100),
  /** Share of the records that have the first key: one partition gets them all. */
  hotShare: within(0, 1).default(0),
  serializer: z.enum(SERIALIZERS).default('string'),
  acks: z.enum(ACKS).default('all'),
  /** Every so many seconds another rate, for a while. */
  burst: z
    .strictObject({
      everySeconds: within(1, 3600),
      seconds: within(0.1, 3600),
      ratePerSecond: within(0.1, 100_000)
    })
    .optional()
})
export type ProducerSettings = z.output<typeof producerSettingsSchema>

export const consumerSettingsSchema = z.strictObject({
  topic,
  group: groupId,
  /** What each record takes. */
  processingMs: within(0, 60_000).default(0),
  /** auto: every 5 s; each: record; batch: what one fetch brought. */
  commit: z.enum(COMMIT_MODES).default('auto'),
  /** Is a static member (KIP-345): its group.instance.id is its name. */
  staticId: z.boolean().default(false),
  sessionTimeoutMs: whole(sessionTimeoutMinMs, sessionTimeoutMaxMs).default(10_000),
  /** Where the group has no commit yet. */
  from: z.enum(['earliest', 'latest']).default('earliest'),
  /** Every so many seconds the next member leaves, and comes back half of that later. */
  leaveEverySeconds: whole(4, 3600).optional()
})
export type ConsumerSettings = z.output<typeof consumerSettingsSchema>

const sceneTopicSchema = z.strictObject({
  topic,
  partitions: whole(1, 1000).default(6),
  replicationFactor: whole(1, 100).optional(),
  configs: z.record(z.string(), z.string()).default({})
})

export const sceneSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,59}$/u, said`must be 1 to 60 letters, digits, spaces, ".", "_" or "-"`),
  description: z.string().max(300).optional(),
  /** Made when they are missing. */
  topics: z.array(sceneTopicSchema).max(countMax).default([]),
  producers: z
    .array(producerSettingsSchema.extend({ name, count: whole(1, countMax).default(1) }))
    .max(countMax)
    .default([]),
  consumers: z
    .array(consumerSettingsSchema.extend({ name: name.optional(), members: whole(1, countMax).default(1) }))
    .max(countMax)
    .default([])
})
export type Scene = z.output<typeof sceneSchema>
/** As it is written: what is left out has a default. */
export type WrittenScene = z.input<typeof sceneSchema>

export const WORKLOAD_STATES = [
  'starting',
  'running',
  'slowed',
  'paused',
  'zombie',
  'killed',
  'failed',
  'stopped'
] as const
export type WorkloadState = (typeof WORKLOAD_STATES)[number]

const settingsSchema = z.union([producerSettingsSchema, consumerSettingsSchema])

export const workloadSchema = z.object({
  name: z.string(),
  kind: z.enum(['producer', 'consumer']),
  topic: z.string(),
  groupId: z.string().nullable(),
  state: z.enum(WORKLOAD_STATES),
  sinceMs: z.number(),
  scene: z.string().nullable(),
  pid: z.number().nullable(),
  settings: settingsSchema,
  /** 0 without a process; null when its process has told nothing for a while. */
  ratePerSecond: z.number().nullable(),
  /** Of the last minute, a second each, oldest first. */
  rates: z.array(z.number().nullable()),
  /** Since the process began: acknowledged, or processed. */
  records: z.number(),
  errors: z.number(),
  /** The newest one, in a sentence. */
  lastError: z.string().nullable(),
  /** Records of a producer that it gave up: no room, no broker for too long, refused. */
  unsent: z.number(),
  /** What the group has given it; null for producers and while it is not a member. */
  partitions: z.array(z.number()).nullable(),
  generation: z.number().nullable(),
  memberId: z.string().nullable(),
  isJoining: z.boolean(),
  /** End of its partitions less what it has processed; null when not known. */
  lagRecords: z.number().nullable(),
  slowedBy: z.number(),
  /** When the group gives up a member that is silent. */
  evictedAtMs: z.number().nullable(),
  /** The group has gone on without it, by the word of another member. */
  isEvicted: z.boolean(),
  problem: z.string().nullable()
})
export type WorkloadView = z.output<typeof workloadSchema>

export const workloadsSchema = z.object({
  atMs: z.number(),
  workloads: z.array(workloadSchema),
  scenes: z.array(z.object({ scene: sceneSchema, isBuiltIn: z.boolean() })),
  /** The rows as they are now are not in the folder: since when, and what the disk says. Null when they are. */
  notKept: z.object({ sinceMs: z.number(), reason: z.string() }).nullable()
})
export type WorkloadsView = z.output<typeof workloadsSchema>

const WORKLOAD_ACTIONS = ['slow', 'pause', 'resume', 'zombie', 'kill', 'stop', 'start', 'add', 'remove'] as const

const several = z.object({ workloads: z.array(workloadSchema) })

export const WORKLOAD_COMMANDS = {
  'workload.list': { input: z.object({}), output: workloadsSchema },
  /** A scene by name, or one that is given; which is looked at by the host, so that a mistake is told in a sentence. */
  'workload.start': {
    input: z.object({ scene: z.string().max(200).optional(), definition: z.unknown().optional() }),
    output: z.object({ workloads: z.array(workloadSchema), createdTopics: z.array(z.string()) })
  },
  /** Answers when the effect was observed. `resume` ends slow, pause and zombie. */
  'workload.change': {
    input: z.object({
      name: z.string(),
      action: z.enum(WORKLOAD_ACTIONS),
      /** Of slow. */
      factor: within(1, 10_000).optional(),
      /** Of add. */
      count: whole(1, countMax).optional()
    }),
    output: several
  },
  /** Other settings for one; it is started again with them when it runs. */
  'workload.edit': { input: z.object({ name: z.string(), settings: z.unknown() }), output: several },
  /** A client, all of a group or of a scene; consumers leave their group. The rows stay and can be started again. */
  'workload.stop': {
    input: z.object({ name: z.string().optional(), all: z.boolean().optional() }),
    output: several
  },
  'workload.saveScene': { input: z.object({ definition: z.unknown() }), output: z.object({ name: z.string() }) },
  'workload.forgetScene': { input: z.object({ scene: z.string() }), output: z.object({ name: z.string() }) }
} as const

/** What is wrong with something that came from outside, in one sentence. */
export function problemsOf(what: string, error: z.ZodError): string {
  const shown = error.issues.slice(0, 4).map((issue) => {
    const place = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
    return `${place === '' ? said`it` : place.replace(/^\./, '')}: ${sentenceOf(issue)}`
  })
  const list = shown.join('; ')
  const more = error.issues.length - shown.length
  return said`${what} cannot be used. ${more === 0 ? list : said`${list} and ${more} more`}.`
}

function sentenceOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return said`there is no ${issue.keys.join(', ')} here`
    case 'invalid_value':
      return said`must be one of ${issue.values.map(String).join(', ')}`
    case 'invalid_type':
      // A message of our own says what is allowed.
      if (!issue.message.startsWith('Invalid input')) return issue.message
      return issue.message.endsWith('undefined') ? said`is missing` : said`must be of type ${issue.expected}`
    default:
      return issue.message
  }
}
