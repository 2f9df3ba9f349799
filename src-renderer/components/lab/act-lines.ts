/** What became of a failure on purpose, as sentences: what happened, then why it may be another thing than was predicted. Pure. */
import type { ActView } from '@api/acts'
import type { HealthLevel } from '@api/views'
import { FAULT_KINDS } from '@api/faults'
import type { Text } from '@/composables/use-text'
import { decimal, integer } from '@/format'

const BROKERS_MAX = 4

type Words = Pick<Text, 't' | 'nodeLabel' | 'nodeInline' | 'list' | 'foreign'>

const LEVELS = { asPredicted: 'healthy', differs: 'degraded', unclear: 'unknown' } as const

export const actLevel = ({ settledAtMs, outcome }: ActView): HealthLevel =>
  settledAtMs === null ? 'recovering' : LEVELS[outcome.verdict]

export const verdictKey = ({ settledAtMs, outcome }: ActView): string =>
  settledAtMs === null ? 'acts.followed' : `acts.verdict.${outcome.verdict}`

/** Sentences below the comparison, none of them about what was not looked at. */
export function actLines(text: Words, act: ActView): readonly string[] {
  const { t } = text
  const { outcome, settledAtMs } = act
  if (settledAtMs === null) return outcome.whys.includes('unforeseen') ? [t('acts.why.unforeseen')] : []
  return [...happenedLines(text, act), ...whyLines(text, act)]
}

function happenedLines({ t, nodeInline, list }: Words, { outcome, node }: ActView): readonly string[] {
  const { items, leaders, elsewhere, offline, electedMs, writes, left } = outcome
  const lines: string[] = []
  if (items.length === 0 && outcome.verdict === 'asPredicted') lines.push(t('acts.nothing'))
  if (leaders.length > 0) {
    const named = leaders
      .slice(0, BROKERS_MAX)
      .map(({ broker, count }) => t('acts.leads', { nodeIn: nodeInline(`broker-${broker}`), count: integer(count) }))
    lines.push(t('acts.leaders', { brokers: list(named, leaders.length), nodeIn: nodeInline(node) }))
  }
  if (elsewhere.count > 0) {
    const sample = list(elsewhere.sample, elsewhere.count)
    lines.push(t('acts.elsewhere', { count: integer(elsewhere.count), sample }, elsewhere.count))
  }
  if (offline.count > 0) lines.push(t('acts.offline', { sample: list(offline.sample, offline.count) }))
  if (electedMs !== null && electedMs > 0) lines.push(t('acts.elected', { seconds: decimal(electedMs / 1000, 1) }))
  if (writes !== null && writes.taken + writes.refused + writes.unknown > 0) lines.push(writesLine(t, writes))
  if (left > 0) lines.push(t('acts.left', { count: integer(left) }, left))
  return lines
}

function writesLine(t: Words['t'], writes: NonNullable<ActView['outcome']['writes']>): string {
  const { taken, refused, unknown, arriving } = writes
  const all = taken + refused + unknown
  const counts = { taken: integer(taken), refused: integer(refused), unknown: integer(unknown), all: integer(all) }
  const first = refused > 0 ? 'refused' : unknown > 0 ? 'unknown' : 'taken'
  const second = arriving > 0 ? t('acts.arriving', { count: integer(arriving) }, arriving) : t('acts.noneArriving')
  return `${t(`acts.writes.${first}`, counts, first === 'refused' ? refused : all)} ${second}`
}

function whyLines(text: Words, { outcome, mixedWith }: ActView): readonly string[] {
  const { t, nodeInline, foreign } = text
  const others = mixedWith.map(({ what, node }) => {
    const isFault = FAULT_KINDS.some((kind) => kind === what)
    return t('acts.other', {
      what: t(isFault ? `fault.kind.${what}` : `acts.mixed.${what}`),
      nodeIn: node === '' ? foreign(node) : nodeInline(node)
    })
  })
  return outcome.whys.map((why) => t(`acts.why.${why}`, { others: others.join(', ') }))
}
