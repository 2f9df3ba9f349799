import { describe, expect, it } from 'vitest'
import { ApiError } from '../../../../src-main/api/api'
import type { Standing } from '../../../../src-main/api/acts'
import type { CommandInput } from '../../../../src-main/api/commands'
import type { ClusterEvent, EventCode, NodeCostView, NodeState, NodeView } from '../../../../src-main/api/views'
import { ActLog, type ActLogPorts } from '../../../../src-main/host/act-log'
import { MemoryDisk } from '../../../support/memory-disk'
import { TestClock } from '../../../support/storage-fixture'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const tenMinutes = 600_000

/** One partition of brokers 1 and 2. */
function standing(atMs: number, leader: number | null, isr: readonly number[]): Standing {
  const partition = { partition: 0, leader, isr: [...isr], needed: 1, end: 0 }
  return {
    atMs,
    hasMetadata: true,
    topics: [{ name: 'a', topicId: 'x', partitions: [partition] }],
    left: 0,
    groups: []
  }
}
const cost = (moves: readonly { partition: number; to: number }[]): NodeCostView => ({
  node: 'broker-1',
  isController: false,
  topics: [
    {
      topic: 'a',
      partitionCount: 1,
      moves: [...moves],
      offline: [],
      unclean: [],
      underMinIsr: [],
      refused: [],
      lastInSync: []
    }
  ],
  groups: [],
  shrinks: 1,
  slowed: 0,
  isComplete: true,
  isMinIsrKnown: true
})

class World {
  readonly clock = new TestClock()
  readonly events: Omit<ClusterEvent, 'id'>[] = []
  readonly asked: CommandInput<'act.standing'>[] = []
  leader: number | null = 1
  isr: readonly number[] = [1, 2]
  state: NodeState = 'running'
  isMonitorThere = true
  readonly log: ActLog

  readonly disk: MemoryDisk

  constructor(disk = new MemoryDisk()) {
    this.disk = disk
    const ports: ActLogPorts = {
      clock: this.clock,
      disk,
      log: () => undefined,
      ask: (input) => {
        this.asked.push(input)
        if (!this.isMonitorThere) return Promise.reject(new ApiError({ code: 'NOT_RUNNING', message: 'gone' }))
        const now = standing(this.clock.nowMs(), this.leader, this.isr)
        return Promise.resolve({ standing: now, cost: cost([{ partition: 0, to: 2 }]) })
      },
      event: (event) => void this.events.push(event),
      node: () => ({ state: this.state }) as NodeView,
      asked: (asked) => ({ ...asked, absent: [], members: 1 }),
      replicaLagMaxMs: () => 30_000
    }
    this.log = new ActLog(ports, '/history', 365)
  }

  async kill(node = 'broker-1'): Promise<void> {
    await this.log.follow({ act: 'kill', node }, () => {
      this.clock.advance(5)
      this.state = 'killed'
      return Promise.resolve()
    })
    await turn()
  }

  told(code: EventCode, subject: string | null, params: ClusterEvent['params'] = {}): void {
    this.log.told({ atMs: this.clock.nowMs(), code, level: 'healthy', kind: 'cluster', subject, params })
  }

  /** Broker 2 leads, by an election six seconds after the kill. */
  elect(): void {
    this.clock.advance(6000)
    this.told('brokerSessionExpired', 'broker-1')
    this.told('partitionsElected', 'broker-2', { count: 1, broker: 'broker-1', cause: 'died' })
    this.leader = 2
    this.isr = [2]
  }

  /** The monitor has seen these brokers. */
  async observe(registered: readonly number[], times = 2): Promise<void> {
    for (let i = 0; i < times; i++) {
      this.clock.advance(1000)
      this.log.observed({ atMs: this.clock.nowMs(), registeredBrokers: registered })
      await turn()
    }
  }

  get acts() {
    return this.log.view().acts
  }
}

