/** Faults at random, one after the other, and what a cluster must look like when it has come to rest after each. */
import { ApiError } from '../../src-main/api/api'
import type { AskedFault, FaultKind } from '../../src-main/api/faults'
import type { ControlClient } from '../../src-main/host/control-client'
import { SimRandom } from '../simulation/world/sim-random'
import { idsOf, kcatMetadata, type KcatMetadata } from './kcat-metadata'
import { until, type LabCluster } from './lab-cluster'

/** Reachable by brokers and clients, or not. */
type NodeState = 'running' | 'stopped' | 'paused'

const member = 'ensemble-1'
const restWithinMs = 60_000
const linkFaults: readonly FaultKind[] = ['cut-link', 'slow-link', 'lossy-link']

interface Choice {
  readonly told: string
  readonly act: () => Promise<unknown>
}

export class RandomFaults {
  /** All that was done, for the message of a failure. */
  readonly done: string[] = []
  readonly #random: SimRandom
  readonly #lab: LabCluster
  readonly #client: ControlClient
  /** Topics whose out-of-sync replicas may lead. */
  readonly #unclean: ReadonlySet<string>
  readonly #nodes = new Map<number, NodeState>()
  /** What ends before anything else is done. */
  #heal: (() => Promise<unknown>) | undefined
  #dropped: number | undefined
  #cut: readonly number[] = []
  #refusing: number | undefined

  constructor(seed: number, lab: LabCluster, client: ControlClient, unclean: readonly string[]) {
    this.#random = new SimRandom(seed)
    this.#lab = lab
    this.#client = client
    this.#unclean = new Set(unclean)
    for (const id of lab.brokerIds) this.#nodes.set(id, 'running')
  }

