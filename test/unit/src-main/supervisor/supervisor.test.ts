import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../../../src-main/kernel/errors'
import type { ChildProcess, ProcessExit, ProcessHandlers, ProcessKind } from '../../../../src-main/kernel/ports'
import { Supervisor, type AskedCluster } from '../../../../src-main/supervisor/supervisor'
import { silent, SimClock, SimRandom } from '../../../support/ensemble-world'
import { MemoryDisk } from '../../../support/memory-disk'

const dir = '/clusters/lab'

interface Launched {
  readonly kind: ProcessKind
  readonly config: Record<string, unknown>
  readonly handlers: ProcessHandlers
  readonly child: ChildProcess
  readonly sent: Readonly<Record<string, unknown>>[]
  isGone: boolean
}

/** Processes that do what a test says; a kill is observed at once, a stop when `obeysStop`. */
class World {
  readonly clock = new SimClock()
  disk = new MemoryDisk()
  readonly launched: Launched[] = []
  readonly swept: number[] = []
  readonly takenPorts = new Set<number>()
  /** Ports of labs by their folder. */
  readonly remembered = new Map<string, readonly number[]>()
  /** What a started process says first; undefined: nothing yet. */
  onLaunch: (launched: Launched) => void = (one) => this.ready(one)
  obeysStop = true
  /** How long a process takes to serve, and to end. */
  slowMs = 0
  #pids = 100

  /** Processes that stand still. */
  readonly standing = new Set<Launched>()
  readonly signals: string[] = []

  private signal(one: Launched, signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    this.signals.push(signal)
    if (signal === 'SIGSTOP') this.standing.add(one)
    else this.standing.delete(one)
    return Promise.resolve()
  }

  readonly launcher = {
    launch: (kind: ProcessKind, config: unknown, handlers: ProcessHandlers): ChildProcess => {
      const sent: Readonly<Record<string, unknown>>[] = []
      const child: ChildProcess = {
        pid: ++this.#pids,
        startedAt: `t${this.#pids}`,
        send: (message) => {
          sent.push(message)
          if (message['type'] === 'stop' && this.obeysStop) this.exit(one, { code: 0, signal: null })
          if (message['type'] === 'faults' && !this.standing.has(one))
            handlers.message({ type: 'faultsObeyed', serial: message['serial'] })
        },
        kill: () => this.exit(one, { code: null, signal: 'SIGKILL' }),
        pause: () => this.signal(one, 'SIGSTOP'),
        resume: () => this.signal(one, 'SIGCONT')
      }
      const one: Launched = { kind, config: config as Record<string, unknown>, handlers, child, sent, isGone: false }
      this.launched.push(one)
      this.#later(() => {
        if (!one.isGone) this.onLaunch(one)
      })
      return child
    },
    sweep: (pid: number): Promise<boolean> => {
      this.swept.push(pid)
      return Promise.resolve(true)
    }
  }

  readonly ports = {
    freePort: (_host: string, from: number, taken: readonly number[]): Promise<number> => {
      let port = from
      while (taken.includes(port) || this.takenPorts.has(port)) port += 1
      return Promise.resolve(port)
    },
    isFree: (_host: string, port: number): Promise<boolean> => Promise.resolve(!this.takenPorts.has(port))
  }

  exit(one: Launched, exit: ProcessExit): void {
    if (one.isGone) return
    one.isGone = true
    this.#later(() => one.handlers.exited(exit))
  }

  #later(work: () => void): void {
    if (this.slowMs === 0) this.clock.soon(work)
    else this.clock.after(this.slowMs, work)
  }

  ready(one: Launched): void {
    one.handlers.message({ type: 'ready', port: one.config['port'] })
    const liveBrokers = this.living('broker').map(({ config }) => config['brokerId'])
    for (const broker of this.living('broker'))
      broker.handlers.message({ type: 'event', name: 'metadata', fields: { liveBrokers } })
  }

  living(kind: ProcessKind): readonly Launched[] {
    return this.launched.filter((one) => one.kind === kind && !one.isGone)
  }

  broker(id: number): Launched {
    const found = this.living('broker').find(({ config }) => config['brokerId'] === id)
    if (found === undefined) throw new Error(`broker ${id} does not live`)
    return found
  }

  readonly labs = {
    remember: (at: string, ports: readonly number[]): void => void this.remembered.set(at, ports),
    portsOfOthers: (at: string): readonly number[] =>
      [...this.remembered].flatMap(([other, ports]) => (other === at ? [] : ports))
  }

  open(sizes: Partial<AskedCluster> = {}, at = dir): Promise<Supervisor> {
    const { clock, disk, launcher, ports, labs } = this
    const nobody = () => undefined
    const observers = {
      changed: nobody,
      nodeEvent: nobody,
      wiped: nobody,
      faultAdded: nobody,
      faultHealed: nobody,
      stormBegan: nobody,
      stormChanged: nobody,
      stormEnded: nobody
    }
    const random = new SimRandom(1)
    const asked = { ensemble: 1, ...sizes }
    return Supervisor.open({ clock, disk, launcher, random, ports, labs, log: silent, ...observers }, at, asked)
  }

  async started(sizes: { brokers?: number } = {}): Promise<Supervisor> {
    const supervisor = await this.open(sizes)
    await this.clock.until(supervisor.start())
    return supervisor
  }
}

