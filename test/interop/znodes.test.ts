/** `lagoon ensemble` and `lagoon znode` on three real members. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { ControlClient } from '../../src-main/host/control-client'
import { cliPath, lagoon, LabCluster, nodePath, until } from '../support/lab-cluster'

interface Member {
  readonly name: string
  readonly role: string | null
  readonly term: number | null
  readonly zxid: string | null
  readonly sessions: number | null
}
interface EnsembleStatus {
  readonly quorum: boolean | null
  readonly leader: string | null
  readonly members: readonly Member[]
}
interface Changed {
  readonly path: string
  readonly stat: { readonly version: number; readonly ephemeralOwner: string }
}

let cluster: LabCluster
beforeAll(async () => {
  cluster = await LabCluster.start({ brokers: 1, members: 3 })
})
afterAll(() => cluster.discard())

const status = (): Promise<EnsembleStatus> => cluster.verb<EnsembleStatus>('ensemble', 'status')
const run = (...words: string[]) => lagoon([...words, '--data', cluster.dir])

describe('sessions and watches', () => {
  it('are told by the members themselves: the broker’s and Lagoon’s, where they are connected and what they watch', async () => {
    const client = await ControlClient.connect(cluster.dir)
    try {
      // Members tell how many there are once a second, and each session when it is asked.
      const list = await until('each is connected, was heard of, and is counted', async () => {
        const { sessions, silent, total } = await client.call('session.list', { limit: 100 })
        const { sessions: counted } = await client.call('ensemble.status', {})
        const isWhole =
          sessions.length === 2 && sessions.every(({ member, heardAtMs }) => member !== null && heardAtMs !== null)
        return isWhole && silent.length === 0 && counted === 2 ? { sessions, total } : undefined
      })
      const [broker, ours] = list.sessions
      const paths = await client.call('watch.paths', { limit: 100, contains: '/brokers/ids' })
      const sessions = await client.call('watch.sessions', { limit: 100 })
      const { members, sessions: counted, znodes } = await client.call('ensemble.status', {})

      expect(list.total).toBe(2)
      expect(counted).toBe(2)
      expect(znodes).toBeGreaterThan(10)
      expect(broker).toMatchObject({ broker: 1, isOurs: false })
      expect(broker?.ephemerals).toBeGreaterThanOrEqual(2)
      expect(ours).toMatchObject({ broker: null, isOurs: true, ephemerals: 0 })
      const age = Date.now() - (broker?.heardAtMs ?? NaN)
      expect(age).toBeLessThanOrEqual((broker?.timeoutMs ?? NaN) + 1_000)
      const ports = members.map(({ port }) => `127.0.0.1:${port}`)
      for (const { member } of list.sessions) expect(ports).toContain(member)
      expect(paths.paths.find(({ path }) => path === '/brokers/ids')?.named.map((one) => one.sessionId)).toContain(
        ours?.sessionId
      )
      expect(sessions.sessions.map(({ sessionId }) => sessionId).sort()).toEqual(
        list.sessions.map(({ sessionId }) => sessionId).sort()
      )
    } finally {
      client.close()
    }
  })
})

describe('lagoon znode', () => {
  it('makes, reads, lists, sets and deletes, with data as in consume', async () => {
    const made = await cluster.verb<Changed>('znode', 'create', '/app', '{"n":9223372036854775807}')
    const read = await cluster.verb('znode', 'get', '/app')
    const set = await cluster.verb<Changed>('znode', 'set', '/app', '--value', 'two', '--if-version', '0')
    const sequential = await cluster.verb<Changed>('znode', 'create', '/app/job-', '--sequential')
    const listed = await cluster.verb('znode', 'ls', '/app')
    const deleted = await cluster.verb('znode', 'delete', '/app', '--recursive')

    expect(made).toMatchObject({ path: '/app', stat: { version: 0, ephemeralOwner: '0x0' } })
    expect(read).toEqual({ path: '/app', data: '{"n":9223372036854775807}', stat: made.stat })
    expect(set.stat.version).toBe(1)
    expect(sequential.path).toBe('/app/job-0000000000')
    expect(listed).toEqual({ path: '/app', children: ['job-0000000000'] })
    expect(deleted).toEqual({ path: '/app', deleted: 2 })
  })

  it('knows whose session a broker’s registration is, and who may do what with it', async () => {
    expect(await cluster.verb('znode', 'stat', '/brokers/ids/1')).toMatchObject({
      owner: { broker: 1, isOurs: false },
      acl: ['world:anyone cdrwa']
    })
  })

  it.each([
    [['znode', 'get', '/no'], 1, 'NONODE: There is no znode /no'],
    [['znode', 'delete', '/brokers'], 1, 'NOTEMPTY: /brokers has children'],
    [['znode', 'set', '/controller_epoch', '7', '--if-version', '99'], 1, 'BADVERSION: /controller_epoch was changed'],
    [['znode', 'create', '/brokers'], 1, 'NODEEXISTS: There is a znode /brokers already'],
    [['znode', 'get', 'no'], 2, 'no is no path'],
    [['znode', 'set', '/a'], 2, 'Say what is to be in it'],
    [['znode', 'create', '/a', 'x', '--value', 'y'], 2, 'Say once what is to be in it']
  ])('%j ends with %i and says why', async (words, code, sentence) => {
    const ended = await run(...words)

    expect(ended.code).toBe(code)
    expect(ended.stderr).toContain(sentence)
    expect(ended.stdout).toBe('')
  })

  it('watches one: how it is, then each change, whoever made it', async () => {
    const child = spawn(
      nodePath,
      [cliPath, 'znode', 'watch', '/watched', '--json', '--max-changes', '3', '--data', cluster.dir],
      { stdio: ['ignore', 'pipe', 'inherit'] }
    )
    const told: { readonly type: string; readonly data: string | null }[] = []
    createInterface({ input: child.stdout }).on('line', (line) => told.push(JSON.parse(line) as (typeof told)[number]))
    const ended = new Promise((resolve) => child.once('exit', resolve))
    const toldOf = (count: number) => until(`${count} are told`, () => Promise.resolve(told.length >= count))
    await toldOf(1)
    await run('znode', 'create', '/watched', 'one')
    await toldOf(2)
    await run('znode', 'set', '/watched', 'two')
    await toldOf(3)
    await run('znode', 'delete', '/watched')

    expect(await ended).toBe(0)
    expect(told.map(({ type, data }) => [type, data])).toEqual([
      ['initial', null],
      ['created', 'one'],
      ['dataChanged', 'two'],
      ['deleted', null]
    ])
  })
})

/** Told by members that run, within their second. */
async function tellsItsSteps(lost: string, leader: string): Promise<void> {
  const client = await ControlClient.connect(cluster.dir)
  try {
    const steps = await until('the first entry is committed', async () => {
      const { election } = await client.call('ensemble.status', {})
      return election?.leader === leader && election.steps.at(-1)?.atMs != null ? election.steps : undefined
    })
    expect(steps.map(({ what }) => what)).toEqual(['lost', 'asks', 'stands', 'votes', 'leads', 'commits'])
    expect(steps[0]?.member).toBe(lost)
    expect(steps.filter(({ what }) => what !== 'lost' && what !== 'votes').map(({ member }) => member)).toEqual(
      Array(4).fill(leader)
    )
    const times = steps.map(({ atMs }) => atMs ?? NaN)
    expect(times.every((atMs) => Number.isFinite(atMs))).toBe(true)
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(20_000)
    expect(times[4]).toBeGreaterThanOrEqual(times[2] ?? NaN)
  } finally {
    client.close()
  }
}

