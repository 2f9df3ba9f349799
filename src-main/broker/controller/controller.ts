/**
 * The controller: the one broker that holds /controller. It alone elects partition leaders, creates and deletes topics
 * and hands out producer ids; every write of it is a multi guarded by the version of /controller_epoch (KAFKA-6082).
 * One event at a time. An event that fails is never forgotten: after a lost connection the session's events bring it
 * back; after any other error of the ensemble (somebody else wrote, a full disk) everything is read anew, after a pause.
 */
import type { BrokerEpoch, BrokerId, ControllerEpoch, TopicPartition } from '../../kernel/ids'
import type { Timer } from '../../kernel/ports'
import { EnsembleError, isPassing } from '../../coordination/ensemble-client'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { ControlledPartition, ControlledTopic, ControllerState } from '../core/controller/controller-state'
import { EnsembleReturn } from '../ensemble-return'
import { brokersAre, readBrokers, registeredBrokers } from './broker-changes'
import { ControllerOffice, type OfficeTerm } from './controller-office'
import { ControllerTerm, type ControllerPorts } from './controller-term'
import { troubleOf, type Outcome } from './controller-trouble'
import { ControllerMoved } from './controller-writes'
import { readLogFailures } from './log-failures'
import { changeIsrs, type IsrAnswers, type ProposedTopic } from './isr-changes'
import { electAsked, leaveLeadership, type Elected, type ElectionType, type Leaving } from './leader-changes'
import { nextProducerIds } from './producer-id-blocks'
import { reassign, type AskedReassignment } from './reassignments'
import { addPartitions, makeTopics, type Made, type NewTopic, type TopicOutcome } from './topic-creations'
import { deleteTopic } from './topic-deletions'
import { readDeletions, readTopics } from './topic-reader'

export type { ControllerPorts } from './controller-term'

/** Everything is read anew so soon after an event failed, at first and at most. */
const againDelays = { minMs: 100, maxMs: 10_000 }
/** Without a reason to read again for so long, the next pause is a short one. */
const againCalmMs = 30_000

export class Controller {
  readonly #ports: ControllerPorts
  /** While this broker is the controller. */
  #term: ControllerTerm | undefined
  // Of the present term of office, or the last.
  #epoch: ControllerEpoch = 0
  /** What the last term that was read knew; undefined while one that is read is in office, and when another has been controller since. */
  #before: ControllerState | undefined
  readonly #office: ControllerOffice
  #isLossTold = false
  readonly #ensembleReturn: EnsembleReturn
  #again: { readonly timer: Timer } | undefined
  #againDelayMs = againDelays.minMs
  #againMs = -Infinity
  #last: Promise<void> = Promise.resolve()
  #isStopped = false

