/** What is typed into the form of a workload, what of it is allowed, and what is sent. Pure. */
import type { WorkloadView, WrittenScene } from '@api/workloads'
import { nameProblem } from '@/components/topics/new-topic'

type Producer = NonNullable<WrittenScene['producers']>[number]
type Consumer = NonNullable<WrittenScene['consumers']>[number]

/** The limits of the host's schema, in the units of the form. */
export const LIMITS = {
  rate: { min: 0.1, max: 100_000 },
  size: { min: 0, max: 900_000 },
  keys: { min: 0, max: 1_000_000 },
  hot: { min: 0, max: 100 },
  count: { min: 1, max: 20 },
  processing: { min: 0, max: 60_000 },
  session: { min: 6, max: 1800 }
} as const
type Figure = keyof typeof LIMITS
export type FormField = Figure | 'name' | 'topic' | 'group'

export interface WorkloadForm {
  kind: 'producer' | 'consumer'
  name: string
  topic: string
  count: string
  rate: string
  size: string
  keys: string
  hot: string
  serializer: NonNullable<Producer['serializer']>
  acks: NonNullable<Producer['acks']>
  burst: Producer['burst']
  group: string
  processing: string
  commit: NonNullable<Consumer['commit']>
  session: string
  isStatic: boolean
  from: NonNullable<Consumer['from']>
  leaveEverySeconds: Consumer['leaveEverySeconds']
}

export function emptyForm(kind: 'producer' | 'consumer'): WorkloadForm {
  return {
    kind,
    name: '',
    topic: '',
    count: '1',
    rate: '100',
    size: '100',
    keys: '100',
    hot: '0',
    serializer: 'json',
    acks: 'all',
    burst: undefined,
    group: '',
    processing: '0',
    commit: 'auto',
    session: '10',
    isStatic: false,
    from: 'earliest',
    leaveEverySeconds: undefined
  }
}

export function formOf({ kind, name, settings }: WorkloadView): WorkloadForm {
  const form = { ...emptyForm(kind), name, topic: settings.topic }
  if ('group' in settings) {
    return {
      ...form,
      group: settings.group,
      processing: String(settings.processingMs),
      commit: settings.commit,
      session: String(settings.sessionTimeoutMs / 1000),
      isStatic: settings.staticId,
      from: settings.from,
      leaveEverySeconds: settings.leaveEverySeconds
    }
  }
  return {
    ...form,
    rate: String(settings.ratePerSecond),
    size: String(settings.valueBytes),
    keys: String(settings.keys),
    hot: String(Math.round(settings.hotShare * 1000) / 10),
    serializer: settings.serializer,
    acks: settings.acks,
    burst: settings.burst
  }
}

const WHOLE: ReadonlySet<Figure> = new Set(['size', 'keys', 'count'])
const USED = {
  producer: ['name', 'topic', 'count', 'rate', 'size', 'keys', 'hot'],
  consumer: ['name', 'group', 'topic', 'count', 'processing', 'session']
} as const satisfies Record<WorkloadForm['kind'], readonly FormField[]>

function isFigure(field: FormField): field is Figure {
  return field in LIMITS
}

function isAllowed(form: WorkloadForm, field: FormField): boolean {
  const text = form[field].trim()
  if (isFigure(field)) {
    const { min, max } = LIMITS[field]
    const shape = WHOLE.has(field) ? /^\d+$/ : /^\d+(\.\d+)?$/
    return shape.test(text) && Number(text) >= min && Number(text) <= max
  }
  if (field === 'name') return text === '' || /^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/.test(text)
  if (field === 'topic') return text !== '' && nameProblem(text) === undefined
  return text !== '' && text.length <= 200
}

/** Fields whose content is none that may be sent; what is still empty is among them. */
export function wrongFields(form: WorkloadForm): readonly FormField[] {
  return USED[form.kind].filter((field) => !isAllowed(form, field))
}

/** Without a name it has that of what it reads or writes. */
function nameOf({ kind, name, topic, group }: WorkloadForm): string {
  const typed = name.trim()
  if (typed !== '') return typed
  const from = kind === 'producer' ? `${topic.trim()}-in` : group.trim()
  const clean = from.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '')
  return clean === '' ? kind : clean.slice(-50).replace(/^[^A-Za-z0-9]+/, '')
}

type ProducerSettings = Omit<Producer, 'name' | 'count'>
type ConsumerSettings = Omit<Consumer, 'name' | 'members'>

function producerSettings(form: WorkloadForm): ProducerSettings {
  return {
    topic: form.topic.trim(),
    ratePerSecond: Number(form.rate),
    valueBytes: Number(form.size),
    keys: Number(form.keys),
    hotShare: Number(form.hot) / 100,
    serializer: form.serializer,
    acks: form.acks,
    ...(form.burst === undefined ? {} : { burst: form.burst })
  }
}

function consumerSettings(form: WorkloadForm): ConsumerSettings {
  return {
    topic: form.topic.trim(),
    group: form.group.trim(),
    processingMs: Number(form.processing),
    commit: form.commit,
    sessionTimeoutMs: Math.round(Number(form.session) * 1000),
    staticId: form.isStatic,
    from: form.from,
    ...(form.leaveEverySeconds === undefined ? {} : { leaveEverySeconds: form.leaveEverySeconds })
  }
}

export function settingsOf(form: WorkloadForm): ProducerSettings | ConsumerSettings {
  return form.kind === 'producer' ? producerSettings(form) : consumerSettings(form)
}

/** To be started: `count` of them, numbered on from names that are taken. */
export function definitionOf(form: WorkloadForm, taken: readonly string[]): WrittenScene {
  const base = nameOf(form)
  const count = Number(form.count)
  const isFree = (name: string): boolean =>
    !taken.some(
      (one) => one === name || (count > 1 && one.startsWith(`${name}-`) && /^\d+$/.test(one.slice(name.length + 1)))
    )
  let name = base
  for (let i = 2; !isFree(name); i++) name = `${base}-${i}`
  return form.kind === 'producer'
    ? { name: base, producers: [{ ...producerSettings(form), name, count }] }
    : { name: base, consumers: [{ ...consumerSettings(form), name, members: count }] }
}
