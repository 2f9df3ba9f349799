/**
 * Deletions of topics during one term of office. A marked topic (a znode under /admin/delete_topics, so that it survives
 * the controller) is gone for clients as soon as the live brokers have heard of it; its name stays taken until every
 * broker that holds some of it has said that it has none left, the dead ones when they are back. Then its znodes go.
 */
import type { BrokerEpoch, BrokerId } from '../../kernel/ids'
import { ignore } from '../../kernel/errors'
import type { Clock, Log } from '../../kernel/ports'
import { EnsembleError, type EnsembleClient, type Operation } from '../../coordination/ensemble-client'
import type { ControllerBroadcast } from './controller-broadcast'
import { chunks, partitionsPerMulti, type ControllerWrites } from './controller-writes'
import type { ControllerTerm } from './controller-term'
import type { Outcome } from './controller-trouble'
import type { ControlledTopic, ControllerState, LiveBroker } from '../core/controller/controller-state'
import { paths } from '../core/znodes'

/** A broker that refused is asked again after this. */
const retryMs = 2_000
const attemptsMax = 5
/** What a deletion fails with when somebody else wrote below the topic meanwhile. */
const overtaken: readonly string[] = ['NONODE', 'NOTEMPTY', 'BADVERSION']

interface Deletion {
  readonly topic: ControlledTopic
  /** Brokers that have not said yet that they hold nothing of it. */
  readonly holders: Set<BrokerId>
  /** Those whose answer is awaited, and which registration of theirs was asked: a broker that came back is another. */
  readonly asked: Map<BrokerId, BrokerEpoch>
  /** A refusal is to be asked about again. */
  readonly retry: { isDue: boolean }
  /** Resolves when every broker that was alive has heard and answered. */
  readonly gone: Promise<void>
}

export interface DeletionPorts {
  readonly ensemble: EnsembleClient
  readonly clock: Clock
  readonly log: Log
  readonly state: ControllerState
  readonly writes: ControllerWrites
  readonly broadcast: ControllerBroadcast
  /** Runs an event of the controller during this term; nothing afterwards. */
  readonly event: (work: () => Promise<void>) => void
  readonly finished: (topic: string) => void
}

export class TopicDeletions {
  readonly #ports: DeletionPorts
  readonly #deletions = new Map<string, Deletion>()

  constructor(ports: DeletionPorts) {
    this.#ports = ports
  }

  /** Resolves when the topic is gone for clients; undefined when nobody deletes it. */
  gone(topic: string): Promise<void> | undefined {
    return this.#deletions.get(topic)?.gone
  }

  /** Goes on with every marked topic, as far as brokers are there. */
  resume(): void {
    const { state } = this.#ports
    for (const name of state.deleting) {
      const topic = state.topics.get(name)
      if (topic === undefined) continue
      const deletion = this.#deletions.get(name)
      if (deletion?.topic === topic) void this.#askLiving(deletion)
      else this.#begin(topic)
    }
  }