const states = (supervisor: Supervisor): Record<string, string> =>
  Object.fromEntries(supervisor.nodes().map(({ name, state }) => [name, state]))

async function settled<T>(work: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [result] = await Promise.allSettled([work])
  return result
}

describe('the supervisor', () => {
  it('starts a process a node, each told its own ports and folder', async () => {
    const world = new World()
    world.takenPorts.add(9093)
    const supervisor = await world.started({ brokers: 2 })

    expect(supervisor.bootstrapServers).toBe('127.0.0.1:9092,127.0.0.1:9094')
    expect(world.launched.map(({ kind, config }) => [kind, config['port'], config['dataDir']])).toEqual([
      ['ensemble', 2181, `${dir}/ensemble-1`],
      ['broker', 9092, `${dir}/broker-1`],
      ['broker', 9094, `${dir}/broker-2`]
    ])
    expect(world.broker(2).config['ensemble']).toEqual([{ host: '127.0.0.1', port: 2181 }])
  })

  it('takes a folder for one process only, and lets it go when it has stopped', async () => {
    const world = new World()
    const supervisor = await world.started({ brokers: 1 })

    await expect(world.open()).rejects.toMatchObject({ code: 'LOCKED' })
    await world.clock.until(supervisor.stop())

    expect(states(await world.open())).toEqual({ 'ensemble-1': 'stopped', 'broker-1': 'stopped' })
  })

  it('stops brokers before the ensemble, and kills what does not stop in time', async () => {
    const world = new World()
    const supervisor = await world.started({ brokers: 1 })
    world.obeysStop = false
    const stopping = supervisor.stop()
    await world.clock.run(14_000)
    expect(world.broker(1).sent).toEqual([{ type: 'stop' }])
    expect(world.living('ensemble')[0]?.sent).toEqual([])

    await world.clock.until(stopping)

    expect(world.launched.every(({ isGone }) => isGone)).toBe(true)
  })

  it('starts again what crashed by itself, with a pause', async () => {
    const world = new World()
    const supervisor = await world.started({ brokers: 2 })
    world.exit(world.broker(2), { code: null, signal: 'SIGKILL' })
    await world.clock.run(400)
    expect(supervisor.node('broker-2')).toMatchObject({ state: 'crashed', pid: null, exit: { signal: 'SIGKILL' } })

    await world.clock.run(200)

    expect(supervisor.node('broker-2')?.state).toBe('running')
  })

  it('starts nothing any more once it stops: not what had crashed before either', async () => {
    const world = new World()
    const supervisor = await world.started({ brokers: 2 })
    world.exit(world.broker(2), { code: 70, signal: null })
    await world.clock.run(100)
    world.obeysStop = false

    const stopping = supervisor.stop()
    await world.clock.run(5_000)
    expect(world.launched).toHaveLength(3)
    await world.clock.until(stopping)

    await world.clock.run(60_000)
    expect(world.launched).toHaveLength(3)
  })

  const verbs = {
    start: (supervisor: Supervisor) => supervisor.startNode('broker-1'),
    stop: (supervisor: Supervisor) => supervisor.stopNode('broker-1'),
    kill: (supervisor: Supervisor) => supervisor.kill('broker-1'),
    restart: (supervisor: Supervisor) => supervisor.restart('broker-1')
  }
  const outcome = { start: 'running', stop: 'stopped', kill: 'killed', restart: 'running' } as const
  type Verb = keyof typeof verbs
  const names = Object.keys(verbs) as Verb[]

  /** How long the second verb waits after the first: in the same turn, while it takes effect, after it. */
  const delays = [0, 1, 40, 150, 1000]
  const pairs = names.flatMap((first) => names.flatMap((second) => delays.map((ms) => [first, second, ms] as const)))

  it.each(pairs)('ends in the state of the last verb: %s, then %s %i ms later', async (first, second, ms) => {
    const world = new World()
    const supervisor = await world.started({ brokers: 1 })
    world.slowMs = 100

    const earlier = settled(verbs[first](supervisor))
    if (ms > 0) await world.clock.run(ms)
    const later = settled(verbs[second](supervisor))

    expect(await world.clock.until(later)).toMatchObject({ value: { state: outcome[second] } })
    const end = await world.clock.until(earlier)
    if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'ABORTED' })
    await world.clock.run(60_000)
    expect(states(supervisor)['broker-1']).toBe(outcome[second])
    expect(world.living('broker')).toHaveLength(outcome[second] === 'running' ? 1 : 0)
    await world.clock.until(supervisor.stop())
    const again = await world.started()
    expect(states(again)['broker-1']).toBe(outcome[second])
  })

  it('ends in the state of the last of any verbs, however they overlap', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...delays)), { minLength: 3, maxLength: 8 }),
        async (steps) => {
          const world = new World()
          const supervisor = await world.started({ brokers: 1 })
          world.slowMs = 100
          const told: Promise<unknown>[] = []
          for (const [verb, ms] of steps) {
            if (ms > 0) await world.clock.run(ms)
            told.push(settled(verbs[verb](supervisor)))
          }
          await world.clock.until(Promise.all(told))
          await world.clock.run(60_000)
          const last = steps.at(-1)?.[0] ?? 'start'
          expect(states(supervisor)['broker-1']).toBe(outcome[last])
          expect(world.living('broker')).toHaveLength(outcome[last] === 'running' ? 1 : 0)
        }
      ),
      { numRuns: 200 }
    )
  })

  it('goes on starting the others when one is stopped meanwhile', async () => {
    const world = new World()
    const supervisor = await world.open({ brokers: 2 })
    world.slowMs = 100
    const started = supervisor.start()
    await world.clock.run(150)
    const stopped = supervisor.stopNode('broker-2')

    await world.clock.until(Promise.all([started, stopped]))

    expect(states(supervisor)).toEqual({ 'ensemble-1': 'running', 'broker-1': 'running', 'broker-2': 'stopped' })
  })

  it('leaves down a node that said what is wrong with the machine', async () => {
    const world = new World()
    const supervisor = await world.started({ brokers: 1 })
    world.broker(1).handlers.message({ type: 'problem', code: 'DISK_FAILED', message: 'The disk is broken.' })
    world.exit(world.broker(1), { code: 1, signal: null })

    await world.clock.run(60_000)

    expect(supervisor.node('broker-1')).toMatchObject({ state: 'failed', problem: 'The disk is broken.' })
  })

  it('keeps down over a restart what was stopped or killed through it', async () => {
    const world = new World()
    const supervisor = await world.started({ brokers: 3 })
    for (let twice = 0; twice < 2; twice++) {
      await world.clock.until(supervisor.stopNode('broker-1'))
      await world.clock.until(supervisor.kill('broker-2'))
    }
    await world.clock.until(supervisor.stop())

    const again = await world.started()

    const expected = { 'ensemble-1': 'running', 'broker-1': 'stopped', 'broker-2': 'killed', 'broker-3': 'running' }
    expect(states(again)).toEqual(expected)
    expect((await world.clock.until(again.startNode('broker-2'))).state).toBe('running')
    expect((await world.clock.until(again.restart('broker-1'))).state).toBe('running')
  })

  it('gives up a port that was taken in between only in a new folder', async () => {
    const world = new World()
    const complain = (one: Launched): void => {
      if (one.config['port'] !== 9092) {
        world.ready(one)
        return
      }
      one.handlers.message({ type: 'problem', code: 'ADDRESS_IN_USE', message: 'Port 9092 is taken.' })
      world.exit(one, { code: 1, signal: null })
    }
    world.onLaunch = complain
    const fresh = await world.started({ brokers: 1 })
    expect(fresh.bootstrapServers).toBe('127.0.0.1:9093')
    await world.clock.until(fresh.stop())

    world.onLaunch = (one) => {
      one.handlers.message({ type: 'problem', code: 'ADDRESS_IN_USE', message: `Port ${String(one.config['port'])}.` })
      world.exit(one, { code: 1, signal: null })
    }
    const again = await world.open()
    await expect(world.clock.until(again.start())).rejects.toMatchObject({ message: expect.stringContaining('Port') })
    expect(again.bootstrapServers).toBe('127.0.0.1:9093')
  })

  it('leaves the ports of other labs alone, also while they are down', async () => {
    const world = new World()
    await world.clock.until((await world.started({ brokers: 2 })).stop())

    const other = await world.open({ brokers: 2 }, '/clusters/other')

    expect(other.bootstrapServers).toBe('127.0.0.1:9094,127.0.0.1:9095')
    expect(other.ensemble).toBe('127.0.0.1:2182')
  })

  it('starts a node again by itself when its port may have been let go', async () => {
    const world = new World()
    const supervisor = await world.started({ brokers: 2 })
    await world.clock.until(supervisor.stopNode('broker-2'))
    world.onLaunch = (one) => {
      one.handlers.message({ type: 'problem', code: 'ADDRESS_IN_USE', message: 'Port 9093 is taken by nc.' })
      world.exit(one, { code: 1, signal: null })
    }
    await expect(world.clock.until(supervisor.startNode('broker-2'))).rejects.toThrow('taken by nc')
    expect(supervisor.node('broker-2')).toMatchObject({ state: 'failed', problem: 'Port 9093 is taken by nc.' })
    expect(supervisor.node('broker-2')?.restartAtMs).toBeGreaterThan(0)
    world.onLaunch = (one) => world.ready(one)

    await world.clock.run(30_000)

    expect(states(supervisor)['broker-2']).toBe('running')
  })

  it('tells the brokers of a new folder no address of an ensemble that it had to give up', async () => {
    const world = new World()
    world.onLaunch = (one) => {
      if (one.config['port'] !== 2181) {
        world.ready(one)
        return
      }
      one.handlers.message({ type: 'problem', code: 'ADDRESS_IN_USE', message: 'Port 2181 is taken.' })
      world.exit(one, { code: 1, signal: null })
    }

    const supervisor = await world.started({ brokers: 2 })

    expect(supervisor.ensemble).toBe('127.0.0.1:2182')
    const told = world.launched.filter(({ kind }) => kind === 'broker').map(({ config }) => config['ensemble'])
    expect(told).toEqual(Array.from({ length: 2 }, () => [{ host: '127.0.0.1', port: 2182 }]))
  })

  it('sweeps what an earlier run left behind', async () => {
    const world = new World()
    await world.started({ brokers: 1 })
    const pids = world.launched.map(({ child }) => child.pid)
    world.disk.kill()

    // Emptying takes the list of them away.
    world.disk.replaceUnsynced(`${dir}/.emptying`, new Uint8Array(0))

    await world.open()

    expect(world.swept).toEqual(pids)
    expect(world.disk.exists(`${dir}/.emptying`)).toBe(false)
  })

  it('makes no cluster where one that is known has gone', async () => {
    const world = new World()

    await expect(world.open({ isKnown: true })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(world.disk.exists(dir)).toBe(false)
    world.disk.makeDirectory(dir)
    await expect(world.open({ isKnown: true })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(world.disk.list(dir)).toEqual([])

    await (await world.open({ brokers: 1 })).stop()
    await expect(world.open({ isKnown: true })).resolves.toBeDefined()
  })

  it('does not touch a folder that holds something else, or a cluster that it cannot read', async () => {
    const world = new World()
    world.disk.makeDirectory(dir)
    world.disk.replaceUnsynced(`${dir}/thesis.txt`, new Uint8Array(3))
    await expect(world.open()).rejects.toMatchObject({ code: 'FOREIGN_FOLDER' })
    expect(world.disk.list(dir).map(({ name }) => name)).toEqual(['thesis.txt'])

    world.disk.replaceUnsynced(`${dir}/cluster.json`, new TextEncoder().encode('{"version":1'))
    await expect(world.open()).rejects.toMatchObject({ code: 'CORRUPT' })
    world.disk.remove(`${dir}/cluster.json`)
    world.disk.remove(`${dir}/thesis.txt`)
    expect(await world.open()).toBeInstanceOf(Supervisor)
  })

  it('pauses a node until it is resumed, started, stopped or killed', async () => {
    const world = new World()
    const supervisor = await world.started({ brokers: 2 })

    const paused = await supervisor.pause('broker-1')
    expect(paused.state).toBe('paused')
    await supervisor.pause('broker-1')
    expect((await supervisor.resume('broker-1')).state).toBe('running')
    await supervisor.pause('broker-1')
    expect((await world.clock.until(supervisor.startNode('broker-1'))).state).toBe('running')
    await supervisor.pause('broker-1')
    const stopped = await world.clock.until(supervisor.stopNode('broker-1'))
    await supervisor.pause('broker-2')
    const killed = await world.clock.until(supervisor.kill('broker-2'))

    expect([stopped.state, killed.state]).toEqual(['stopped', 'killed'])
    expect(world.signals).toEqual(['SIGSTOP', 'SIGCONT', 'SIGSTOP', 'SIGCONT', 'SIGSTOP', 'SIGCONT', 'SIGSTOP'])
    await expect(supervisor.pause('broker-1')).rejects.toThrow('does not run (stopped)')
    await expect(supervisor.resume('broker-2')).rejects.toThrow('Start it instead')
  })

  it('takes the data of a node away, and leaves it down', async () => {
    const world = new World()
    const supervisor = await world.started({ brokers: 2 })
    world.disk.makeDirectory(`${dir}/broker-1/orders-0`)
    world.disk.replaceUnsynced(`${dir}/broker-1/orders-0/00000000000000000000.log`, new Uint8Array(9))

    const wiped = await world.clock.until(supervisor.wipe('broker-1'))
    expect(wiped).toMatchObject({ state: 'stopped', pid: null })
    expect(world.disk.exists(`${dir}/broker-1`)).toBe(false)
    expect((await world.clock.until(supervisor.wipe('broker-1'))).state).toBe('stopped')
    expect((await world.clock.until(supervisor.startNode('broker-1'))).state).toBe('running')
  })

  it('tells members of each other, and whether one without data has lost it', async () => {
    const world = new World()
    const supervisor = await world.open({ brokers: 1, ensemble: 3 })
    await world.clock.until(supervisor.start())
    const peersOf = (id: number) =>
      world.launched.findLast(({ config }) => config['memberId'] === id)?.config['peers'] as Record<string, unknown>

    expect(supervisor.ensemble).toBe('127.0.0.1:2181,127.0.0.1:2182,127.0.0.1:2183')
    expect(peersOf(2)).toMatchObject({ port: 2889, isFounding: true })
    expect(peersOf(2)['others']).toEqual([
      { memberId: 1, port: 2888 },
      { memberId: 3, port: 2890 }
    ])
    expect(peersOf(1)['ensembleId']).toBe(peersOf(3)['ensembleId'])
    expect(world.broker(1).config['ensemble']).toHaveLength(3)

    await world.clock.until(supervisor.wipe('ensemble-2'))
    await world.clock.until(supervisor.startNode('ensemble-2'))
    expect(peersOf(2)['isFounding']).toBe(false)
    for (const name of ['ensemble-1', 'ensemble-2', 'ensemble-3']) await world.clock.until(supervisor.wipe(name))
    await world.clock.until(supervisor.startNode('ensemble-1'))
    expect(peersOf(1)['isFounding']).toBe(true)
  })

  it('takes no member without data for a new one once each has served, be it never at the same time', async () => {
    const world = new World()
    world.onLaunch = (one) => {
      if (one.config['memberId'] !== 3) world.ready(one)
    }
    const first = await world.open({ brokers: 1, ensemble: 3 })
    void settled(first.start())
    await world.clock.run(100)
    for (const id of [1, 2]) world.disk.makeDirectory(`${dir}/ensemble-${id}`)
    await world.clock.until(first.stop())
    const isFounding = async (id: number): Promise<unknown> => {
      const supervisor = await world.open({ ensemble: 3 })
      void settled(supervisor.start())
      await world.clock.run(100)
      await world.clock.until(supervisor.stop())
      const { config } = world.launched.findLast((one) => one.config['memberId'] === id) as Launched
      return (config['peers'] as Record<string, unknown>)['isFounding']
    }

    expect([await isFounding(1), await isFounding(3)]).toEqual([false, true])
    // The third serves while the first does not.
    world.onLaunch = (one) => {
      if (one.config['memberId'] !== 1) world.ready(one)
    }
    await isFounding(3)

    expect(await isFounding(3)).toBe(false)
  })

  it('tells every member who may do everything, from the folder, until that is taken away', async () => {
    const world = new World()
    const superDigest = 'super:D/InIHSb7yEEbrWz8b9l71RjZJU='
    const told = async (asked: Partial<AskedCluster>): Promise<unknown[]> => {
      const supervisor = await world.open({ brokers: 1, ensemble: 3, ...asked })
      await world.clock.until(supervisor.start())
      const members = world.living('ensemble').map(({ config }) => config['superDigest'])
      await world.clock.until(supervisor.stop())
      return members
    }

    expect(await told({})).toEqual([undefined, undefined, undefined])
    expect(await told({ superDigest })).toEqual([superDigest, superDigest, superDigest])
    expect(await told({})).toEqual([superDigest, superDigest, superDigest])
    expect(await settled(told({ superDigest: 'super:secret' }))).toMatchObject({ reason: { code: 'USAGE' } })
    expect(await told({ superDigest: null })).toEqual([undefined, undefined, undefined])
  })

  it('leaves a member its data when it cannot write down that this is to go', async () => {
    const world = new World()
    const supervisor = await world.open({ brokers: 1, ensemble: 3 })
    await world.clock.until(supervisor.start())
    for (const id of [1, 2, 3]) world.disk.makeDirectory(`${dir}/ensemble-${id}/data`)
    for (const id of [1, 2]) await world.clock.until(supervisor.wipe(`ensemble-${id}`))
    world.disk.isFull = true

    const wiped = await world.clock.until(settled(supervisor.wipe('ensemble-3')))
    expect(wiped).toMatchObject({ status: 'rejected', reason: { code: 'DISK_FULL' } })
    expect(String((wiped as PromiseRejectedResult).reason)).toContain('ensemble-3 keeps its data')
    expect(world.disk.exists(`${dir}/ensemble-3/data`)).toBe(true)
    // The others are not taken for the first of an ensemble that begins.
    await world.clock.until(supervisor.startNode('ensemble-1'))
    const last = world.launched.findLast(({ config }) => config['memberId'] === 1)
    expect(last?.config['peers']).toMatchObject({ isFounding: false })

    world.disk.isFull = false
    await world.clock.until(supervisor.wipe('ensemble-3'))
    expect(world.disk.exists(`${dir}/ensemble-3`)).toBe(false)
  })

  it('begins the ensemble anew when no member has a folder any more, and not while one has', async () => {
    const world = new World()
    const first = await world.open({ brokers: 1, ensemble: 3 })
    await world.clock.until(first.start())
    for (const id of [1, 2, 3]) world.disk.makeDirectory(`${dir}/ensemble-${id}`)
    await world.clock.until(first.stop())
    const foundingAfter = async (): Promise<unknown> => {
      const supervisor = await world.open({ ensemble: 3 })
      await world.clock.until(supervisor.start())
      const peers = world.launched.findLast(({ config }) => config['memberId'] === 1)?.config['peers']
      await world.clock.until(supervisor.stop())
      return (peers as { isFounding: unknown }).isFounding
    }

    world.disk.remove(`${dir}/ensemble-1`)
    world.disk.remove(`${dir}/ensemble-2`)
    expect(await foundingAfter()).toBe(false)
    world.disk.remove(`${dir}/ensemble-3`)
    expect(await foundingAfter()).toBe(true)
  })

  it.each(['serve already', 'do not serve yet'])(
    'of a new folder gives a member other ports when one of its own is taken, and tells the others, which %s',
    async (how) => {
      const world = new World()
      const supervisor = await world.open({ brokers: 1, ensemble: 3 })
      const knowsMoved = ({ config }: Launched): boolean =>
        (config['peers'] as { others: { port: number }[] }).others.some(({ port }) => port === 2891)
      world.onLaunch = (one) => {
        if (one.config['memberId'] === 2 && one.config['port'] === 2182) {
          one.handlers.message({ type: 'problem', code: 'ADDRESS_IN_USE', message: 'taken' })
          world.exit(one, { code: 1, signal: null })
          return
        }
        const isOther = one.kind === 'ensemble' && one.config['memberId'] !== 2
        if (!isOther || how === 'serve already' || knowsMoved(one)) world.ready(one)
      }

      await world.clock.until(supervisor.start())

      const last = (id: number) => world.launched.findLast(({ config }) => config['memberId'] === id)
      expect(last(2)?.config).toMatchObject({ port: 2184, peers: { port: 2891 } })
      for (const id of [1, 3]) expect(last(id)).toSatisfy(knowsMoved)
      expect(Object.values(states(supervisor))).toEqual(['running', 'running', 'running', 'running'])
    }
  )

  it('finishes a wipe that broke off before anything starts', async () => {
    const world = new World()
    const first = await world.started({ brokers: 1 })
    await world.clock.until(first.stop())
    world.disk.makeDirectory(`${dir}/.wiped-broker-1/orders-0`)

    await world.open({})

    expect(world.disk.exists(`${dir}/.wiped-broker-1`)).toBe(false)
  })

  it('tells each node its part of a fault, now and when it is launched again', async () => {
    const world = new World()
    const supervisor = await world.started({ brokers: 2 })
    const linksOf = (id: number) => {
      const told = world.broker(id).sent.filter(({ type }) => type === 'faults')
      return (told.at(-1)?.['faults'] as { links: { peer: { port: number }; outward: { isCut: boolean } }[] }).links
    }

    const fault = await supervisor.addFault({ kind: 'cut-link', node: 'broker-1', to: 'broker-2', oneWay: true })
    expect(fault).toMatchObject({ id: 'fault-1', kind: 'cut-link', node: 'broker-1', to: 'broker-2', value: null })
    expect(linksOf(1)).toMatchObject([{ peer: { port: 9093 }, outward: { isCut: true }, inward: { isCut: false } }])
    expect(linksOf(2)).toMatchObject([{ peer: { port: 9092 }, outward: { isCut: false }, inward: { isCut: true } }])
    await world.clock.until(supervisor.restart('broker-2'))
    expect(world.broker(2).config['faults']).toMatchObject({ links: [{ peer: { port: 9092 } }] })

    expect(await supervisor.healFaults()).toEqual([fault])
    expect(linksOf(2)).toEqual([])
    expect(supervisor.faults()).toEqual([])
  })

  it('says so when a node does not say that it obeys, and keeps the fault', async () => {
    const world = new World()
    const supervisor = await world.started({ brokers: 1 })
    // It hangs, and nobody has paused it through us.
    world.standing.add(world.broker(1))

    const adding = settled(supervisor.addFault({ kind: 'full-disk', node: 'broker-1' }))
    await world.clock.run(15_000)

    expect(await adding).toMatchObject({ status: 'rejected', reason: { code: 'TIMED_OUT' } })
    expect(supervisor.faults()).toHaveLength(1)
  })

  it('heals a fault when its time is over, and does not wait for a node that stands still', async () => {
    const world = new World()
    const supervisor = await world.started({ brokers: 2 })
    await supervisor.pause('broker-1')

    const slow = await supervisor.addFault({ kind: 'slow-disk', node: 'broker-1', forMs: 1000 })
    expect(slow.value).toBe(20)
    await world.clock.run(999)
    expect(supervisor.faults()).toHaveLength(1)
    await world.clock.run(1)
    expect(supervisor.faults()).toEqual([])
    // It was there: that it is healed already is no mistake of whoever heals it.
    expect(await supervisor.healFaults(slow.id)).toEqual([])
    await expect(supervisor.healFaults('fault-9')).rejects.toThrow('There is no fault fault-9')
  })

  it('names the nodes there are when it is asked for one that is not', async () => {
    const supervisor = await new World().started({ brokers: 1 })

    const failure = supervisor.kill('broker-9')

    await expect(failure).rejects.toBeInstanceOf(AppError)
    await expect(failure).rejects.toMatchObject({ code: 'NOT_FOUND', message: /ensemble-1, broker-1/ })
  })

  it('stops, kills and starts nodes on a disk that is full', async () => {
    const world = new World()
    const supervisor = await world.started({ brokers: 1 })
    world.disk.isFull = true

    await world.clock.until(supervisor.kill('broker-1'))
    expect(states(supervisor)['broker-1']).toBe('killed')
    await world.clock.until(supervisor.startNode('broker-1'))
    expect(states(supervisor)['broker-1']).toBe('running')
    world.exit(world.broker(1), { code: 70, signal: null })
    await world.clock.run(2_000)

    expect(states(supervisor)['broker-1']).toBe('running')
  })
})
