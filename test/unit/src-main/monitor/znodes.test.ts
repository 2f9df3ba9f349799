import { beforeEach, describe, expect, it } from 'vitest'
import type { ApiErrorBody } from '../../../../src-main/api/api'
import type { CommandOutput } from '../../../../src-main/api/commands'
import type { WatchKey } from '../../../../src-main/api/watch'
import { childrenOfKey, ZNODE_SHOWN_BYTES } from '../../../../src-main/api/znodes'
import type { ZnodeChildrenView, ZnodeView } from '../../../../src-main/api/znodes'
import type { EnsembleClient } from '../../../../src-main/coordination/ensemble-client'
import { opCodes } from '../../../../src-main/coordination/wire/codes'
import { connectRequestFrame } from '../../../../src-main/coordination/wire/connect'
import { JuteWriter } from '../../../../src-main/coordination/wire/jute-writer'
import { writeAcl, type Acl } from '../../../../src-main/coordination/wire/stat'
import { zxidZero } from '../../../../src-main/coordination/wire/zxid'
import { changeBetween } from '../../../../src-main/entry/cli/znodes'
import { ZnodeAdministration } from '../../../../src-main/monitor/znode-administration'
import { heldMax, ZnodeWatches } from '../../../../src-main/monitor/znode-watches'
import { serdes } from '../../../../src-main/serdes/serdes'
import { EnsembleMembers } from '../../../support/ensemble-members'

