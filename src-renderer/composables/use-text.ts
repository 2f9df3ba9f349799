/** Words of the present language: translation, formats bound to the locale, and the sentences that screens share. */
import { useI18n } from 'vue-i18n'
import type { ApiError } from '@api/api'
import { ACT_VERDICTS } from '@api/acts'
import { EVENT_PARAMS } from '@api/event-params'
import { NODE_ACTS } from '@api/failures'
import { FAULT_KINDS } from '@api/faults'
import type { ClusterEvent, ClusterView, HealthLevel, NodeView, ReasonView } from '@api/views'
import { clock, durationParts, integer, moment, momentWithin, tickTime, zone } from '@/format'
import type { TimeRange } from '@/format'
import { deedSentence } from '@/composables/deed-sentence'
import { faultSentence } from '@/composables/fault-sentence'
import { isDown } from '@/composables/node-level'
import { isolated } from '@/foreign-text'
import { hostTranslator } from '@/i18n'
import { useClockStore } from '@/stores/clock'

/** Their sample is how many members run, there are, and are needed. */
const ofQuorum: ReadonlySet<ReasonView['code']> = new Set(['quorumLost', 'noEnsembleLeader'])
/** Params of events that name a node. */
const NODE_PARAMS: ReadonlySet<string> = new Set(['node', 'broker', 'leader', 'to'])
const NODE_NAME = /^(broker|ensemble)-(\d+)$/

export interface Text {
  readonly t: (key: string, named?: Record<string, unknown>, plural?: number) => string
  readonly clock: (atMs: number, hasSeconds?: boolean) => string
  /** Of a tick of a time axis. */
  readonly tick: (atMs: number, hasSeconds: boolean, isDated: boolean) => string
  readonly zone: (atMs: number) => string
  /** A time of day, with its date where that is not today's. */
  readonly moment: (atMs: number, hasMillis?: boolean) => string
  /** The same among others of a range: with dates in all of it, or in none. */
  readonly when: (atMs: number, range: TimeRange) => string
  readonly duration: (ms: number) => string
  /** Of a length that somebody has set: "10 m", where what runs is "10 m 00 s". */
  readonly setDuration: (ms: number) => string
  readonly nodeLabel: (name: string) => string
  readonly nodeInline: (name: string) => string
  readonly stateWord: (node: NodeView, nowMs: number) => string
  readonly levelWord: (level: HealthLevel) => string
  readonly eventSentence: (event: ClusterEvent) => string
  readonly reasonWhat: (reason: ReasonView) => string
  /** The first reason; of several nodes that have the same, all of them; with no broker left, that. */
  readonly reasonsWhat: (view: ClusterView) => string
  readonly reasonWhy: (reason: ReasonView) => string
  /**
   * Names with commas between them, as `foreign` shows them; `count` of all, of which those are the first. None is taken for a
   * node's: partition 1 of a topic called broker is broker-1, too.
   */
  readonly list: (sample: readonly string[], count: number) => string
  readonly errorSentence: (error: ApiError) => string
  /** The same of one part of what was asked: a partition that was refused. */
  readonly kafkaSentence: (kafkaError: string, message: string) => string
  /** A sentence of the host, as it said it where it is not known in the present language. */
  readonly hostSentence: (english: string) => string
  /** A name that others gave, to stand in a sentence. */
  readonly foreign: (name: string) => string
}

/** An event is never changed, and its sentence stands in the rail, in charts and in lists, again each second. */
const sentences = new WeakMap<ClusterEvent, { readonly locale: string; readonly sentence: string }>()

