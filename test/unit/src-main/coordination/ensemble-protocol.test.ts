/** What clients may ask of an ensemble of three beyond what brokers do: the same at each member. */
import { beforeEach, describe, expect, it } from 'vitest'
import { errorCodes } from '../../../../src-main/coordination/wire/codes'
import type { Request } from '../../../../src-main/coordination/wire/requests'
import { openAcl, type Acl } from '../../../../src-main/coordination/wire/stat'
import { EnsembleMembers } from '../../../support/ensemble-members'
import { WireClient, type Reply } from '../../../support/wire-client'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const mineOnly: readonly Acl[] = [{ permissions: 31, scheme: 'auth', id: '' }]
const create = (path: string, acl = openAcl, flags = 0): Request => {
  return { type: 'create', path, data: bytes('x'), acl, flags, withStat: false }
}
const asMe: Request = { type: 'auth', scheme: 'digest', credentials: bytes('me:secret') }
const asSuper: Request = { type: 'auth', scheme: 'digest', credentials: bytes('super:test') }
const get = (path: string, watch = false): Request => ({ type: 'getData', path, watch })

describe('three members', () => {
  let world: EnsembleMembers
  const options = { superDigest: 'super:D/InIHSb7yEEbrWz8b9l71RjZJU=' }

  beforeEach(async () => {
    world = new EnsembleMembers(3, options)
    await world.startAll()
  })

  async function clientAt(memberId: number): Promise<WireClient> {
    const client = new WireClient()
    await world.do(client.connect(world.network.of('client'), { host: 'sim', port: 2180 + memberId }))
    return client
  }

  const ask = (client: WireClient, request: Request): Promise<Reply | 'closed'> => world.do(client.ask(request))
  async function code(client: WireClient, request: Request): Promise<number | 'closed'> {
    const reply = await ask(client, request)
    return reply === 'closed' ? reply : reply.error
  }
  const otherThan = async (): Promise<number> => ((await world.leader()).id % 3) + 1

  it('judge a follower’s client by whom it has shown to be there', async () => {
    const [mine, other] = [await clientAt(await otherThan()), await clientAt((await world.leader()).id)]
    expect(await code(mine, create('/mine', mineOnly))).toBe(errorCodes.INVALIDACL)
    expect(await code(mine, asMe)).toBe(0)

    expect(await code(mine, create('/mine', mineOnly))).toBe(0)

    const set: Request = { type: 'setData', path: '/mine', data: null, version: -1 }
    await code(other, { type: 'sync', path: '/' })
    expect(await code(other, get('/mine'))).toBe(errorCodes.NOAUTH)
    expect(await code(other, set)).toBe(errorCodes.NOAUTH)
    expect(await code(mine, set)).toBe(0)
    expect(await code(other, asSuper)).toBe(0)
    expect(await code(other, set)).toBe(0)
  })

  it('keep the lists over restarts, in log and snapshot', async () => {
    const client = await clientAt(1)
    await ask(client, asMe)
    for (let i = 0; i < 3; i++) await ask(client, create(`/mine${i}`, mineOnly))
    for (const snapshotEntriesMax of [50_000, 1, 50_000]) {
      for (const member of world.members) {
        await world.stop(member)
        Object.assign(options, { snapshotEntriesMax })
        await world.start(member)
      }
      await world.leader()
      const again = await clientAt(2)
      await code(again, create(`/step${snapshotEntriesMax}-`, openAcl, 2))
      for (let i = 0; i < 3; i++) expect(await code(again, get(`/mine${i}`))).toBe(errorCodes.NOAUTH)
      await code(again, asMe)
      for (let i = 0; i < 3; i++) expect(await code(again, get(`/mine${i}`))).toBe(0)
      again.destroy()
    }
  })

  it('answer what waits as it was allowed when it came', async () => {
    const mine = await clientAt(1)
    await ask(mine, asMe)
    await ask(mine, create('/mine', mineOnly))
    const other = await clientAt(1)

    const before = other.ask(get('/mine'))
    const shown = other.ask(asMe, -4)
    const after = other.ask(get('/mine'))

    expect(await world.do(before)).toMatchObject({ error: errorCodes.NOAUTH })
    expect(await world.do(shown)).toMatchObject({ xid: -4, zxid: { epoch: 0, counter: 0 }, error: 0 })
    expect(await world.do(after)).toMatchObject({ error: 0 })
  })

  it('tell of a znode only to whom may read it', async () => {
    const mine = await clientAt(1)
    await ask(mine, asMe)
    const [other, me] = [await clientAt(2), await clientAt(2)]
    await ask(me, asMe)
    for (const client of [other, me]) await ask(client, { type: 'addWatch', path: '/', mode: 1 })

    await ask(mine, create('/secret', mineOnly))
    await ask(mine, create('/open'))
    await world.clock.run(200)

    expect(other.events).toEqual([{ type: 'created', path: '/open' }])
    expect(me.events.map(({ path }) => path)).toEqual(['/secret', '/open'])
  })

  it('refuse what they do not know, close, and go on with others', async () => {
    for (const request of [
      { type: 'auth', scheme: 'nobody', credentials: bytes('x') },
      { type: 'sasl' }
    ] as const satisfies readonly Request[]) {
      const client = await clientAt(1)
      expect(await code(client, request)).toBe(errorCodes.AUTHFAILED)
      await world.clock.run(10)
      expect(client.isClosed).toBe(true)
    }
    const client = await clientAt(1)
    expect(await code(client, { type: 'reconfig' })).toBe(errorCodes.RECONFIGDISABLED)
    expect(await code(client, { type: 'deleteContainer' })).toBe(errorCodes.BADARGUMENTS)
    expect(await code(client, get('/'))).toBe(0)
  })

  it('tell who they are, each the same, until somebody writes something else there', async () => {
    const config = async (client: WireClient): Promise<string> => {
      const reply = await ask(client, get('/zookeeper/config'))
      const response = reply === 'closed' ? undefined : reply.response
      return response?.type === 'getData' ? new TextDecoder().decode(response.data ?? new Uint8Array(0)) : 'nothing'
    }
    const clients = [await clientAt(1), await clientAt(2), await clientAt(3)] as const
    for (const client of clients)
      expect((await config(client)).split('\n')).toEqual([
        ...[1, 2, 3].map((id) => `server.${id}=sim:${2880 + id}:${2880 + id}:participant`),
        'version=0'
      ])

    await ask(clients[0], asSuper)
    await ask(clients[0], { type: 'setData', path: '/zookeeper/config', data: bytes('mine'), version: -1 })
    const member = world.member(2)
    await world.stop(member)
    await world.start(member)
    await world.leader()
    await world.clock.run(500)

    expect(await config(await clientAt(2))).toBe('mine')
  })

  it('do not keep more identities of a connection than they may', async () => {
    const client = await clientAt(1)
    for (let i = 0; i < 31; i++)
      expect(await code(client, { type: 'auth', scheme: 'digest', credentials: bytes(`u${i}:x`) })).toBe(0)
    expect(await code(client, { type: 'auth', scheme: 'digest', credentials: bytes('u0:x') })).toBe(0)

    expect(await code(client, asMe)).toBe(errorCodes.AUTHFAILED)
  })

  it('take no name that would not go with each request to the others', async () => {
    const client = await clientAt(1)
    const named = (length: number): Request => {
      return { type: 'auth', scheme: 'digest', credentials: bytes(`${'n'.repeat(length)}:x`) }
    }

    expect(await code(client, named(30_000))).toBe(0)
    expect(await code(client, named(40_000))).toBe(errorCodes.AUTHFAILED)
  })

  it('take away what has outlived itself, at every member and with its events', async () => {
    const client = await clientAt(await otherThan())
    const before = { type: 'create', data: null, acl: openAcl, withStat: true } as const
    await ask(client, { ...before, path: '/passing', flags: 5, ttlMs: 3_000 })
    await ask(client, { ...before, path: '/container', flags: 4, isContainer: true })
    await ask(client, create('/container/a'))
    await ask(client, { type: 'exists', path: '/passing', watch: true })
    await world.clock.run(2_000)
    expect(await code(client, { type: 'exists', path: '/passing', watch: false })).toBe(0)

    await ask(client, { type: 'delete', path: '/container/a', version: -1 })
    await world.clock.run(2_500)

    expect(client.events).toEqual([{ type: 'deleted', path: '/passing' }])
    for (const path of ['/passing', '/container'])
      for (const { node } of world.members) expect(node?.znode(path)).toBeUndefined()
  })
})
