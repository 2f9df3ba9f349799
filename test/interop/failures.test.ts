/** Failures on purpose, in real processes: what a node does, what clients see, and that nothing of it stays. */
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ControlClient } from '../../src-main/host/control-client'
import { LabCluster, lagoon, runToEnd, until } from '../support/lab-cluster'

interface FaultLine {
  readonly id: string
  readonly kind: string
  readonly node: string
  readonly to: string | null
}

/** What the system says of a process: T is one that stands still. */
const stateOf = (pid: number | null): string | undefined =>
  pid === null || !existsSync(`/proc/${pid}/status`)
    ? undefined
    : /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]

describe('failures on purpose', () => {
  let cluster: LabCluster
  beforeAll(async () => {
    cluster = await LabCluster.start({ brokers: 2 })
    await cluster.verb('topic', 'create', 'orders', '--partitions', '2')
  })
  afterAll(() => cluster.discard())

  const add = (...args: readonly string[]): Promise<FaultLine> => cluster.verb('fault', 'add', ...args)
  const heal = (): Promise<unknown> => lagoon(['fault', 'heal', '--all', '--data', cluster.dir])
  afterEach(heal)
  /** Brokers that one broker knows to be alive, as kcat sees them. */
  const known = async (id: number): Promise<number[]> => {
    const { stdout } = await runToEnd('kcat', ['-b', `127.0.0.1:${cluster.port(id)}`, '-L', '-J', '-m', '5'])
    const { brokers } = JSON.parse(stdout === '' ? '{"brokers":[]}' : stdout) as { brokers: { id: number }[] }
    return brokers.map((broker) => broker.id).sort()
  }
  const leaderOf = async (partition: number): Promise<number> => {
    const topic = await cluster.verb<{ partitions: { partition: number; leader: number }[] }>(
      'topic',
      'describe',
      'orders'
    )
    return topic.partitions.find((one) => one.partition === partition)?.leader ?? -1
  }
  const produce = (partition: number, ...more: string[]) =>
    runToEnd('kcat', ['-b', cluster.bootstrap, '-P', '-t', 'orders', '-p', String(partition), ...more], {
      input: 'x\n'
    })

  it('pauses a process so that it stands still, and lets it go on', async () => {
    const paused = await cluster.verb<{ state: string; pid: number }>('node', 'pause', 'broker-2')
    expect(paused.state).toBe('paused')
    expect(stateOf(paused.pid)).toBe('T')
    expect((await cluster.statusOf('broker-2')).state).toBe('paused')
    expect(await cluster.verb('node', 'pause', 'broker-2')).toEqual(paused)
    // Its session ends, as that of a dead one does.
    await until('broker 2 is not known any more', async () => (await known(1)).length === 1)

    const resumed = await cluster.verb<{ state: string; pid: number }>('node', 'resume', 'broker-2')
    expect(resumed).toMatchObject({ state: 'running', pid: paused.pid })
    expect(stateOf(paused.pid)).not.toBe('T')
    await until('broker 2 is back', async () => (await known(1)).length === 2)
  })

  it('restarts a node again and again, until it has been enough or everything is healed', async () => {
    const client = await ControlClient.connect(cluster.dir)
    const stormy = async () => (await client.call('cluster.view', {})).storms ?? []
    const pids = new Set([(await cluster.statusOf('broker-2')).pid])
    await client.call('node.storm', { node: 'broker-2', count: 3, intervalMs: 0 })
    expect(await stormy()).toMatchObject([{ node: 'broker-2', count: 3 }])
    await until('the storm is over', async () => {
      pids.add((await cluster.statusOf('broker-2')).pid)
      return (await stormy()).length === 0
    })
    const { state, pid } = await cluster.statusOf('broker-2')
    expect(state).toBe('running')
    expect(pids.add(pid).size).toBeGreaterThanOrEqual(3)
    const { events } = await client.call('cluster.events', {})
    expect(events.findLast(({ code }) => code === 'stormEnded')).toMatchObject({ params: { done: 3, count: 3 } })

    await client.call('node.storm', { node: 'broker-2', count: 100, intervalMs: 600_000 })
    await expect(client.call('node.storm', { node: 'broker-2' })).rejects.toThrow('End that one first')
    await heal()
    expect(await stormy()).toEqual([])
    expect((await cluster.statusOf('broker-2')).state).toBe('running')
    // Whatever else is done to the node ends it, too.
    await client.call('node.storm', { node: 'broker-2', count: 100 })
    await cluster.verb('node', 'kill', 'broker-2')
    await until('the storm is over', async () => (await stormy()).length === 0)
    expect((await cluster.statusOf('broker-2')).state).toBe('killed')
    client.close()
    await cluster.verb('node', 'start', 'broker-2')
    await until('broker 2 is back', async () => (await known(1)).length === 2)
  })

  it('stops, starts and kills what is paused', async () => {
    const { pid } = await cluster.verb<{ pid: number }>('node', 'pause', 'broker-2')
    expect(await cluster.verb('node', 'start', 'broker-2')).toMatchObject({ state: 'running', pid })
    await cluster.verb('node', 'pause', 'broker-2')
    expect(await cluster.verb('node', 'stop', 'broker-2')).toMatchObject({ state: 'stopped', exit: { code: 0 } })
    const again = await cluster.verb<{ pid: number }>('node', 'start', 'broker-2')
    await cluster.verb('node', 'pause', 'broker-2')
    expect(await cluster.verb('node', 'kill', 'broker-2')).toMatchObject({ exit: { signal: 'SIGKILL' } })
    expect(stateOf(again.pid)).toBeUndefined()
    expect((await cluster.fails('node', 'pause', 'broker-2')).stderr).toContain('Start it first')
    await cluster.verb('node', 'start', 'broker-2')
    await until('broker 2 is back', async () => (await known(1)).length === 2)
  })

  it('drops the ensemble from one broker: its session ends, and it comes back when healed', async () => {
    expect(await add('drop-ensemble', 'broker-2')).toEqual({
      id: expect.stringMatching(/^fault-\d+$/),
      kind: 'drop-ensemble',
      node: 'broker-2',
      to: null
    })
    await until('broker 2 is not known any more', async () => (await known(1)).length === 1)
    await heal()
    await until('broker 2 is back', async () => (await known(1)).length === 2)
  })

  it('cuts the link between two brokers for as long as it was told', async () => {
    const other = (await cluster.status()).controllerId === 1 ? 'broker-2' : 'broker-1'
    const controller = other === 'broker-1' ? 'broker-2' : 'broker-1'
    const ids = async (): Promise<string[]> => {
      const { stdout } = await lagoon(['fault', 'list', '--json', '--data', cluster.dir])
      return stdout.split('\n').flatMap((line) => (line === '' ? [] : (JSON.parse(line) as FaultLine).id))
    }
    const fault = await add('cut-link', controller, '--to', other, '--for', '4000')
    expect(await ids()).toEqual([fault.id])
    // Nobody can tell the other one of it until the link is there again.
    await cluster.verb('topic', 'create', 'across', '--partitions', '4')
    await until('it has healed by itself', async () => (await ids()).length === 0)
    await until('both lead some of it', async () => {
      const topic = await cluster.verb<{ partitions: { leader: number }[] }>('topic', 'describe', 'across')
      return new Set(topic.partitions.map(({ leader }) => leader)).size === 2
    })
  })

  it('fills and slows the disk of one broker, and says so', async () => {
    const leader = `broker-${await leaderOf(0)}`
    await add('full-disk', leader)
    const refused = await produce(0, '-X', 'message.timeout.ms=1500')
    expect(refused.code).not.toBe(0)
    await until('its status says so', async () => (await cluster.statusOf(leader)).isDiskFull === true)
    await heal()
    await until('there is room again', async () => (await cluster.statusOf(leader)).isDiskFull === undefined)
    expect((await produce(0)).code).toBe(0)

    await add('slow-disk', leader, '--value', '700')
    const beganMs = Date.now()
    expect((await produce(0)).code).toBe(0)
    expect(Date.now() - beganMs).toBeGreaterThan(700)
    await heal()
  })

  it('refuses clients, not brokers', async () => {
    // The controller is asked by clients: with that one refusing them no topic can be made.
    const id = (await cluster.status()).controllerId === 1 ? 2 : 1
    await add('refuse-clients', `broker-${id}`)
    const asked = ['-b', `127.0.0.1:${cluster.port(id)}`, '-L', '-m', '2']
    expect((await runToEnd('kcat', asked)).code).not.toBe(0)
    await cluster.verb('topic', 'create', 'meanwhile', '--partitions', '2')
    await heal()
    await until('clients are served again', async () => (await runToEnd('kcat', asked)).code === 0)
    const topic = await cluster.verb<{ partitions: { leader: number }[] }>('topic', 'describe', 'meanwhile')
    expect(topic.partitions.map(({ leader }) => leader).sort()).toEqual([1, 2])
  })

  it('skews a clock: records get the wrong time', async () => {
    await cluster.verb('topic', 'create', 'times', '--config', 'message.timestamp.type=LogAppendTime')
    const topic = await cluster.verb<{ partitions: { leader: number }[] }>('topic', 'describe', 'times')
    await add('skew-clock', `broker-${topic.partitions[0]?.leader ?? 0}`, '--value', '-86400000')
    await cluster.verb('produce', 'times', '--value', 'yesterday')
    await heal()
    const { stdout } = await runToEnd('kcat', ['-b', cluster.bootstrap, '-C', '-t', 'times', '-e', '-q', '-f', '%T'])

    expect(Date.now() - Number(stdout)).toBeGreaterThan(86_000_000)
    expect(Date.now() - Number(stdout)).toBeLessThan(90_000_000)
  })

  it('wipes a node: its data is gone, and it serves again when it is started', async () => {
    const leader = await leaderOf(0)
    expect(existsSync(`${cluster.dir}/broker-${leader}/orders-0`)).toBe(true)
    expect(await cluster.verb('node', 'wipe', `broker-${leader}`)).toMatchObject({ state: 'stopped', pid: null })
    expect(existsSync(`${cluster.dir}/broker-${leader}`)).toBe(false)
    await cluster.verb('node', 'start', `broker-${leader}`)
    await until('it can be written to', async () => (await produce(0, '-X', 'message.timeout.ms=1000')).code === 0)
  })

  it('tells of all of it in the log of what happened', () => {
    const { events } = eventsOf(cluster.dir)
    const codes = events.map(({ code }) => code)

    for (const code of ['nodePaused', 'nodeResumed', 'nodeWiped', 'faultAdded', 'faultHealed'])
      expect(codes).toContain(code)
  })

  it.each([
    [['add', 'cut-link', 'broker-1'], 'with --to'],
    [['add', 'melt', 'broker-1'], 'There is no fault melt'],
    [['add', 'slow-disk', 'broker-7'], 'There is no node broker-7'],
    [['add', 'slow-disk', 'the disk'], 'It must be a broker or a member of the ensemble'],
    [['heal'], 'Say what to heal']
  ])('ends with 2 on %j', async (args, sentence) => {
    const ended = await cluster.fails('fault', ...args)

    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain(sentence)
  })
})

describe('the end of the host', () => {
  it('takes paused nodes and faults along, also when it is killed', async () => {
    const cluster = await LabCluster.start({ brokers: 1 })
    const { pid } = await cluster.verb<{ pid: number }>('node', 'pause', 'broker-1')
    await cluster.verb('fault', 'add', 'full-disk', 'broker-1')
    cluster.child.kill('SIGKILL')
    await cluster.ended
    await until('the paused process is gone', () => ['Z', undefined].includes(stateOf(pid)))

    const again = await LabCluster.start({ brokers: 1, dir: cluster.dir })
    expect(await again.statusOf('broker-1')).toMatchObject({ state: 'running' })
    await again.verb('topic', 'create', 'after')
    await again.discard()
  })
})

function eventsOf(dir: string): { readonly events: { readonly code: string }[] } {
  const text = readFileSync(`${dir}/history/events.log`, 'utf8')
  const events = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as { code: string }]))
  return { events }
}
