/** Does what a plan says to a real cluster, and undoes it. */
import { ApiError } from '../../src-main/api/api'
import type { AskedFault } from '../../src-main/api/faults'
import { faultOf, memberNames, type Act } from './chaos-plan'
import type { ChaosCluster } from './chaos-cluster'

/** A verb that has not answered by then never will. */
const verbWithinMs = 120_000
const restWithinMs = 90_000
const stormRestarts = 4

export interface FaultsPorts {
  readonly cluster: ChaosCluster
  readonly tell: (words: string) => void
  /** What must not happen, in words. */
  readonly violated: (words: string) => void
}

export class ChaosFaults {
  readonly #ports: FaultsPorts
  readonly #underWay = new Set<Promise<void>>()
  readonly done = new Map<string, number>()

  constructor(ports: FaultsPorts) {
    this.#ports = ports
  }

  /** Ends when all of it is undone. */
  async run(plan: readonly Act[]): Promise<void> {
    let beganMs = Date.now()
    for (const act of plan) {
      await pause(beganMs + act.atMs - Date.now())
      if (act.kind === 'wipe') {
        // Only what two others have can be taken away: everything is there, and nothing else goes wrong just then.
        const waitedMs = Date.now()
        await this.#calm()
        beganMs += Date.now() - waitedMs
        await this.#verb(`wipe ${act.node}`, () => this.#client.call('node.wipe', { node: act.node }))
      }
      this.done.set(act.kind, (this.done.get(act.kind) ?? 0) + 1)
      const work = this.#perform(act).finally(() => this.#underWay.delete(work))
      this.#underWay.add(work)
    }
    await Promise.all(this.#underWay)
  }

  /** Everything whole again. */
  async heal(): Promise<void> {
    const { lab } = this.#ports.cluster
    await this.#verb('heal all', () => this.#client.call('fault.heal', {}))
    await Promise.all(lab.ready.nodes.map(({ name }) => this.#start(name)))
  }

  get #client() {
    return this.#ports.cluster.client
  }

  async #calm(): Promise<void> {
    await Promise.all(this.#underWay)
    await this.heal()
    try {
      await this.#ports.cluster.rest('the cluster is at rest before a wipe', restWithinMs)
    } catch (error) {
      this.#ports.violated(String(error))
    }
  }

  async #perform(act: Act): Promise<void> {
    const { kind, node, to, forMs, value } = act
    const fault = faultOf(act)
    const seconds = `${(forMs / 1000).toFixed(1)} s`
    if (fault !== undefined) {
      const isLink = fault.kind.endsWith('-link')
      const asked = {
        kind: fault.kind,
        node,
        ...(isLink ? { to, oneWay: fault.oneWay } : {}),
        ...(value === undefined ? {} : { value })
      }
      const where = isLink ? `${node} ${fault.oneWay ? '→' : '↔'} ${to}` : node
      const told = `${fault.kind} ${where}${value === undefined ? '' : ` ${value}`}`
      const answered = await this.#verb(`${told} for ${seconds}`, () => this.#client.call('fault.add', asked))
      // A node that is slow to take it makes the call fail, and takes it all the same: a broker was without the ensemble to the end.
      const added = answered ?? (await this.#addedFault(asked))
      if (added === undefined) return
      await pause(forMs)
      await this.#verb(`heal ${told}`, () => this.#client.call('fault.heal', { id: added.id }))
      return
    }
    switch (kind) {
      case 'wipe':
        await pause(forMs)
        return this.#start(node)
      case 'kill':
      case 'stop':
        await this.#verb(`${kind} ${node} for ${seconds}`, () => this.#client.call(`node.${kind}`, { node }))
        await pause(forMs)
        return this.#start(node)
      case 'kill-member':
        return this.#killMembers([node], forMs)
      case 'kill-members':
        return this.#killMembers(memberNames, forMs)
      case 'pause-member':
      case 'pause':
        await this.#verb(`pause ${node} for ${seconds}`, () => this.#client.call('node.pause', { node }))
        await pause(forMs)
        await this.#verb(`resume ${node}`, () => this.#client.call('node.resume', { node }))
        return
      case 'restart':
        await this.#verb(`restart ${node}`, () => this.#client.call('node.restart', { node }))
        return
      case 'restart-storm':
        for (let i = 1; i <= stormRestarts; i++) {
          await this.#verb(`restart ${node}, ${i} of ${stormRestarts}`, () =>
            this.#client.call('node.restart', { node })
          )
        }
        return
      default:
        return this.#killAll(forMs)
    }
  }

  async #addedFault({ kind, node, to }: AskedFault): Promise<{ readonly id: string } | undefined> {
    const listed = await this.#verb('list faults', () => this.#client.call('fault.list', {}))
    return listed?.faults.find((one) => one.kind === kind && one.node === node && one.to === (to ?? null))
  }

  async #killMembers(killed: readonly string[], forMs: number): Promise<void> {
    const seconds = `${(forMs / 1000).toFixed(1)} s`
    await Promise.all(
      killed.map((name) =>
        this.#verb(`kill ${name} for ${seconds}`, () => this.#client.call('node.kill', { node: name }))
      )
    )
    await pause(forMs)
    await Promise.all(killed.map((name) => this.#start(name)))
  }

  async #killAll(forMs: number): Promise<void> {
    const brokers = this.#ports.cluster.lab.ready.nodes
      .map(({ name }) => name)
      .filter((name) => !memberNames.some((member) => member === name))
    await Promise.all(
      brokers.map((node) => this.#verb(`kill ${node}, as all others`, () => this.#client.call('node.kill', { node })))
    )
    await pause(forMs / 4)
    // One after the other, so that whoever comes first finds nobody.
    for (const node of brokers) {
      await pause(forMs / 12)
      await this.#start(node)
    }
  }

  async #start(node: string): Promise<void> {
    await this.#verb(`start ${node}`, () => this.#client.call('node.start', { node }))
  }

  /** Refusals are part of the story: another fault may have come first. One that never answers is none. */
  async #verb<T>(told: string, call: () => Promise<T>): Promise<T | undefined> {
    const beganMs = Date.now()
    this.#ports.tell(told)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${verbWithinMs} ms`)), verbWithinMs)
    })
    try {
      const answer = await Promise.race([call(), late])
      const tookMs = Date.now() - beganMs
      if (tookMs > 1000) this.#ports.tell(`  (${told}: answered after ${(tookMs / 1000).toFixed(1)} s)`)
      return answer
    } catch (error) {
      if (error instanceof ApiError) this.#ports.tell(`  (${told}: ${error.message})`)
      else this.#ports.violated(`${told}: ${String(error)}`)
      return undefined
    } finally {
      clearTimeout(timer)
    }
  }
}

export const pause = (ms: number): Promise<void> =>
  ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms))