export function useText(): Text {
  const i18n = useI18n()
  const clockStore = useClockStore()
  const t: Text['t'] = (key, named = {}, plural = 1) => i18n.t(key, named, plural)
  const locale = (): string => i18n.locale.value

  /** What others have named, in the middle of a sentence of ours. */
  const foreign = (name: string): string => (name === '' ? t('text.empty') : isolated(name))

  const nodeLabel = (name: string): string => {
    const [, role, id] = NODE_NAME.exec(name) ?? []
    return role === undefined ? foreign(name) : t(`node.${role}`, { id })
  }

  const dated = (atMs: number, hasMillis = false): string => moment(locale(), atMs, clockStore.nowMs, hasMillis)

  /** In the middle of a sentence. */
  const nodeInline = (name: string): string => {
    const [, role, id] = NODE_NAME.exec(name) ?? []
    return role === undefined ? foreign(name) : t(`node.inline.${role}`, { id })
  }

  const duration = (ms: number): string => {
    const { unit, first, second } = durationParts(ms)
    return t(`duration.${unit}`, { first, second: String(second ?? '').padStart(2, '0') })
  }

  const setDuration = (ms: number): string => {
    const { unit, first, second } = durationParts(ms)
    return second === 0 ? t(`duration.whole.${unit}`, { first }) : duration(ms)
  }

  const stateWord = (node: NodeView, nowMs: number): string =>
    node.state === 'crashed' && node.restartAtMs !== null
      ? t('nodeState.crashedRestarts', { seconds: Math.max(0, Math.ceil((node.restartAtMs - nowMs) / 1000)) })
      : t(`nodeState.${node.state}`)

  const eventSentence = (event: ClusterEvent): string => {
    const known = sentences.get(event)
    if (known?.locale === locale()) return known.sentence
    const sentence = sentenceOf(event)
    sentences.set(event, { locale: locale(), sentence })
    return sentence
  }
  const sentenceOf = (event: ClusterEvent): string => {
    const { params, subject } = event
    const named: Record<string, unknown> = { subject: foreign(subject ?? ''), node: nodeLabel(subject ?? '') }
    for (const [name, value] of Object.entries(params)) {
      if (typeof value === 'number') named[name] = integer(value)
      else named[name] = paramText(name, value)
    }
    if (subject !== null && NODE_NAME.test(subject)) named.node = nodeLabel(subject)
    if (subject !== null) named.nodeIn = nodeInline(subject)
    if (event.code === 'nodeCrashed') named.how = exitSentence(params.exit)
    if (event.code === 'workloadEnded')
      named.how = typeof params.problem === 'string' ? hostSentence(params.problem) : exitSentence(params.exit)
    if (event.code === 'faultAdded' || event.code === 'faultHealed') named.fault = faultOf(event)
    if (event.code === 'actSettled') Object.assign(named, settledOf(event))
    if (event.code === 'partitionsElected') named.why = causeOf(params.cause)
    const { restartInSeconds } = params
    if (typeof restartInSeconds === 'number') named.delay = duration(Math.max(1, restartInSeconds) * 1000)
    if (typeof params.sessionSeconds === 'number') named.delay = duration(params.sessionSeconds * 1000)
    const isWhole = EVENT_PARAMS[event.code].every((name) => params[name] !== undefined)
    const isRestarted = event.code === 'nodeCrashed' && named.delay !== undefined
    const form = isRestarted ? 'eventLong' : isWhole ? 'event' : 'eventShort'
    const counted = params.count ?? params.partitions
    return t(`${form}.${event.code}`, named, typeof counted === 'number' ? counted : 1)
  }

  /** Others are names of partitions, states and errors: partition 1 of a topic called broker is broker-1, too. */
  const paramText = (name: string, value: string): string => {
    if (name === 'problem') return hostSentence(value)
    return NODE_PARAMS.has(name) ? nodeLabel(value) : foreign(value)
  }

  /** A later version of the host may know kinds that this page does not. */
  const faultOf = ({ subject, params }: ClusterEvent): string => {
    const kind = FAULT_KINDS.find((one) => one === params.kind)
    if (kind === undefined) return foreign(String(params.kind ?? ''))
    const { to, oneWay, value } = params
    const link = { to: typeof to === 'string' ? to : null, oneWay: oneWay !== undefined }
    const fault = { kind, node: subject ?? '', ...link, value: typeof value === 'number' ? value : null }
    return faultSentence({ t, nodeLabel, nodeInline }, fault)
  }

  /** A later version of the host may know acts and verdicts that this page does not. */
  const settledOf = ({ subject, params }: ClusterEvent): Record<string, string> => {
    const { act, verdict, to, oneWay, value } = params
    const known = [...NODE_ACTS, ...FAULT_KINDS].find((one) => one === act)
    const link = { to: typeof to === 'string' ? to : null, oneWay: oneWay !== undefined }
    const said = { ...link, node: subject ?? '', value: typeof value === 'number' ? value : null }
    const word = ACT_VERDICTS.find((one) => one === verdict)
    return {
      deed:
        known === undefined
          ? foreign(String(act))
          : deedSentence({ t, nodeLabel, nodeInline }, { ...said, act: known }),
      verdict: word === undefined ? foreign(String(verdict)) : t(`acts.verdict.${word}`)
    }
  }

  /** A later version of the host may know causes that this page does not. */
  const causeOf = (cause: unknown): string => {
    const key = `electionCause.${String(cause)}`
    return i18n.te(key, 'en') ? t(key) : foreign(String(cause))
  }

  const exitSentence = (exit: unknown): string => {
    if (typeof exit !== 'string' || exit === '') return t('node.exitUnknown')
    const code = /^exit code (-?\d+)$/.exec(exit)?.[1]
    return code === undefined ? foreign(exit) : t('node.exitCode', { code })
  }

  const list = (sample: readonly string[], count: number): string => {
    const more = count - sample.length
    const named = sample.map(foreign).join(', ')
    return more > 0 ? t('list.andMore', { list: named, count: integer(more) }, more) : named
  }

  const reasonNames = (reason: ReasonView): Record<string, unknown> => ({
    node: reason.node === null ? '' : nodeLabel(reason.node),
    nodeIn: reason.node === null ? '' : nodeInline(reason.node),
    count: integer(reason.count),
    sample:
      reason.code === 'faultsActive'
        ? reason.sample.map((kind) => t(`fault.kind.${kind}`)).join(', ')
        : list(reason.sample, reason.count ?? reason.sample.length),
    time: dated(reason.sinceMs),
    ...(ofQuorum.has(reason.code) ? quorumNames(reason.sample) : {})
  })
  const quorumNames = ([running = '', all = '', needed = '']: readonly string[]): Record<string, string> => ({
    running,
    all,
    needed
  })

  /** A member that starts is reported under the same code, on a milder level. */
  const reasonWhat = (reason: ReasonView): string =>
    reason.code === 'ensembleDown' && reason.level === 'recovering'
      ? t('reason.ensembleDown.whatStarting', reasonNames(reason))
      : t(`reason.${reason.code}.what`, reasonNames(reason), reason.count ?? 1)

  const reasonsWhat = ({ reasons, nodes }: ClusterView): string => {
    const brokers = nodes.filter(({ role }) => role === 'broker')
    const down = brokers.filter(isDown)
    const ofDown = (reason: ReasonView): boolean => down.some(({ name }) => name === reason.node)
    const isAllDown = brokers.length > 0 && down.length === brokers.length
    // That partitions have no leader follows from that, and says less.
    const first = (isAllDown ? reasons.find(ofDown) : undefined) ?? reasons[0]
    if (first === undefined) return ''
    // Some were stopped and some died: neither count is all of them.
    if (isAllDown && reasons.some((one) => ofDown(one) && one.code !== first.code)) return t('verdict.noBroker')
    const alike = reasons.filter(({ code, node }) => code === first.code && node !== null)
    const key = `reasons.${first.code}`
    if (alike.length < 2 || !i18n.te(key, 'en')) return reasonWhat(first)
    return t(key, { count: integer(alike.length), all: integer(brokers.length) })
  }

  const reasonWhy = (reason: ReasonView): string => {
    if (reason.code === 'brokerDown' && reason.count !== null) {
      return t('reason.brokerDown.whyUnnoticed', reasonNames(reason))
    }
    if (reason.code === 'ensembleDown' && reason.level === 'recovering')
      return t('reason.ensembleDown.whyStarting', reasonNames(reason))
    const isPlaced = reason.code !== 'partitionsOffline' || reason.node !== null
    return t(isPlaced ? `reason.${reason.code}.why` : 'reason.partitionsOffline.whyUnplaced', reasonNames(reason))
  }

  /** Kafka's error names are never translated; what is said of them is, where it is known. */
  const errorSentence = ({ code, kafkaError, message }: ApiError): string => {
    if (code === 'DISCONNECTED' || code === 'TIMED_OUT') return t(`error.${code}`)
    return kafkaError === undefined ? hostSentence(message) : kafkaSentence(kafkaError, message)
  }

  const translated = (english: string, origin: 'host' | 'broker'): string | undefined =>
    hostTranslator(locale())?.(english, { named: foreign, refusal }, origin)

  /** A broker may have words of its own for the case, in English: then they stand behind those that all have. */
  const refusal = (kafkaError: string, message: string): string => {
    const key = `kafkaError.${kafkaError}`
    const common = i18n.te(key, 'en') ? t(key) : undefined
    if (common === undefined || hostTranslator(locale()) === undefined) return `${kafkaError}: ${isolated(message)}`
    return `${kafkaError}: ${common} (${isolated(message)})`
  }

  const kafkaSentence = (kafkaError: string, message: string): string => {
    const key = `kafkaError.${kafkaError}`
    // ZooKeeper's names have none.
    const isCommon = i18n.te(key, 'en') && (message.trim() === '' || message === i18n.t(key, {}, { locale: 'en' }))
    if (isCommon) return `${kafkaError}: ${t(key)}`
    const own = translated(message, 'broker')
    return own === undefined ? refusal(kafkaError, message) : `${kafkaError}: ${own}`
  }

  const hostSentence = (english: string): string => translated(english, 'host') ?? isolated(english)

  return {
    t,
    clock: (atMs, hasSeconds = true) => clock(locale(), atMs, hasSeconds),
    tick: (atMs, hasSeconds, isDated) => tickTime(locale(), atMs, hasSeconds, isDated),
    zone: (atMs) => zone(locale(), atMs),
    moment: dated,
    when: (atMs, range) => momentWithin(locale(), atMs, range, clockStore.nowMs),
    duration,
    setDuration,
    nodeLabel,
    nodeInline,
    stateWord,
    levelWord: (level) => t(`health.${level}`),
    eventSentence,
    reasonWhat,
    reasonsWhat,
    reasonWhy,
    list,
    errorSentence,
    kafkaSentence,
    hostSentence,
    foreign
  }
}