describe('an act', () => {
  it('is compared with its prediction when the cluster is at rest again, and told of once', async () => {
    const world = new World()
    await world.kill()
    expect(world.acts).toMatchObject([{ id: 1, act: 'kill', node: 'broker-1', settledAtMs: null }])
    expect(world.acts[0]?.outcome.items).toEqual([
      { what: 'moves', predicted: 1, happened: null, isAlike: null },
      { what: 'shrinks', predicted: 1, happened: null, isAlike: null }
    ])

    await world.observe([1, 2], 5)
    expect(world.acts[0]?.settledAtMs).toBeNull()
    world.elect()
    await world.observe([2], 5)

    expect(world.acts).toMatchObject([{ outcome: { verdict: 'asPredicted', electedMs: 11_000, whys: [] } }])
    expect(world.events).toMatchObject([
      { code: 'actSettled', subject: 'broker-1', level: 'healthy', params: { act: 'kill', verdict: 'asPredicted' } }
    ])
  })

  it('is foreseen from before it, and does not wait for that', async () => {
    const world = new World()
    const beganMs = world.clock.nowMs()
    let isDone = false
    const follows = world.log.follow({ act: 'kill', node: 'broker-1' }, () => {
      isDone = true
      return Promise.resolve('done')
    })
    expect(isDone).toBe(true)
    expect(await follows).toBe('done')
    expect(world.asked[0]).toMatchObject({ beforeMs: beganMs, asked: { node: 'broker-1', act: 'kill', members: 1 } })
  })

  it('that was refused is none', async () => {
    const world = new World()
    const refused = world.log.follow({ act: 'pause', node: 'broker-1' }, () => Promise.reject(new Error('no')))
    await expect(refused).rejects.toThrow('no')
    expect(world.acts).toEqual([])
    await world.observe([2])
    expect(world.events).toEqual([])
  })

  it('that another one overlaps is attributed nothing, and so is the other', async () => {
    const world = new World()
    await world.kill()
    await world.kill('broker-3')
    world.elect()
    await world.observe([2])

    expect(world.acts.map(({ outcome, mixedWith }) => [outcome.verdict, mixedWith.map(({ node }) => node)])).toEqual([
      ['unclear', ['broker-3']],
      ['unclear', ['broker-1']]
    ])
    expect(world.acts[0]?.outcome.whys).toEqual(['mixed'])
  })

  it('during which another node crashes is mixed with that', async () => {
    const world = new World()
    await world.kill()
    world.told('nodeCrashed', 'broker-2')
    world.elect()
    await world.observe([2])

    expect(world.acts[0]).toMatchObject({ mixedWith: [{ what: 'crash', node: 'broker-2' }] })
  })

  it('that was undone before the session ended has not been missed', async () => {
    const world = new World()
    await world.kill()
    world.clock.advance(2000)
    world.told('nodeStarting', 'broker-1')
    world.state = 'running'
    await world.observe([1, 2])

    expect(world.acts[0]).toMatchObject({ outcome: { verdict: 'differs', whys: ['returned'] }, mixedWith: [] })
  })

  it('is looked at again when the monitor comes back', async () => {
    const world = new World()
    await world.kill()
    world.elect()
    world.isMonitorThere = false
    await world.observe([2])
    expect(world.acts[0]?.settledAtMs).toBeNull()
    world.isMonitorThere = true
    await world.observe([2])
    expect(world.acts[0]?.outcome.verdict).toBe('asPredicted')
  })

  it('that nobody could foresee says so', async () => {
    const world = new World()
    world.isMonitorThere = false
    await world.kill()
    world.isMonitorThere = true
    world.elect()
    await world.observe([2])
    expect(world.acts[0]?.outcome).toMatchObject({ verdict: 'unclear', whys: ['unforeseen'] })
  })

  it('after which the cluster never rests is told as it stood', async () => {
    const world = new World()
    await world.kill()
    world.clock.advance(tenMinutes)
    expect(world.acts[0]?.outcome).toMatchObject({ verdict: 'unclear', whys: ['tooLate'] })
    expect(world.clock.pending).toBe(0)
  })

  it('of a fault is undone when that one is healed', async () => {
    const world = new World()
    await world.log.follow({ act: 'cut-link', node: 'broker-1', to: 'broker-2' }, () => Promise.resolve())
    await turn()
    world.clock.advance(1000)
    world.told('faultHealed', 'broker-1', { kind: 'cut-link', to: 'broker-2' })
    await world.observe([1, 2])
    expect(world.acts[0]).toMatchObject({ act: 'cut-link', to: 'broker-2', mixedWith: [], outcome: { whys: ['back'] } })
  })
})

