/** Brokers that come, go and come back: what is stored of their partitions is decided anew, and told. */
import { brokerEpochOf, type BrokerId } from '../../kernel/ids'
import type { ControlledPartition, LiveBroker } from '../core/controller/controller-state'
import { parseBroker, paths } from '../core/znodes'
import { finishReassignments } from './reassignments'
import type { ControllerTerm } from './controller-term'

/** `changed` is called when registrations come or go. */
export async function readBrokers(term: ControllerTerm, changed: () => void): Promise<void> {
  await brokersAre(term, await registeredBrokers(term, changed))
}

/** Those that live, be it the first word of a term or another one: who has gone leads no more, who has come is told everything. */
export async function brokersAre(term: ControllerTerm, registered: readonly LiveBroker[]): Promise<void> {
  const { state, broadcast, refusals, ports } = term
  const leaving = new Set(state.shuttingDown)
  // Of a term: they were there before it.
  const isFirst = state.brokers.size === 0
  const refused = new Map(state.brokerIds().map((id) => [id, state.refusedBy(id)]))
  const { joined, left } = state.replaceBrokers(registered)
  for (const id of left) broadcast.drop(id)
  for (const id of [...left, ...joined]) refusals.forget(id)
  for (const id of joined) {
    const broker = state.brokers.get(id)
    if (broker !== undefined) broadcast.open(broker)
  }
  if (joined.length === 0 && left.length === 0) return
  if (!isFirst) tellWhoCame(term, joined, left, leaving)
  ports.log('info', 'brokers changed', { joined, left, live: state.brokerIds() })
  await leadFirst(term)
  const elected = await term.elect(state.partitions())
  state.settle()
  void term.tell({ changed: elected, joined })
  // What a broker had refused is to be seen anew, whether or not it is back.
  const outdated = left.flatMap((id) => refused.get(id) ?? []).filter((partition) => !elected.includes(partition))
  if (outdated.length > 0) void term.tell({ changed: outdated, isForClients: true })
  term.deletions.resume()
  await finishReassignments(term, state.reassigning())
}

/**
 * What has lost its leader gets another, and brokers hear of it, before the rest is looked at: of every partition that the dead broker
 * followed the ISR is stored anew, and that is twice as much with three replicas.
 */
async function leadFirst(term: ControllerTerm): Promise<void> {
  const { state } = term
  const isLed = (partition: ControlledPartition): boolean =>
    partition.state === undefined || state.canServe(partition, partition.state.leader)
  const changed = await term.elect([...state.partitions()].filter((partition) => !isLed(partition)))
  if (changed.length > 0) void term.tell({ changed })
}

function tellWhoCame(
  { ports, state, epoch }: ControllerTerm,
  joined: readonly BrokerId[],
  left: readonly BrokerId[],
  leaving: ReadonlySet<BrokerId>
): void {
  for (const broker of left) {
    const isBack = joined.includes(broker)
    ports.event('brokerLeft', {
      broker,
      epoch,
      cause: leaving.has(broker) ? 'shutdown' : isBack ? 'bounced' : 'session'
    })
  }
  for (const broker of joined)
    ports.event('brokerJoined', { broker, epoch, brokerEpoch: String(state.brokers.get(broker)?.epoch ?? -1n) })
}

/** `changed` is called when registrations come or go. */
export async function registeredBrokers(
  { ports }: ControllerTerm,
  changed: () => void
): Promise<readonly LiveBroker[]> {
  const { ensemble } = ports
  const listed = await ensemble.getChildren(paths.brokerIds, changed)
  const ids = (listed?.children ?? []).map(Number)
  const read = await Promise.all(
    ids.map(async (id): Promise<LiveBroker | undefined> => {
      const znode = await ensemble.getData(paths.broker(id))
      const broker = znode === undefined ? undefined : parseBroker(id, znode.data)
      if (broker === undefined || znode === undefined) return undefined
      return { ...broker, epoch: brokerEpochOf(znode.stat.czxid) }
    })
  )
  return read.filter((broker) => broker !== undefined)
}
