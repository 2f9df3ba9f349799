/** An ensemble of three members as processes of their own, with brokers on it: what a loss costs, and what comes back. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { EnsembleError, type EnsembleClient } from '../../src-main/coordination/ensemble-client'
import { nodeEnsembleClient } from '../support/ensemble-process'
import { askWord } from '../support/four-letter-word'
import { LabCluster, until } from '../support/lab-cluster'

const names = ['ensemble-1', 'ensemble-2', 'ensemble-3'] as const

const textOf = (found: Awaited<ReturnType<EnsembleClient['getData']>>): string =>
  new TextDecoder().decode(found?.data ?? new Uint8Array())

describe('an ensemble of three members', () => {
  let cluster: LabCluster
  let client: EnsembleClient
  beforeAll(async () => {
    cluster = await LabCluster.start({ brokers: 2, members: 3 })
    client = await connected(names)
  })
  afterAll(async () => {
    await client.close()
    await cluster.discard()
  })

  const connected = async (members: readonly string[]): Promise<EnsembleClient> => {
    const one = nodeEnsembleClient(members.map((name) => cluster.node(name).port))
    one.start()
    await one.whenConnected()
    return one
  }
  /** leader, follower, or nothing while it serves nobody or does not run. */
  const modeOf = async (name: string): Promise<string | undefined> =>
    /^Mode: (\w+)$/m.exec((await askWord(cluster.node(name).port, 'srvr').catch(() => '')) ?? '')?.[1]
  /** As the host tells it: who follows and does not count yet is a learner, for all that its mode is follower. */
  const roleOf = async (name: string): Promise<string | null | undefined> =>
    (await cluster.call('ensemble.status', {})).members.find((one) => one.name === name)?.role
  const leader = (among: readonly string[] = names): Promise<string> =>
    until('one of them leads', async () => {
      for (const name of among) if ((await modeOf(name)) === 'leader') return name
      return undefined
    })
  const set = (text: string): Promise<unknown> =>
    until(`${text} is written`, () => client.setData('/kept', new TextEncoder().encode(text)).catch(() => undefined))
  const text = (): Promise<string> =>
    until('it can be read', async () => {
      try {
        await client.sync('/kept')
        return textOf(await client.getData('/kept'))
      } catch (error) {
        if (error instanceof EnsembleError && error.code === 'CONNECTIONLOSS') return undefined
        throw error
      }
    })
  const alive = async (): Promise<string[]> => [...((await client.getChildren('/brokers/ids'))?.children ?? [])]

  beforeEach(async () => {
    for (const name of names) await cluster.call('node.start', { node: name })
    for (const name of names) await until(`${name} serves`, async () => (await modeOf(name)) !== undefined)
  })

  it('has one leader and two followers, and every client is served by each', async () => {
    const first = await leader()
    for (const name of names) expect(await modeOf(name)).toBe(name === first ? 'leader' : 'follower')
    await client.create('/kept', new TextEncoder().encode('a'))
    for (const name of names) {
      const one = await connected([name])
      await one.sync('/kept')
      expect(textOf(await one.getData('/kept'))).toBe('a')
      await one.close()
    }
  })

  it('goes on when its leader is killed, without a broker that loses its session, and takes it back', async () => {
    const first = await leader()
    await cluster.call('node.kill', { node: first })
    await set('b')
    const second = await leader(names.filter((name) => name !== first))
    expect(second).not.toBe(first)
    await cluster.call('topic.create', { topic: 'while-one-is-dead' })

    await cluster.call('node.start', { node: first })
    await until('it follows', async () => (await modeOf(first)) === 'follower')
    expect(await text()).toBe('b')
    expect(await alive()).toEqual(['1', '2'])
    expect(cluster.events.filter(({ code }) => code === 'brokerSessionExpired')).toEqual([])
    expect(cluster.events).toContainEqual(expect.objectContaining({ code: 'memberElected', subject: second }))
    expect(cluster.events.filter(({ code }) => code === 'quorumLost')).toEqual([])
  })

  it('stands still without a majority, whose members can be started, and loses nothing', async () => {
    await set('c')
    const first = await leader()
    const other = names.find((name) => name !== first) ?? ''
    await cluster.call('node.kill', { node: first })
    await cluster.call('node.kill', { node: other })
    const third = names.find((name) => name !== first && name !== other) ?? ''
    await until('the last one serves nobody', async () => (await modeOf(third)) === undefined)

    // Its port answers, though it serves nobody: that is what a start waits for.
    await cluster.call('node.start', { node: other })
    await until('there is a majority', async () => (await modeOf(other)) !== undefined)
    expect(await text()).toBe('c')
    await set('d')
    expect(await text()).toBe('d')
    await until('it is told', () => cluster.events.some(({ code }) => code === 'quorumRegained'))
    const lost = cluster.events.findIndex(({ code }) => code === 'quorumLost')
    expect(cluster.events[lost]).toMatchObject({ level: 'critical', params: { running: 1, majority: 2, members: 3 } })
  })

  it('brings a wiped member up to date before it counts again', async () => {
    await set('e')
    const follower = (await modeOf('ensemble-1')) === 'follower' ? 'ensemble-1' : 'ensemble-2'
    await cluster.call('node.wipe', { node: follower })
    await cluster.call('node.start', { node: follower })
    await until('it counts again', async () => (await roleOf(follower)) === 'follower')
    const spec = JSON.parse(readFileSync(join(cluster.dir, 'cluster.json'), 'utf8')) as { ensemble: unknown }
    expect(spec.ensemble).toMatchObject({ isFounded: true })
    // With it and one other there is a majority.
    const other = names.find((name) => name !== follower) ?? ''
    await cluster.call('node.kill', { node: other })
    await set('f')
    expect(await text()).toBe('f')
  })

  it('does not start with a log that is damaged in its middle, says so, and is whole again when it was wiped', async () => {
    for (let index = 0; index < 50; index++) await set(`filling ${index}`)
    const follower = (await modeOf('ensemble-3')) === 'follower' ? 'ensemble-3' : 'ensemble-2'
    await cluster.call('node.stop', { node: follower })
    const { dataDir } = cluster.node(follower)
    const name =
      readdirSync(dataDir)
        .filter((file) => file.startsWith('log.'))
        .toSorted()
        .at(-1) ?? ''
    const path = join(dataDir, name)
    const bytes = readFileSync(path)
    const middle = bytes.length >> 1
    writeFileSync(path, Buffer.concat([bytes.subarray(0, middle), Buffer.from('damage!'), bytes.subarray(middle + 7)]))

    const refused = await cluster.fails('node', 'start', follower)
    expect(refused.stderr).toContain(name)
    expect((await cluster.statusOf(follower)).state).toBe('failed')
    expect(await text()).toBe('filling 49')

    await cluster.call('node.wipe', { node: follower })
    await cluster.call('node.start', { node: follower })
    await until('it follows', async () => (await modeOf(follower)) === 'follower')
  })

  it('keeps everything over a restart of all of it', async () => {
    await set('g')
    await client.close()
    await cluster.stop()
    cluster = await LabCluster.start({ dir: cluster.dir })
    client = await connected(names)
    expect(await text()).toBe('g')
    expect(await alive()).toEqual(['1', '2'])
  })
})