describe('acts', () => {
  it('are there after a restart; what was not followed to its end says so', async () => {
    const world = new World()
    await world.kill()
    world.elect()
    await world.observe([2])
    await world.kill()
    world.disk.kill()

    const later = new World(world.disk)

    expect(later.acts.map(({ id, outcome }) => [id, outcome.verdict, outcome.whys])).toEqual([
      [1, 'asPredicted', []],
      [2, 'unclear', ['hostEnded']]
    ])
    expect(later.acts.every(({ settledAtMs }) => settledAtMs !== null)).toBe(true)
    await later.kill()
    expect(later.acts.map(({ id }) => id)).toEqual([1, 2, 3])
  })

  it('under way when the cluster is stopped are ended without a word', async () => {
    const world = new World()
    await world.kill()
    world.log.close()
    expect(world.acts[0]?.outcome.whys).toContain('hostEnded')
    expect(world.events).toEqual([])
    expect(world.clock.pending).toBe(0)
  })

  it('that take long are told of while they last, and end with their host', async () => {
    const world = new World()
    void world.log.follow({ act: 'storm', node: 'broker-1' }, () => new Promise<void>(() => undefined))
    await turn()
    expect(world.acts).toMatchObject([{ act: 'storm', settledAtMs: null }])

    world.disk.kill()

    const later = new World(world.disk)
    expect(later.acts).toMatchObject([{ act: 'storm', outcome: { verdict: 'unclear', whys: ['hostEnded'] } }])
    void later.log.follow({ act: 'storm', node: 'broker-2' }, () => new Promise<void>(() => undefined))
    await turn()
    later.log.close()
    expect(later.acts[1]).toMatchObject({ act: 'storm', node: 'broker-2', outcome: { whys: ['hostEnded'] } })
  })

  it('that are refused after they were told of are none', async () => {
    const world = new World()
    let refuse: (error: Error) => void = () => undefined
    const followed = world.log.follow(
      { act: 'storm', node: 'broker-1' },
      () => new Promise<void>((_, reject) => (refuse = reject))
    )
    await turn()
    expect(world.acts).toHaveLength(1)
    refuse(new Error('no'))
    await expect(followed).rejects.toThrow('no')
    expect(world.acts).toEqual([])
    expect(new World(world.disk).acts).toEqual([])
  })

  it('are followed fifty at a time', async () => {
    const world = new World()
    for (let i = 0; i < 51; i++) await world.kill()
    expect(world.acts[0]).toMatchObject({ id: 1, outcome: { verdict: 'unclear' } })
    expect(world.acts[0]?.outcome.whys).toContain('crowded')
    expect(world.acts.slice(1).every(({ settledAtMs }) => settledAtMs === null)).toBe(true)
  })

  it('are told to whoever watches, and are bounded', async () => {
    const world = new World()
    const counts: number[] = []
    world.log.watch(({ acts }) => counts.push(acts.length))
    for (let i = 0; i < 205; i++) {
      await world.kill()
      world.elect()
      await world.observe([2])
    }
    expect(counts[0]).toBe(0)
    expect(world.acts).toHaveLength(200)
    expect(world.acts[0]?.id).toBe(6)
  })

  it('go when they are older than is kept', async () => {
    const world = new World()
    await world.kill()
    world.clock.advance(2 * 86_400_000)
    world.log.keep(1)
    expect(world.acts).toEqual([])
    expect(new World(world.disk).acts).toEqual([])
  })
})
