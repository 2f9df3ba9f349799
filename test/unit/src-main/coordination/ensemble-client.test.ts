/** What the ensemble's client promises, read as a table of ZooKeeper's rules (ZooKeeper Programmer's Guide). */
import { beforeEach, describe, expect, it } from 'vitest'
import { EnsembleError, type EnsembleClient } from '../../../../src-main/coordination/ensemble-client'
import { BrokerWorld } from '../../../support/broker-world'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (data: Uint8Array | null | undefined): string | null =>
  data == null ? null : new TextDecoder().decode(data)

describe('the ensemble client', () => {
  let world: BrokerWorld
  let client: EnsembleClient
  const soon = <T>(work: Promise<T>): Promise<T> => world.clock.until(work)
  const codeOf = (work: Promise<unknown>): Promise<string> =>
    soon(
      work.then(
        () => 'OK',
        (error: unknown) => (error instanceof EnsembleError ? error.code : String(error))
      )
    )

  beforeEach(async () => {
    world = await BrokerWorld.start([])
    client = await world.ensemble()
    await soon(client.create('/a', bytes('one')))
    await soon(client.create('/a/b', null))
  })

  it.each<[string, string, (c: EnsembleClient) => Promise<unknown>]>([
    ['a create', 'OK', (c) => c.create('/new', null)],
    ['a create of what is there', 'NODEEXISTS', (c) => c.create('/a', null)],
    ['a create below what is not there', 'NONODE', (c) => c.create('/x/y', null)],
    [
      'a create below an ephemeral',
      'NOCHILDRENFOREPHEMERALS',
      (c) => c.create('/e', null, { ephemeral: true }).then(() => c.create('/e/f', null))
    ],
    ['a delete', 'OK', (c) => c.delete('/a/b')],
    ['a delete of what is not there', 'NONODE', (c) => c.delete('/x')],
    ['a delete of what has children', 'NOTEMPTY', (c) => c.delete('/a')],
    ['a delete of another version', 'BADVERSION', (c) => c.delete('/a/b', 7)],
    ['a change', 'OK', (c) => c.setData('/a', bytes('two'), 0)],
    ['a change of another version', 'BADVERSION', (c) => c.setData('/a', bytes('two'), 3)],
    ['a change of what is not there', 'NONODE', (c) => c.setData('/x', null)]
  ])('answers %s with %s', async (_what, code, work) => {
    expect(await codeOf(work(client))).toBe(code)
  })

  it('reads what is there, and says undefined of what is not', async () => {
    const found = await soon(client.getData('/a'))
    const listed = await soon(client.getChildren('/a'))

    expect(textOf(found?.data)).toBe('one')
    expect(found?.stat).toMatchObject({ version: 0, numChildren: 1, dataLength: 3 })
    expect(listed?.children).toEqual(['b'])
    expect(await soon(client.getData('/x'))).toBeUndefined()
    expect(await soon(client.getChildren('/x'))).toBeUndefined()
    expect(await soon(client.exists('/x'))).toBeUndefined()
  })

  it('numbers sequential znodes in the order in which they were asked for', async () => {
    const made = await soon(Promise.all([1, 2, 3].map(() => client.create('/a/n-', null, { sequential: true }))))

    const numbers = made.map(({ path }) => Number(/^\/a\/n-(\d{10})$/.exec(path)?.[1]))
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    expect(new Set(numbers).size).toBe(3)
  })

  it.each<[string, number, string]>([
    ['first', 0, '/x/y'],
    ['second', 1, '/x/y']
  ])('does all of a multi or nothing, and says which one failed: the %s', async (_which, failedIndex, path) => {
    const good = { type: 'create', path: '/good', data: null } as const
    const bad = { type: 'create', path, data: null } as const
    const multi = client.multi(failedIndex === 0 ? [bad, good] : [good, bad])

    const failure = await soon(
      multi.then(
        () => undefined,
        (error: unknown) => error as EnsembleError
      )
    )

    expect(failure).toMatchObject({ code: 'NONODE', failedIndex, path })
    expect(await soon(client.exists('/good'))).toBeUndefined()
  })

  it.each<[string, (c: EnsembleClient, told: () => void) => Promise<unknown>, (c: EnsembleClient) => Promise<unknown>]>(
    [
      ['changed data', (c, told) => c.getData('/a', told), (c) => c.setData('/a', bytes('two'))],
      ['a new child', (c, told) => c.getChildren('/a', told), (c) => c.create('/a/c', null)],
      ['a child that is gone', (c, told) => c.getChildren('/a', told), (c) => c.delete('/a/b')],
      ['the end of a znode', (c, told) => c.getData('/a/b', told), (c) => c.delete('/a/b')],
      ['what comes to be', (c, told) => c.exists('/new', told), (c) => c.create('/new', null)]
    ]
  )('tells of %s once', async (_what, watch, change) => {
    const other = await world.ensemble()
    let times = 0
    await soon(watch(client, () => times++))

    await soon(change(other))
    await world.clock.run(10)
    await soon(other.setData('/a', bytes('again')))
    await world.clock.run(10)

    expect(times).toBe(1)
    await soon(other.close())
  })

  it('keeps its session, its ephemerals and its watches over a short outage of the member', async () => {
    const other = await world.ensemble()
    let times = 0
    await soon(client.create('/mine', null, { ephemeral: true }))
    await soon(client.getData('/a', () => times++))
    const { sessionId } = client

    await world.stopEnsemble()
    await world.clock.run(1_000)
    await world.startEnsemble()
    await soon(client.whenConnected())
    await soon(other.whenConnected())
    await soon(other.setData('/a', bytes('two')))
    await world.clock.run(100)

    expect(client.sessionId).toBe(sessionId)
    expect(times).toBe(1)
    expect(await soon(other.exists('/mine'))).toBeDefined()
    await soon(other.close())
  })

  it('takes its ephemerals along when it closes', async () => {
    const other = await world.ensemble()
    await soon(client.create('/mine', null, { ephemeral: true }))

    await soon(client.close())

    expect(await soon(other.exists('/mine'))).toBeUndefined()
    await soon(other.close())
  })

  it('fails what it is asked while the member is away', async () => {
    await world.stopEnsemble()
    await world.clock.run(100)

    expect(await codeOf(client.create('/away', null))).toBe('CONNECTIONLOSS')
    expect(await codeOf(client.getData('/a'))).toBe('CONNECTIONLOSS')
  })
})