  /** host:port of the brokers that answer clients. */
  get bootstrap(): string {
    return this.#live
      .filter((id) => id !== this.#refusing)
      .map((id) => this.#address(id))
      .join()
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[this.#random.below(list.length)]
    if (picked === undefined) throw new Error('there is nothing to pick from')
    return picked
  }

  /** Does one of what can be done, and waits for rest. What was done, in words. */
  async next(): Promise<string> {
    await this.#undo()
    const seen = await this.#rest('before the next fault')
    const choice = this.pick(this.#choices(seen))
    this.done.push(choice.told)
    await choice.act()
    await this.#rest(choice.told)
    return choice.told
  }

  /** Everything runs, and every replica is in sync. */
  async healAll(): Promise<void> {
    await this.#undo()
    for (const id of this.#nodes.keys()) await this.#start(id)
    await this.#rest('all is healed')
  }

  get #running(): readonly number[] {
    return [...this.#nodes].flatMap(([id, state]) => (state === 'running' ? [id] : []))
  }

  get #live(): readonly number[] {
    return this.#running.filter((id) => id !== this.#dropped)
  }

  #address(id: number): string {
    return `127.0.0.1:${this.#lab.port(id)}`
  }

  async #undo(): Promise<void> {
    await this.#heal?.()
    this.#heal = undefined
    this.#dropped = undefined
    this.#refusing = undefined
    this.#cut = []
  }

  async #start(id: number): Promise<void> {
    await this.#client.call('node.start', { node: `broker-${id}` })
    this.#nodes.set(id, 'running')
  }

  #choices(seen: KcatMetadata): readonly Choice[] {
    const choices: Choice[] = []
    const can = (told: string, act: () => Promise<unknown>): void => void choices.push({ told, act })
    const partitions = seen.topics.flatMap(({ topic, partitions: all }) => all.map((one) => ({ topic, ...one })))
    const isWhole = partitions.every(({ replicas, isrs }) => isrs.length === replicas.length)
    const gone =
      (id: number, verb: 'kill' | 'stop' | 'pause' | 'wipe', state: NodeState) => async (): Promise<void> => {
        await this.#client.call(`node.${verb}`, { node: `broker-${id}` })
        this.#nodes.set(id, state)
      }
    for (const [id, state] of this.#nodes) {
      const name = `broker-${id}`
      if (state !== 'running') can(`start ${name}`, () => this.#start(id))
      if (state === 'paused') can(`kill ${name}, which is paused`, gone(id, 'kill', 'stopped'))
      if (state !== 'running' || this.#running.length < 2) continue
      can(`kill ${name}`, gone(id, 'kill', 'stopped'))
      can(`stop ${name}`, gone(id, 'stop', 'stopped'))
      can(`pause ${name}`, gone(id, 'pause', 'paused'))
      can(`restart ${name}`, () => this.#client.call('node.restart', { node: name }))
      if (isWhole) can(`wipe ${name}`, gone(id, 'wipe', 'stopped'))
      can(`drop the ensemble from ${name}`, async () => {
        await this.#fault({ kind: 'drop-ensemble', node: name })
        this.#dropped = id
      })
      if (id !== seen.controllerid)
        can(`refuse clients of ${name}`, async () => {
          await this.#fault({ kind: 'refuse-clients', node: name })
          this.#refusing = id
        })
      for (const kind of ['slow-disk', 'full-disk', 'skew-clock'] as const)
        can(`${kind} ${name}`, () => this.#fault({ kind, node: name }))
    }
    this.#linkChoices(seen, can)
    can('kill the member', async () => {
      await this.#client.call('node.kill', { node: member })
      this.#heal = () => this.#client.call('node.start', { node: member })
    })
    can('pause the member', async () => {
      await this.#client.call('node.pause', { node: member })
      this.#heal = () => this.#client.call('node.resume', { node: member })
    })
    const own = partitions.filter(({ topic }) => !topic.startsWith('__'))
    can('elect the preferred leaders', () =>
      this.#again(() =>
        this.#client.call('partition.elect', {
          partitions: own.map(({ topic, partition }) => ({ topic, partition }))
        })
      )
    )
    const moved = this.pick(own)
    const targets = this.#shuffled(this.#live).slice(0, moved.replicas.length)
    if (targets.length === moved.replicas.length && moved.leader >= 0)
      can(`move ${moved.topic}-${moved.partition} to ${targets.join()}`, () =>
        this.#again(() =>
          this.#client.call('partition.reassign', {
            moves: [{ topic: moved.topic, partition: moved.partition, replicas: targets }]
          })
        )
      )
    return choices
  }

  /** The controller may still be on its way back to a member that was away. */
  #again(act: () => Promise<unknown>): Promise<unknown> {
    return until('the controller has the ensemble', async () => {
      try {
        return [await act()]
      } catch (error) {
        if (error instanceof ApiError && error.message.includes('Try again when it is back')) return undefined
        throw error
      }
    })
  }

  /** A broker that its controller does not reach knows of nothing: cut are links between the others. */
  #linkChoices(seen: KcatMetadata, can: (told: string, act: () => Promise<unknown>) => void): void {
    const [a, b] = this.#shuffled(this.#live.filter((id) => id !== seen.controllerid))
    if (a === undefined || b === undefined) return
    for (const kind of linkFaults)
      for (const oneWay of [false, true])
        can(`${kind} broker-${a} ${oneWay ? '→' : '↔'} broker-${b}`, async () => {
          await this.#fault({ kind, node: `broker-${a}`, to: `broker-${b}`, oneWay })
          if (kind === 'cut-link') this.#cut = [a, b]
        })
  }

  async #fault(asked: AskedFault): Promise<void> {
    await this.#client.call('fault.add', asked)
    this.#heal = () => this.#client.call('fault.heal', {})
  }

  #shuffled<T>(list: readonly T[]): readonly T[] {
    const left = [...list]
    const drawn: T[] = []
    while (left.length > 0) drawn.push(...left.splice(this.#random.below(left.length), 1))
    return drawn
  }

  /** Every broker that answers tells what must be, and the same. */
  async #rest(what: string): Promise<KcatMetadata> {
    let problems: readonly string[] = []
    return await until(
      `rest: ${what}`,
      async () => {
        const asked = this.#live.filter((id) => id !== this.#refusing)
        const told = await Promise.all(asked.map((id) => kcatMetadata(this.#address(id))))
        const [first] = told
        problems = told.flatMap((one, index) =>
          one === undefined ? [`broker ${asked[index]} does not answer`] : this.#problems(one)
        )
        const isSame = told.every((one) => JSON.stringify(one?.topics) === JSON.stringify(first?.topics))
        if (!isSame) problems = [...problems, 'brokers tell different things']
        return problems.length === 0 && first
      },
      restWithinMs,
      () => `${problems.slice(0, 8).join('; ')}; done:\n  ${this.done.slice(-20).join('\n  ')}`
    )
  }

  #problems(told: KcatMetadata): readonly string[] {
    const live = this.#live
    const problems: string[] = []
    // Tools ask it for what is being moved, and wait for one for a minute.
    if (!live.includes(told.controllerid)) problems.push(`controller ${told.controllerid} is not alive`)
    const known = [...idsOf(told.brokers)].sort()
    if (known.join() !== [...live].sort().join()) problems.push(`known are ${known.join()}, alive ${live.join()}`)
    for (const { topic, partitions } of told.topics)
      for (const { partition, leader, replicas, isrs } of partitions) {
        const isr = idsOf(isrs)
        const able = this.#unclean.has(topic) ? idsOf(replicas) : isr
        const words = `${topic}-${partition} has leader ${leader} and ISR ${isr.join()} of ${idsOf(replicas).join()}`
        if (leader < 0) {
          if (able.some((id) => live.includes(id))) problems.push(`${words}, with one alive that may lead`)
          continue
        }
        // Who has all of it stays in the ISR although it is cut off, until something is written (Kafka's Partition).
        const isExpected = (id: number): boolean =>
          this.#isCut(id, leader) || isr.includes(id) === (live.includes(id) && replicas.some((one) => one.id === id))
        if (!live.includes(leader)) problems.push(`${words}: it is dead`)
        else if (![...isr, ...idsOf(replicas)].every(isExpected)) problems.push(words)
      }
    return problems
  }

  #isCut(a: number, b: number): boolean {
    return a !== b && this.#cut.includes(a) && this.#cut.includes(b)
  }
}