/** The monitor's own client gives everything to everybody. */
async function setAcl(world: EnsembleMembers, path: string, acl: readonly Acl[]): Promise<void> {
  let answers = 0
  const handler = { frame: () => void (answers += 1), closed: () => undefined }
  const options = { host: 'sim', port: 2181, frameBytesMax: 1 << 20, timeoutMs: 1_000 }
  const connection = await world.do(world.network.of('owner').connect(options, () => handler))
  const hello = { lastZxidSeen: zxidZero, timeoutMs: 20_000, sessionId: 0n, password: new Uint8Array(16) }
  connection.send(connectRequestFrame({ ...hello, readOnly: undefined }))
  await world.clock.run(200)
  const frame = JuteWriter.frame().int(1).int(opCodes.setACL).string(path)
  writeAcl(frame, acl)
  connection.send(frame.int(-1).finishFrame())
  await world.clock.run(200)
  expect(answers).toBe(2)
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('znodes by command', () => {
  let world: EnsembleMembers
  let client: EnsembleClient
  let znodes: ZnodeAdministration

  beforeEach(async () => {
    world = new EnsembleMembers(3)
    await world.startAll()
    client = await world.connected()
    znodes = new ZnodeAdministration({ client, clock: world.clock, serdes })
  })

  const failure = async (work: Promise<unknown>): Promise<Partial<ApiErrorBody>> => {
    const error = await world.do(work.catch((one: unknown) => one))
    const { code, kafkaError, message } = error as ApiErrorBody
    return { code, message, ...(kafkaError === undefined ? {} : { kafkaError }) }
  }

  it('are made, read, set and deleted, with their stat in ZooKeeper’s numbers', async () => {
    const made = await world.do(znodes.create({ path: '/a', data: 'one' }))
    const set = await world.do(znodes.set({ path: '/a', data: { base64: '/w==' }, version: 0 }))
    const read = await world.do(znodes.get({ path: '/a' }))
    const deleted = await world.do(znodes.delete({ path: '/a', version: 1 }))

    expect(made).toMatchObject({ path: '/a', stat: { version: 0, dataLength: 3, ephemeralOwner: '0x0' } })
    expect(made.stat.czxid).toMatch(/^0x1[0-9a-f]{8}$/)
    expect(set.stat.version).toBe(1)
    expect(read).toEqual({ path: '/a', data: { base64: '/w==' }, stat: set.stat })
    expect(deleted).toEqual({ path: '/a', deleted: 1 })
  })

  it('see what others have written through any member before they asked', async () => {
    for (const { id } of world.members) {
      const other = await world.connected([id])
      if (id === 1) await world.do(other.create('/seen', bytes('1')))
      else await world.do(other.setData('/seen', bytes(`${id}`)))

      expect(await world.do(znodes.get({ path: '/seen' }))).toMatchObject({ data: `${id}` })
    }
  })

  it('are listed in pages by name, none twice and none left out', async () => {
    await world.do(client.create('/many', null))
    for (let i = 0; i < 25; i++) await world.do(client.create(`/many/${String(i).padStart(3, '0')}`, null))
    const names: string[] = []
    for (let after: string | undefined = ''; after !== undefined;) {
      const input = { path: '/many', limit: 10, ...(after === '' ? {} : { after }) }
      const page: CommandOutput<'znode.list'> = await world.do(znodes.list(input))
      names.push(...page.children)
      expect(page.total).toBe(25)
      after = page.next ?? undefined
    }

    expect(names).toHaveLength(25)
    expect(new Set(names).size).toBe(25)
    expect(names).toEqual([...names].sort())
  })

  it('go with everything below them only when that is asked for', async () => {
    for (const path of ['/t', '/t/a', '/t/a/b', '/t/c']) await world.do(client.create(path, null))

    expect(await failure(znodes.delete({ path: '/t' }))).toMatchObject({ code: 'CONFLICT', kafkaError: 'NOTEMPTY' })
    expect(await world.do(znodes.delete({ path: '/t', isRecursive: true }))).toEqual({ path: '/t', deleted: 4 })
    expect(await world.do(client.exists('/t'))).toBeUndefined()
  })

  it('are deleted with all below only while the version is the one that was meant, and say how many are gone', async () => {
    for (const path of ['/v', '/v/a', '/v/a/deep', '/v/b']) await world.do(znodes.create({ path, data: null }))
    const wrong = await failure(znodes.delete({ path: '/v', version: 7, isRecursive: true }))
    expect(wrong).toMatchObject({ code: 'CONFLICT', kafkaError: 'BADVERSION' })
    expect((await world.do(znodes.list({ path: '/v', limit: 10 }))).children).toEqual(['a', 'b'])

    // Somebody deletes one, and makes another, between the listing and the deleting.
    const multi = client.multi.bind(client)
    const other = await world.connected()
    client.multi = async (operations) => {
      client.multi = multi
      await other.delete('/v/b')
      return await client.multi(operations)
    }
    expect(await world.do(znodes.delete({ path: '/v', version: 0, isRecursive: true }))).toEqual({
      path: '/v',
      deleted: 4
    })

    for (const path of ['/v', '/v/a']) await world.do(znodes.create({ path, data: null }))
    client.multi = async (operations) => {
      client.multi = multi
      const done = await client.multi(operations)
      await other.create('/v/new', null)
      return done
    }
    const left = await failure(znodes.delete({ path: '/v', isRecursive: true }))
    expect(left).toMatchObject({ code: 'CONFLICT', kafkaError: 'NOTEMPTY' })
    expect(left.message).toMatch(/^1 of the 1 znodes below it are deleted/)
  })

  it('are not deleted where there are too many below, however many', async () => {
    await world.do(client.create('/many', null))
    for (let from = 0; from < 10_001; from += 1_000) {
      const names = Array.from({ length: 1_000 }, (_, i) => `/many/${from + i}`)
      await world.do(client.multi(names.map((path) => ({ type: 'create', path, data: null }))))
    }
    const refused = await failure(znodes.delete({ path: '/many', isRecursive: true }))
    expect(refused).toMatchObject({ code: 'INVALID_INPUT' })
    expect((await world.do(client.exists('/many')))?.numChildren).toBe(11_000)
  })

  it('tell whose an ephemeral one is: a broker’s, ours, or somebody else’s', async () => {
    const broker = await world.connected()
    const stranger = await world.connected()
    await world.do(client.create('/brokers', null))
    await world.do(client.create('/brokers/ids', null))
    await world.do(broker.create('/brokers/ids/7', bytes('{}'), { ephemeral: true }))
    await world.do(broker.create('/of-broker', null, { ephemeral: true }))
    await world.do(client.create('/of-us', null, { ephemeral: true }))
    await world.do(stranger.create('/of-stranger', null, { ephemeral: true }))

    const owners = []
    for (const path of ['/of-broker', '/of-us', '/of-stranger', '/brokers'])
      owners.push((await world.do(znodes.stat({ path }))).owner)

    expect(owners.map((owner) => owner && [owner.broker, owner.isOurs])).toEqual([
      [7, false],
      [null, true],
      [null, false],
      null
    ])
  })

  it.each([
    ['a znode that is not there', { path: '/no' }, 'NOT_FOUND', 'NONODE', 'There is no znode /no'],
    ['a path that cannot be', { path: '/..' }, 'INVALID_INPUT', 'BADARGUMENTS', 'cannot be']
  ])('say in words, with ZooKeeper’s name, what is wrong with %s', async (_what, input, code, kafkaError, words) => {
    const work = code === 'NOT_FOUND' ? znodes.get(input) : znodes.create({ ...input, data: null })
    const told = await failure(work)

    expect(told).toMatchObject({ code, kafkaError })
    expect(told.message).toContain(words)
  })

  it('say that a version is an old one, and that a name is taken', async () => {
    await world.do(znodes.create({ path: '/a', data: null }))

    expect(await failure(znodes.set({ path: '/a', data: 'x', version: 4 }))).toMatchObject({ kafkaError: 'BADVERSION' })
    expect(await failure(znodes.create({ path: '/a', data: null }))).toMatchObject({ kafkaError: 'NODEEXISTS' })
  })

  it('say that there is no quorum when there is none, and work again when there is', async () => {
    const leader = await world.leader()
    const others = world.members.filter(({ id }) => id !== leader.id)
    for (const member of [leader, ...others.slice(1)]) world.kill(member)
    await world.clock.run(1_000)

    const told = await failure(znodes.create({ path: '/late', data: null }))
    expect(told.kafkaError).toBe('CONNECTIONLOSS')
    expect(told.message).toContain('quorum')

    await world.start(leader)
    await world.leader()
    await world.do(client.whenConnected())
    expect(await world.do(znodes.create({ path: '/late', data: null }))).toMatchObject({ path: '/late' })
  })
})

describe('znodes that somebody looks at', () => {
  let world: EnsembleMembers
  let client: EnsembleClient
  let watches: ZnodeWatches
  let pushed: { readonly key: WatchKey; readonly value: ZnodeView | ZnodeChildrenView }[]
  let refused: string[]

  beforeEach(async () => {
    world = new EnsembleMembers(3)
    await world.startAll()
    client = await world.connected()
    pushed = []
    refused = []
    watches = new ZnodeWatches({
      client,
      clock: world.clock,
      serdes,
      push: (key, value) => void pushed.push({ key, value }),
      refused: (_key, { code }) => void refused.push(code)
    })
  })

  const seen = <T extends ZnodeView | ZnodeChildrenView>(key: WatchKey): readonly T[] =>
    pushed.filter((one) => one.key === key).map(({ value }) => value as T)
  const look = async (): Promise<void> => world.clock.run(600)

  it('come at once, and again with each change, whoever made it: data, children, end and return', async () => {
    const other = await world.connected()
    await world.do(other.create('/w', bytes('1')))
    watches.begin('znode:/w')
    await look()
    await world.do(other.setData('/w', bytes('2')))
    await look()
    await world.do(other.create('/w/child', null))
    await look()
    await world.do(other.delete('/w/child'))
    await look()
    await world.do(other.delete('/w'))
    await look()
    await world.do(other.create('/w', bytes('3')))
    await look()

    const views = seen<ZnodeView>('znode:/w')
    expect(views.map(({ data }) => data)).toEqual(['1', '2', '2', '2', null, '3'])
    expect(views.map(({ stat }) => stat?.numChildren ?? null)).toEqual([0, 0, 1, 0, null, 0])
    const changes = views.map((view, i) => changeBetween(views[i - 1], view))
    expect(changes).toEqual(['initial', 'dataChanged', 'childrenChanged', 'childrenChanged', 'deleted', 'created'])
  })

  it('come no more than four times a second, the last state for certain', async () => {
    const other = await world.connected()
    await world.do(other.create('/busy', bytes('0')))
    watches.begin('znode:/busy')
    await look()
    const before = seen('znode:/busy').length
    const begunMs = world.clock.monotonicMs()
    for (let i = 1; i <= 300; i++) await world.do(other.setData('/busy', bytes(`${i}`)))
    const tookMs = world.clock.monotonicMs() - begunMs
    await look()

    const views = seen<ZnodeView>('znode:/busy')
    expect(views.length - before).toBeLessThanOrEqual(Math.ceil(tookMs / 250) + 1)
    expect(views.at(-1)?.data).toBe('300')
  })

  it('are the first children of many, each read again only when it has changed', async () => {
    const other = await world.connected()
    await world.do(other.create('/dir', null))
    for (const name of ['a', 'b', 'c', 'd']) await world.do(other.create(`/dir/${name}`, null))
    const key = 'children:3:/dir'
    watches.begin(key)
    await look()
    await world.do(other.setData('/dir/b', bytes('x')))
    await look()
    await world.do(other.delete('/dir/a'))
    await look()

    const views = seen<ZnodeChildrenView>(key)
    const shown = views.map(({ rows, total }) => [total, ...rows.map(({ name, version }) => `${name}${version}`)])
    expect(shown[0]).toEqual([4, 'a0', 'b0', 'c0'])
    expect(shown).toContainEqual([4, 'a0', 'b1', 'c0'])
    expect(shown.at(-1)).toEqual([3, 'b1', 'c0', 'd0'])
  })

  it('tell how many children a child has, a while after that has changed', async () => {
    const other = await world.connected()
    for (const path of ['/p', '/p/a', '/p/a/x']) await world.do(other.create(path, null))
    watches.begin('children:10:/p')
    await look()
    await world.do(other.create('/p/a/y', null))
    await world.clock.run(21_000)

    expect(seen<ZnodeChildrenView>('children:10:/p').map(({ rows }) => rows[0]?.numChildren)).toEqual([1, 2])
  })

  it('are not reachable while nobody answers, and come back as they are then', async () => {
    await world.do(client.create('/r', bytes('1')))
    watches.begin('znode:/r')
    await look()
    const other = await world.connected([1, 2, 3], 4_000, 'elsewhere')
    world.network.disconnect('client')
    await world.clock.run(1_000)
    const during = seen<ZnodeView>('znode:/r').at(-1)
    world.network.mend('client')
    await world.do(other.setData('/r', bytes('2')))
    await world.do(client.whenConnected())
    await look()

    expect(during).toMatchObject({ isReachable: false, data: '1' })
    expect(seen<ZnodeView>('znode:/r').at(-1)).toMatchObject({ isReachable: true, data: '2' })
  })

  it('tell who may do what, and of one whose data may not be read that it is there', async () => {
    await world.do(client.create('/open', bytes('x')))
    await world.do(client.create('/secret', bytes('x')))
    await setAcl(world, '/secret', [{ permissions: 16, scheme: 'world', id: 'anyone' }])
    watches.begin('znode:/open')
    watches.begin('znode:/secret')
    watches.begin('children:10:/secret')
    await look()

    expect(seen<ZnodeView>('znode:/open').at(-1)).toMatchObject({ acl: ['world:anyone cdrwa'], isDenied: false })
    const secret = seen<ZnodeView>('znode:/secret').at(-1)
    expect(secret).toMatchObject({ isReachable: true, isDenied: true, data: null, acl: ['world:anyone a'] })
    expect(secret?.stat?.dataLength).toBe(1)
    expect(seen<ZnodeChildrenView>('children:10:/secret').at(-1)).toMatchObject({ isReachable: true, total: null })
  })

  it('of much data come cut, and say so', async () => {
    await world.do(client.create('/big', new Uint8Array(ZNODE_SHOWN_BYTES + 10).fill(65)))
    watches.begin('znode:/big')
    await look()

    const view = seen<ZnodeView>('znode:/big')[0]
    expect(view?.data).toHaveLength(ZNODE_SHOWN_BYTES)
    expect(view?.cutFromBytes).toBe(ZNODE_SHOWN_BYTES + 10)
  })

  it('come to whoever asks again, no more when nobody looks, and are refused when too many do', async () => {
    watches.begin('znode:/')
    await look()
    watches.begin('znode:/')
    expect(seen('znode:/')).toHaveLength(2)
    watches.end('znode:/')
    await world.do(client.create('/x', null))
    await look()
    expect(seen('znode:/')).toHaveLength(2)

    for (let i = 0; i <= heldMax; i++) watches.begin(`znode:/n${i}`)
    watches.begin('znode:no')
    watches.begin('children:0:/')
    expect(refused).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT'])
    watches.closeAll()
    watches.begin('znode:no')
    expect(refused.at(-1)).toBe('INVALID_INPUT')
  })
})

describe('the key of children', () => {
  it('names a path and a number within limits, or nothing', () => {
    expect(childrenOfKey('children:200:/a/b:c')).toEqual({ path: '/a/b:c', limit: 200 })
    for (const key of ['children:0:/', 'children:2001:/', 'children:10:a', 'children:10:/a/', 'children::/'])
      expect(childrenOfKey(key)).toBeUndefined()
  })
})
