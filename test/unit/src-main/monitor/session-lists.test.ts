import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../../../src-main/api/commands'
import { AppError } from '../../../../src-main/kernel/errors'
import type { AskWord } from '../../../../src-main/kernel/ports'
import { SessionLists } from '../../../../src-main/monitor/session-lists'
import { SimClock } from '../../../support/ensemble-world'

const line = (port: number, session: string, established = 1): string =>
  ` /127.0.0.1:${port}[1](queued=0,recved=1,sent=1,sid=${session},lop=PING,est=${established},to=6000,lcxid=0x1,lresp=1)\n`
const date = (atMs: number): string => {
  const [weekday = '', day = '', month = '', year = '', time = ''] = new Date(atMs).toUTCString().split(' ')
  return `${weekday.replace(',', '')} ${month} ${day} ${time} UTC ${year}`
}
const ephemeralDump = 'ephemeral nodes dump:\nSessions with Ephemerals (1):\n0xb2:\n\t/brokers/ids/2\n\t/controller\n'

/** Member 1 leads; a broker is at member 2, whose client was at member 1 before; Lagoon is at 1; 0xd is connected nowhere. */
function world(change: (member: number, word: string) => string | undefined = () => undefined) {
  const clock = new SimClock()
  const asked: string[] = []
  const ends = date(clock.nowMs() + 5_000)
  const answers: Readonly<Record<string, string>> = {
    '1 cons': line(50_001, '0xa') + line(50_002, '0xb2', 1),
    '2 cons': line(50_003, '0xb2', 2),
    '1 dump': `Session Sets (1)/(3):\n3 expire at ${ends}:\n\t0xa\n\t0xb2\n\t0xd\n${ephemeralDump}`,
    '2 dump': `Global Sessions(3):\n0xa\t6000ms\n0xb2\t6000ms\n0xd\t9000ms\n${ephemeralDump}`,
    '1 wchp': '/brokers/ids\n\t0xa\n/controller\n\t0xa\n',
    '2 wchp': '/brokers/ids\n\t0xb2\n'
  }
  const askWord: AskWord = (address, word) => {
    const member = address.port - 2180
    asked.push(`${member} ${word}`)
    const text = change(member, word) ?? answers[`${member} ${word}`]
    if (text === undefined) return Promise.reject(new AppError('CONNECTION_REFUSED', 'nobody is there'))
    return Promise.resolve({ text, isWhole: !text.startsWith('cut') })
  }
  const addresses = [1, 2].map((member) => ({ host: '127.0.0.1', port: 2180 + member }))
  const lists = new SessionLists({ clock, addresses, askWord, client: { sessionId: 0xan } })
  return { clock, asked, lists }
}