  #begin(topic: ControlledTopic): void {
    const told = this.#ports.broadcast.tell({ changed: topic.partitions, areDeleted: true })
    const holders = new Set(topic.partitions.flatMap(({ replicas }) => replicas))
    const deletion = { topic, holders, asked: new Map<BrokerId, BrokerEpoch>(), retry: { isDue: false } }
    const gone = Promise.all([told, this.#askLiving(deletion)]).then(() => undefined)
    this.#deletions.set(topic.name, { ...deletion, gone })
  }

  async #askLiving(deletion: Omit<Deletion, 'gone'>): Promise<void> {
    const { holders, asked } = deletion
    const living = [...holders].flatMap((id) => this.#ports.state.brokers.get(id) ?? [])
    const unasked = living.filter(({ id, epoch }) => asked.get(id) !== epoch)
    await Promise.all(unasked.map((broker) => this.#ask(deletion, broker)))
  }

  async #ask(deletion: Omit<Deletion, 'gone'>, { id: brokerId, epoch }: LiveBroker): Promise<void> {
    const { topic, holders, asked } = deletion
    const { broadcast, clock, log } = this.#ports
    asked.set(brokerId, epoch)
    const outcome = await broadcast.deleteReplicas(brokerId, topic)
    if (asked.get(brokerId) === epoch) asked.delete(brokerId)
    // The broker left; it is asked when it is back.
    if (outcome === undefined) return
    if (outcome === 'NONE') {
      holders.delete(brokerId)
      if (holders.size === 0) this.#ports.event(() => this.#finish(topic))
      return
    }
    log('warn', 'a broker could not delete a topic yet', { broker: brokerId, topic: topic.name, error: outcome })
    // One retry for all that refused: each asks every broker that is not being asked.
    if (deletion.retry.isDue) return
    deletion.retry.isDue = true
    clock.after(retryMs, () => {
      deletion.retry.isDue = false
      this.#ports.event(() => {
        // Not to be awaited inside an event: only events tell of a broker that it has gone and answers no more.
        void this.#askLiving(deletion)
        return Promise.resolve()
      })
    })
  }

  async #finish(topic: ControlledTopic): Promise<void> {
    const { state } = this.#ports
    if (state.topics.get(topic.name) !== topic) return
    await this.#deleteZnodes(topic)
    state.topics.delete(topic.name)
    state.deleting.delete(topic.name)
    this.#deletions.delete(topic.name)
    this.#ports.finished(topic.name)
  }

  /** All that is below the topic, whoever wrote it; looked at again when somebody wrote meanwhile. */
  async #deleteZnodes(topic: ControlledTopic): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#deleteAsListed(topic)
        return
      } catch (error) {
        if (!(error instanceof EnsembleError) || !overtaken.includes(error.code) || attempt >= attemptsMax) throw error
        ignore(error, 'listed and tried again')
      }
    }
  }

  async #deleteAsListed({ name }: ControlledTopic): Promise<void> {
    const { ensemble, writes } = this.#ports
    const listed = (await ensemble.getChildren(paths.partitions(name)))?.children ?? []
    for (const some of chunks(listed, partitionsPerMulti)) {
      const trees = await Promise.all(some.map((partition) => this.#tree(`${paths.partitions(name)}/${partition}`)))
      const operations = trees.flat()
      if (operations.length > 0) await writes.multi(operations)
    }
    const rest = [
      ...(await this.#tree(paths.topic(name))),
      ...(await this.#tree(paths.topicConfig(name))),
      ...(await this.#tree(paths.deleteTopic(name)))
    ]
    if (rest.length > 0) await writes.multi(rest)
  }

  /** Deletes of a znode and all below it, the deepest first; none when it is not there. */
  async #tree(path: string): Promise<readonly Operation[]> {
    const listed = await this.#ports.ensemble.getChildren(path)
    if (listed === undefined) return []
    const below = await Promise.all(listed.children.map((child) => this.#tree(`${path}/${child}`)))
    return [...below.flat(), { type: 'delete', path }]
  }
}

/**
 * Marks the topic; `gone` resolves when every live broker has heard of it, and then it is gone for clients. Its name is
 * taken until the brokers that are dead have come back and deleted it, too. One that is marked already is unknown.
 */
export async function deleteTopic(
  { state, writes, deletions }: ControllerTerm,
  name: string
): Promise<Outcome & { readonly gone: Promise<void> }> {
  if (!state.topics.has(name) || state.deleting.has(name))
    return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: null, gone: Promise.resolve() }
  try {
    await writes.multi([{ type: 'create', path: paths.deleteTopic(name), data: null }])
  } catch (error) {
    if (!(error instanceof EnsembleError) || error.code !== 'NODEEXISTS') throw error
    ignore(error, 'somebody else wants it gone too')
  }
  state.deleting.add(name)
  deletions.resume()
  return { error: 'NONE', message: null, gone: deletions.gone(name) ?? Promise.resolve() }
}