describe('lagoon ensemble sessions and watches', () => {
  it('print what the tabs show, bounded, and say what is left out', async () => {
    const client = await ControlClient.connect(cluster.dir)
    const shown = await client.call('watch.paths', { limit: 100 }).finally(() => client.close())
    const [sessions, few, watches, byBroker] = await Promise.all([
      run('ensemble', 'sessions'),
      run('ensemble', 'sessions', '--limit', '1', '--json'),
      run('ensemble', 'watches', '--json'),
      run('ensemble', 'watches', '--by-session', '--contains', 'broker-1')
    ])

    expect(sessions).toMatchObject({ code: 0, stderr: '' })
    const [head, broker, ours] = sessions.stdout.split('\n')
    expect(head).toMatch(/^OWNER +SESSION +CLIENT +MEMBER +TIMEOUT MS +EPHEMERALS +HEARD MS AGO$/)
    expect(broker).toMatch(/^broker-1 +0x[0-9a-f]+ +127\.0\.0\.1:\d+ +ensemble-[123] +\d+ +\d+ +\d+$/)
    expect(ours).toMatch(/^lagoon +0x/)
    expect(few.code).toBe(0)
    expect(JSON.parse(few.stdout)).toMatchObject({ total: 2, matching: 2, sessions: [{ broker: 1 }], isCut: false })
    expect(few.stderr).toContain('These are the first 1 of 2 sessions')
    const paths = (JSON.parse(watches.stdout) as typeof shown).paths.map(({ path }) => path)
    expect(paths).toEqual(shown.paths.map(({ path }) => path))
    expect(byBroker.stdout.trim().split('\n')).toHaveLength(2)
    expect(byBroker.stdout).toMatch(/\nbroker-1 .*\/brokers\//)
    for (const limit of ['0', '2001']) expect((await run('ensemble', 'sessions', '--limit', limit)).code).toBe(2)
  })
})

describe('lagoon ensemble status', () => {
  it('says who leads, and of a leader that was killed who leads then, in a later term', async () => {
    const before = await until('a leader is told', async () => {
      const now = await status()
      return now.leader !== null && now.members.every(({ role }) => role !== null) ? now : undefined
    })
    const led = before.members.find(({ name }) => name === before.leader)
    expect(before.quorum).toBe(true)
    expect(before.members.map(({ role }) => role).sort()).toEqual(['follower', 'follower', 'leader'])
    expect(before.members.every(({ zxid }) => /^0x[0-9a-f]+$/.test(zxid ?? ''))).toBe(true)

    await cluster.call('node.kill', { node: before.leader ?? '' })
    const after = await until('another leads', async () => {
      const now = await status()
      return now.leader !== null && now.leader !== before.leader ? now : undefined
    })
    const dead = after.members.find(({ name }) => name === before.leader)
    await tellsItsSteps(before.leader ?? '', after.leader ?? '')

    expect(after.members.find(({ name }) => name === after.leader)?.term).toBeGreaterThan(led?.term ?? Infinity)
    expect(dead).toEqual({ name: before.leader, role: null, term: null, zxid: null, sessions: null })
    // Another one takes the session of who was connected there.
    const made = await until('the monitor is connected again', async () => {
      const ended = await run('znode', 'create', '/after', 'x')
      return ended.code === 0 ? true : undefined
    })
    expect(made).toBe(true)
  })

  it('says that there is no quorum, and so does what needs one', async () => {
    const { leader } = await status()
    await cluster.call('node.kill', { node: leader ?? '' })

    const ended = await run('topic', 'create', 'late')
    const read = await run('znode', 'get', '/after')

    expect(await status()).toMatchObject({ quorum: false, leader: null })
    // Who was the controller last may be dead by now: nobody can say.
    expect(await cluster.verb<{ controllerId: number | null }>('status')).toMatchObject({ controllerId: null })
    expect((await run('status')).stdout).toContain('controller         - (not known: 1 of 3 ensemble members run)')
    const sessions = await run('ensemble', 'sessions')
    expect(sessions.code).toBe(1)
    expect(sessions.stderr).toMatch(/^Not known whole: ensemble-\d, ensemble-\d, ensemble-\d tell nothing\.$/m)
    expect(ended.code).toBe(1)
    expect(ended.stderr).toContain('The ensemble has no quorum: 1 of 3 members run, 2 needed.')
    expect(read.code).toBe(1)
    expect(read.stderr).toContain('CONNECTIONLOSS')
    await cluster.call('node.start', { node: leader ?? '' })
    await until('there is one again', async () => ((await status()).quorum === true ? true : undefined))
    await until('a topic is made', async () => ((await run('topic', 'create', 'late')).code === 0 ? true : undefined))
  })
})