  // Each watcher is one function for good, so that arming it twice is arming it once.
  readonly #onController = (): void => this.stand()
  readonly #onBrokers = (): void => this.#whenActive((term) => readBrokers(term, this.#onBrokers))
  readonly #onTopics = (): void =>
    this.#whenActive(async (term) => {
      const partitions = await readTopics(term, this.#onTopics)
      if (partitions.length === 0) return
      // Somebody else wrote topics: they are taken over like our own.
      void term.tell({ changed: await term.elect(partitions), areNew: true })
    })
  readonly #onDeletions = (): void =>
    this.#whenActive(async (term) => {
      await readDeletions(term, this.#onDeletions)
      term.deletions.resume()
    })

  readonly #onLogFailures = (): void => this.#whenActive((term) => readLogFailures(term, this.#onLogFailures))

  constructor(ports: ControllerPorts) {
    this.#ports = ports
    this.#ensembleReturn = new EnsembleReturn(ports)
    this.#office = new ControllerOffice(ports)
  }

  get isActive(): boolean {
    return this.#term !== undefined
  }

  get epoch(): ControllerEpoch {
    return this.#epoch
  }

  /** Resolves when what is under way is done, taking office for one; false when this broker is no controller then. */
  whenInOffice(): Promise<boolean> {
    return this.isActive
      ? this.turn(
          () => Promise.resolve(true),
          () => false
        )
      : Promise.resolve(false)
  }

  /** The same for a request that is to change something, asked once for all of it: no longer than the request's time, if it has one. */
  async whenReadyToWrite(timeoutMs?: number): Promise<boolean> {
    if (this.isActive) await this.#ensembleReturn.awaited(timeoutMs)
    return this.whenInOffice()
  }

  /** A topic that this name would collide with. */
  collidingTopic(name: string): string | undefined {
    return this.#term?.state.topics.colliding(name)
  }

  topic(name: string): ControlledTopic | undefined {
    return this.#term?.state.topics.get(name)
  }

  /** Those that new replicas may be put on, ascending by id: alive and not about to stop. */
  placeableBrokers(): readonly { readonly id: BrokerId; readonly rack: string | null }[] {
    return this.#term?.state.placeableBrokers() ?? []
  }

  /** Stands for election now, and again whenever the office is free. Call after registering, and after each new session. */
  stand(): void {
    this.#enqueue(() => this.#elect())
  }

  /** Without a session there is no office. */
  sessionEnded(): void {
    this.#isLossTold = false
    this.#resign()
  }

  /** After a lost connection what is known may be old: all is read again if the office is still ours. */
  reconnected(): void {
    this.#isLossTold = false
    this.#enqueue(() => this.#elect())
  }

  stop(): void {
    this.#isStopped = true
    this.#again?.timer.cancel()
    this.#resign()
  }

  // ── the event loop ───────────────────────────────────────────────────────────────────────────────────────────

  #enqueue(event: () => Promise<void>): void {
    this.#last = this.#last.then(async () => {
      if (this.#isStopped) return
      try {
        await event()
      } catch (error) {
        this.#failed(error)
      }
    })
  }

  #failed(error: unknown): void {
    if (error instanceof ControllerMoved) {
      this.#office.forget()
      this.#resign()
      this.#readAgain('the office is another’s')
    } else if (error instanceof EnsembleError && isPassing(error)) {
      // The session events decide what comes next: reconnected() or sessionEnded(). Until then every event fails alike.
      if (!this.#isLossTold) this.#ports.log('warn', 'the controller lost the ensemble', { reason: error.message })
      this.#isLossTold = true
    } else if (error instanceof EnsembleError) {
      this.#readAgain(error.message)
    } else {
      this.#ports.failed(error)
    }
  }

  /** What is stored is not what we believed, or could not be stored: all is read and told anew, after a pause. */
  #readAgain(reason: string): void {
    if (this.#again !== undefined || this.#isStopped) return
    const nowMs = this.#ports.clock.monotonicMs()
    if (nowMs - this.#againMs > againCalmMs) this.#againDelayMs = againDelays.minMs
    this.#againMs = nowMs
    this.#ports.log('warn', 'the controller reads everything again', { reason, delayMs: this.#againDelayMs })
    const timer = this.#ports.clock.after(this.#againDelayMs, () => {
      this.#again = undefined
      this.#enqueue(() => this.#elect())
    })
    this.#again = { timer }
    this.#againDelayMs = Math.min(againDelays.maxMs, this.#againDelayMs * 2)
  }

  /**
   * The same for a request: it waits for its turn and gets a value back; what `failed` makes of the error when it could
   * not be done, of undefined when this broker is no controller.
   */
  turn<T>(event: (term: ControllerTerm) => Promise<T>, failed: (error: unknown) => T): Promise<T> {
    return new Promise((resolve) => {
      this.#enqueue(async () => {
        const term = this.#term
        if (term?.isRead !== true) {
          resolve(failed(undefined))
          return
        }
        try {
          resolve(await event(term))
        } catch (error) {
          resolve(failed(error))
          throw error
        }
      })
    })
  }

  #whenActive(event: (term: ControllerTerm) => Promise<void>): void {
    this.#enqueue(async () => {
      // One that could not be read is read anew, whatever happens meanwhile.
      if (this.#term?.isRead === true) await event(this.#term)
    })
  }

  // ── office ───────────────────────────────────────────────────────────────────────────────────────────────────

  async #elect(): Promise<void> {
    const office = await this.#office.stand(this.#onController, this.#ports.clock.nowMs())
    if (office === undefined) this.#resign()
    else await this.#takeOffice(office)
  }

  /**
   * Reads everything, tells everybody, elects where a leader is missing (Kafka's controller failover). What was known before is in
   * office until all is read: the ensemble may go in the middle of that, and who has it no more still holds the office.
   */
  async #takeOffice(office: OfficeTerm): Promise<void> {
    const { epoch } = office
    const isOnlyOurs = epoch === this.#epoch || epoch === this.#epoch + 1
    const present = this.#term?.isRead === true ? this.#term : undefined
    if (present !== undefined) this.#before = present.state
    // Whoever was controller since has dealt with what happened until then, and stays so when this term is not read to its end.
    if (!isOnlyOurs) this.#before = undefined
    const before = this.#before
    const term: ControllerTerm = new ControllerTerm(this.#ports, office, before, {
      event: (work) => this.#whenActive((now) => (now === term ? work() : Promise.resolve())),
      readAgain: (reason) => {
        if (this.#term === term) this.#readAgain(reason)
      }
    })
    // Of an earlier epoch nothing could be written, and nobody would obey.
    if (present?.epoch !== epoch) this.#begin(term)
    const inOffice = this.#term
    await readTopics(term, this.#onTopics)
    await readDeletions(term, this.#onDeletions)
    await readLogFailures(term, this.#onLogFailures)
    const brokers = await registeredBrokers(term, this.#onBrokers)
    // The session may have ended meanwhile.
    if (this.#term !== inOffice) return
    if (inOffice !== term) this.#begin(term)
    term.isRead = true
    // It has what it needs of that; its own is what counts from now on.
    this.#before = undefined
    await brokersAre(term, brokers)
    term.deletions.resume()
    term.rebalance()
  }

  #begin(term: ControllerTerm): void {
    const wasActive = this.isActive
    this.#term?.close()
    this.#term = term
    this.#epoch = term.epoch
    if (wasActive) return
    this.#ports.log('info', 'elected as controller', { epoch: term.epoch })
    this.#ports.event('controllerElected', { epoch: term.epoch })
  }

  #resign(): void {
    const term = this.#term
    if (term === undefined) return
    this.#term = undefined
    if (term.isRead) this.#before = term.state
    term.close()
    this.#ports.log('info', 'resigned as controller', { epoch: this.#epoch })
    this.#ports.event('controllerResigned', { epoch: this.#epoch })
  }

  // ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Resolves when every live broker knows the topics' leaders, as clients expect of it, or the controller moved. */
  createTopics(topics: readonly NewTopic[]): Promise<readonly TopicOutcome[]> {
    return this.#untilTold(
      (term) => makeTopics(term, topics),
      (error) => topics.map(() => troubleOf(error))
    )
  }

  /** The same for partitions, see addPartitions. */
  createPartitions(name: string, from: number, replicas: readonly (readonly number[])[]): Promise<TopicOutcome> {
    return this.#untilTold((term) => addPartitions(term, name, from, replicas), troubleOf)
  }

  async #untilTold<Result>(
    make: (term: ControllerTerm) => Promise<Made<Result>>,
    failed: (error: unknown) => Result
  ): Promise<Result> {
    const { result, told } = await this.turn<Made<Result>>(make, (error) => ({ result: failed(error), told: [] }))
    await Promise.all(told)
    return result
  }

  /** See topic-deletions. */
  deleteTopic(name: string): Promise<Outcome & { readonly gone: Promise<void> }> {
    return this.turn(
      (term) => deleteTopic(term, name),
      (error) => ({ ...troubleOf(error), gone: Promise.resolve() })
    )
  }

  /** What a leader proposes; resolves when it is stored. The others are told, but not waited for. */
  changeIsrs(
    from: { readonly brokerId: BrokerId; readonly brokerEpoch: BrokerEpoch },
    asked: readonly ProposedTopic[]
  ): Promise<IsrAnswers> {
    // Whatever became of it: the leader asks again, and what is stored by then decides.
    return this.turn(
      (term) => changeIsrs(term, from, asked),
      () => ({ error: 'NOT_CONTROLLER', topics: [] })
    )
  }

  /** A broker is about to stop, see leaveLeadership; resolves when every live broker knows the new leaders. */
  async leaveLeadership(from: { readonly brokerId: BrokerId; readonly brokerEpoch: BrokerEpoch }): Promise<Leaving> {
    for (;;) {
      // Each part is an event: what happens meanwhile is not held up.
      const left = await this.#untilTold<Leaving>(
        (term) => leaveLeadership(term, from),
        (error) => ({ error: troubleOf(error).error, remaining: [], isDone: true })
      )
      if (left.isDone) return left
    }
  }

  /**
   * For these partitions, or for all; resolves when every live broker knows the new leaders. With `error` other than NONE it is not
   * known which of them were elected.
   */
  electLeaders(type: ElectionType, asked: readonly TopicPartition[] | undefined): Promise<Elected> {
    return this.#untilTold<Elected>(
      async (term) => {
        const { result, told } = await electAsked(term, type, asked)
        return { result: { error: 'NONE', outcomes: result }, told }
      },
      (error) => {
        const trouble = troubleOf(error)
        return { error: trouble.error, outcomes: (asked ?? []).map((one) => ({ ...one, ...trouble })) }
      }
    )
  }

  /** Outcomes in the order of what was asked, and what ends when every live broker was told. The copying goes on by itself. */
  reassign(asked: readonly AskedReassignment[]): Promise<Made<readonly Outcome[]>> {
    return this.turn(
      (term) => reassign(term, asked),
      (error) => ({ result: asked.map(() => troubleOf(error)), told: [] })
    )
  }

  /** Topics with partitions whose replicas are being changed, and only those partitions. */
  reassignments(): readonly Pick<ControlledTopic, 'name' | 'partitions'>[] {
    const byTopic = new Map<string, ControlledPartition[]>()
    for (const partition of this.#term?.state.reassigning() ?? [])
      byTopic.set(partition.topic, [...(byTopic.get(partition.topic) ?? []), partition])
    return [...byTopic].map(([name, partitions]) => ({ name, partitions }))
  }

  /** Of a topic, or of all: what waits for a leader may get one now. */
  configsChanged(topic: string | undefined): void {
    this.#whenActive(async (term) => {
      const concerned = topic === undefined ? term.state.partitions() : (term.state.topics.get(topic)?.partitions ?? [])
      const changed = await term.elect(concerned)
      if (changed.length > 0) void term.tell({ changed })
    })
  }

  /** The next block of producer ids, for that broker (KIP-730). */
  allocateProducerIds(
    brokerId: BrokerId
  ): Promise<{ readonly error: KafkaError; readonly start: bigint; readonly length: number }> {
    return this.turn(
      (term) => nextProducerIds(term, brokerId),
      (error) => ({ error: troubleOf(error).error, start: -1n, length: 0 })
    )
  }

  inspect(): Readonly<Record<string, unknown>> {
    const state = this.#term?.state
    return {
      isActive: this.isActive,
      isRead: this.#term?.isRead === true,
      epoch: this.#epoch,
      brokers: state?.brokerIds() ?? [],
      topics: state?.topics.size ?? 0,
      deleting: [...(state?.deleting ?? [])]
    }
  }
}