describe('sessions, as the members tell them', () => {
  it('are each told once, where its client is now, with its owner: brokers first', async () => {
    const { lists, clock } = world()

    const view = await lists.list({ limit: 10 })

    expect(COMMANDS['session.list'].output.safeParse(view).error).toBeUndefined()
    expect(view.sessions.map(({ sessionId, broker, isOurs }) => [sessionId, broker, isOurs])).toEqual([
      ['0xb2', 2, false],
      ['0xa', null, true],
      ['0xd', null, false]
    ])
    expect(view.sessions[0]).toMatchObject({ member: '127.0.0.1:2182', client: '127.0.0.1:50003', ephemerals: 2 })
    expect(view.sessions[2]).toMatchObject({ member: null, client: null, timeoutMs: 9_000, ephemerals: 0 })
    // In whole seconds.
    const heardAtMs = view.sessions[0]?.heardAtMs ?? NaN
    expect(clock.nowMs() - heardAtMs).toBeGreaterThanOrEqual(1_000)
    expect(clock.nowMs() - heardAtMs).toBeLessThan(2_000)
    expect(view).toMatchObject({ total: 3, matching: 3, silent: [], isCut: false })
  })

  it('are bounded, and counted beyond that; a filter looks through all of them', async () => {
    const many = Array.from({ length: 10_000 }, (_, i) => line(1_000 + i, `0x${(i + 16).toString(16)}`)).join('')
    const { lists } = world((member, word) => (word === 'cons' && member === 1 ? many : undefined))

    const first = await lists.list({ limit: 200 })
    const found = await lists.list({ limit: 200, contains: ' 0x270F ' })

    expect(first.sessions).toHaveLength(200)
    expect(first.total).toBeGreaterThanOrEqual(10_000)
    expect(found.sessions.map(({ sessionId }) => sessionId)).toEqual(['0x270f'])
    expect(found).toMatchObject({ matching: 1, total: first.total })
    expect((await lists.list({ limit: 9, contains: 'BROKER-2' })).matching).toBe(1)
  })

  it('name members that do not answer or have no leader, and do not pass off what is missing as none', async () => {
    const refused = 'This ZooKeeper instance is not currently serving requests\n'
    const { lists } = world((member) => (member === 1 ? refused : undefined))
    const { lists: silent } = world(() => refused)

    const view = await lists.list({ limit: 10 })

    expect(view.silent).toEqual(['127.0.0.1:2181'])
    // Only the leader says when it heard of them; nobody says where Lagoon's client is.
    expect(view.sessions.find(({ isOurs }) => isOurs)).toMatchObject({
      client: null,
      timeoutMs: 6_000,
      heardAtMs: null
    })
    expect(await silent.list({ limit: 10 })).toMatchObject({ total: 0, silent: ['127.0.0.1:2181', '127.0.0.1:2182'] })
  })

  it('do not count ephemerals that a cut answer may have left out, nor believe a clock that is wrong', async () => {
    const cut = '(There is more; it would be too much for one answer.)\n'
    const wrong = `Session Sets (1)/(1):\n1 expire at ${date(0)}:\n\t0xa\n${cut}`
    const { lists } = world((member, word) => (member === 1 && word === 'dump' ? wrong : undefined))

    const { sessions, isCut } = await lists.list({ limit: 10 })

    expect(isCut).toBe(true)
    expect(sessions.find(({ sessionId }) => sessionId === '0xa')).toMatchObject({ ephemerals: null, heardAtMs: null })
    expect(sessions.find(({ sessionId }) => sessionId === '0xb2')?.ephemerals).toBe(2)
  })

  it('are asked for once for whoever asks within a second, and within ten times what it took', async () => {
    const { lists, clock, asked } = world()
    await Promise.all([lists.list({ limit: 1 }), lists.list({ limit: 2 })])
    await lists.list({ limit: 3 })
    expect(asked).toHaveLength(4)

    await clock.run(1_100)
    await lists.list({ limit: 1 })

    expect(asked).toHaveLength(8)
  })
})

describe('watches, as the members tell them', () => {
  it('are told by path with who waits, of all members', async () => {
    const view = await world().lists.watchedPaths({ limit: 10 })

    expect(COMMANDS['watch.paths'].output.safeParse(view).error).toBeUndefined()
    expect(view.paths.map(({ path, count, named }) => [path, count, named.map(({ broker }) => broker)])).toEqual([
      ['/brokers/ids', 2, [null, 2]],
      ['/controller', 1, [null]]
    ])
    expect(view).toMatchObject({ total: 2, matching: 2, silent: [], isCut: false })
  })

  it('are told by session with where, the one with the most first', async () => {
    const { lists } = world()

    const view = await lists.watchers({ limit: 1 })

    expect(COMMANDS['watch.sessions'].output.safeParse(view).error).toBeUndefined()
    expect(view.sessions.map(({ sessionId, count, named }) => [sessionId, count, named])).toEqual([
      ['0xa', 2, ['/brokers/ids', '/controller']]
    ])
    expect(view).toMatchObject({ total: 2, matching: 2 })
    expect((await lists.watchers({ limit: 9, contains: '/contr' })).matching).toBe(1)
  })

  it('of a hundred thousand at one path name five and count the others', async () => {
    const many = `/parent\n${Array.from({ length: 100_000 }, (_, i) => `\t0x${(i + 1).toString(16)}\n`).join('')}`
    const { lists } = world((member, word) => (word === 'wchp' ? (member === 1 ? many : '') : undefined))

    const paths = await lists.watchedPaths({ limit: 200 })
    const sessions = await lists.watchers({ limit: 200 })

    expect(paths.paths).toMatchObject([{ path: '/parent', count: 100_000 }])
    expect(paths.paths[0]?.named).toHaveLength(5)
    expect(sessions.sessions).toHaveLength(200)
    expect(sessions.total).toBe(100_000)
  })

  it('say which member’s are missing', async () => {
    const { lists } = world((member, word) =>
      word === 'wchp' && member === 2 ? 'not currently serving requests' : undefined
    )

    expect(await lists.watchedPaths({ limit: 5 })).toMatchObject({ total: 2, silent: ['127.0.0.1:2182'] })
  })
})
