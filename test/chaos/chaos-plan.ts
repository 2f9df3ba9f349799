/** What a seed makes of a chaos run: which fault when, where and for how long. */
import type { FaultKind } from '../../src-main/api/faults'
import { mixed, SimRandom } from '../simulation/world/sim-random'

/** Each is done once before any is done again. */
export const actKinds = [
  'kill',
  'stop',
  'pause',
  'restart',
  'restart-storm',
  'wipe',
  'kill-all',
  'cut-link',
  'cut-one-way',
  'slow-link',
  'lossy-link',
  'slow-disk',
  'full-disk',
  'refuse-clients',
  'drop-ensemble',
  'skew-clock',
  'kill-member',
  /** Nothing is written to the ensemble until two are back. */
  'kill-members',
  'pause-member'
] as const
export type ActKind = (typeof actKinds)[number]

export interface Act {
  /** Since the run began. */
  readonly atMs: number
  readonly kind: ActKind
  /** A broker's, or a member's of the ensemble. */
  readonly node: string
  /** The other end of a link. */
  readonly to: string
  /** When it is undone. */
  readonly forMs: number
  /** As `lagoon fault add --value`. */
  readonly value?: number
}

export const memberNames = ['ensemble-1', 'ensemble-2', 'ensemble-3'] as const
export const brokerName = (id: number): string => `broker-${id}`

const forMsMin = 1000
const forMsMax = 9000

/** Broker configs of the run: how soon who is silent is taken for dead, and who is slow for behind. */
export function configsOf(seed: number): readonly string[] {
  const random = new SimRandom(mixed(seed)).fork()
  const session = [1500, 3000, 6000][random.below(3)] ?? 6000
  const lag = [2000, 5000, 30_000][random.below(3)] ?? 30_000
  return [`zookeeper.session.timeout.ms=${session}`, `replica.lag.time.max.ms=${lag}`]
}

/** What `lagoon fault add` is asked for; undefined for what is done to a process. */
export function faultOf(act: Act): { readonly kind: FaultKind; readonly oneWay: boolean } | undefined {
  if (act.kind === 'cut-one-way') return { kind: 'cut-link', oneWay: true }
  switch (act.kind) {
    case 'cut-link':
    case 'slow-link':
    case 'lossy-link':
    case 'slow-disk':
    case 'full-disk':
    case 'refuse-clients':
    case 'drop-ensemble':
    case 'skew-clock':
      return { kind: act.kind, oneWay: false }
    default:
      return undefined
  }
}

/** All kinds again and again in an order of the seed, over `seconds`; as many as there are kinds at least. */
export function planOf(seed: number, seconds: number, brokerIds: readonly number[]): readonly Act[] {
  const random = new SimRandom(mixed(seed))
  const everyMs = Math.min(3000, (seconds * 1000) / (actKinds.length + 2))
  const acts: Act[] = []
  let bag: ActKind[] = []
  for (let atMs = everyMs; acts.length < actKinds.length || atMs < seconds * 1000;) {
    if (bag.length === 0) bag = shuffled(actKinds, random)
    const kind = bag.pop() ?? 'kill'
    acts.push(actOf(kind, Math.round(atMs), random, brokerIds))
    atMs += everyMs * (0.4 + random.below(1201) / 1000)
  }
  return acts
}

function actOf(kind: ActKind, atMs: number, random: SimRandom, brokerIds: readonly number[]): Act {
  const [first = 1, second = 2] = shuffled(brokerIds, random)
  const [member = memberNames[0], otherMember = memberNames[1]] = shuffled(memberNames, random)
  const isOfMember = kind === 'kill-member' || kind === 'pause-member'
  // Links to members and between them, their disks and their clocks go wrong, too.
  const isMembersTurn = random.below(4) === 0
  const isLink = ['cut-link', 'cut-one-way', 'slow-link', 'lossy-link'].includes(kind)
  const isOfAny = ['slow-disk', 'full-disk', 'refuse-clients', 'skew-clock', 'wipe', 'stop'].includes(kind)
  const isBetweenMembers = isLink && random.below(6) === 0
  const node = isOfMember || isBetweenMembers || (isOfAny && isMembersTurn) ? member : brokerName(first)
  const to = isBetweenMembers ? otherMember : isLink && isMembersTurn ? member : brokerName(second)
  const forMs = forMsMin + random.below(forMsMax - forMsMin)
  const value = valueOf(kind, random)
  return { atMs, kind, node, to, forMs, ...(value === undefined ? {} : { value }) }
}

function valueOf(kind: ActKind, random: SimRandom): number | undefined {
  if (kind === 'slow-link') return 20 + random.below(600)
  if (kind === 'lossy-link') return 5 + random.below(40)
  if (kind === 'slow-disk') return 5 + random.below(150)
  // To and fro, from a second to a month.
  if (kind === 'skew-clock') return (random.below(2) === 0 ? -1 : 1) * Math.round(1000 * Math.exp(random.below(15)))
  return undefined
}

function shuffled<T>(list: readonly T[], random: SimRandom): T[] {
  const left = [...list]
  const drawn: T[] = []
  while (left.length > 0) drawn.push(...left.splice(random.below(left.length), 1))
  return drawn
}
