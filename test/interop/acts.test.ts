/** What a failure on purpose was foretold to do, beside what it did, of real processes; and that it is kept. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ActView } from '../../src-main/api/acts'
import { ControlClient } from '../../src-main/host/control-client'
import { LabCluster, until } from '../support/lab-cluster'

let cluster: LabCluster
let client: ControlClient
beforeAll(async () => {
  cluster = await LabCluster.start({ brokers: 3 })
  client = await ControlClient.connect(cluster.dir)
  await cluster.call('topic.create', { topic: 'orders', partitions: 3, replicationFactor: 3 })
  await until('all are in sync', async () => {
    const { topics } = await client.call('topic.list', {})
    return topics.length > 0 && topics.every(({ underReplicated }) => underReplicated === 0)
  })
})
afterAll(async () => {
  client.close()
  await cluster.discard()
})

const acts = async (): Promise<readonly ActView[]> => (await client.call('act.list', {})).acts
const settled = (id: number): Promise<ActView> =>
  until(
    `act ${id} has settled`,
    async () => (await acts()).find((act) => act.id === id && act.settledAtMs !== null),
    60_000,
    () => cluster.log().slice(-2000)
  )
const items = ({ outcome }: ActView) =>
  Object.fromEntries(outcome.items.map(({ what, predicted, happened }) => [what, [predicted, happened]]))

it('is as predicted of a leader that is killed, and says when others led', async () => {
  await cluster.call('node.kill', { node: 'broker-1' })

  const act = await settled(1)

  expect(act).toMatchObject({
    act: 'kill',
    node: 'broker-1',
    mixedWith: [],
    outcome: { verdict: 'asPredicted', whys: [] }
  })
  const { moves = [0, 0], shrinks = [0, 0] } = items(act)
  expect(moves[0]).toBeGreaterThan(0)
  expect(shrinks[0]).toBeGreaterThan(0)
  const { leaders, electedMs, writes, looked } = act.outcome
  expect(leaders.reduce((sum, { count }) => sum + count, 0)).toBe(moves[0])
  expect(leaders.every(({ broker }) => broker !== 1)).toBe(true)
  // By the session: seconds, not at once.
  expect(electedMs).toBeGreaterThan(1000)
  expect(writes).toMatchObject({ taken: looked, refused: 0, unknown: 0 })
  const { events } = await client.call('cluster.events', {})
  expect(events.at(-1)).toMatchObject({ code: 'actSettled', params: { act: 'kill', verdict: 'asPredicted' } })
})

it('of a kill of what is dead is none, and of two at a time is neither one’s', async () => {
  await cluster.call('node.kill', { node: 'broker-1' })
  expect(await acts()).toHaveLength(1)
  await cluster.call('node.start', { node: 'broker-1' })
  await until('all are in sync again', async () => {
    const { topics } = await client.call('topic.list', {})
    return topics.every(({ underReplicated }) => underReplicated === 0)
  })

  await cluster.call('node.pause', { node: 'broker-2' })
  await cluster.verb('fault', 'add', 'slow-disk', 'broker-3', '--value', '20')

  const both = [await settled(2), await settled(3)]
  expect(both.map(({ act, outcome }) => [act, outcome.verdict, outcome.whys.includes('mixed')])).toEqual([
    ['pause', 'unclear', true],
    ['slow-disk', 'unclear', true]
  ])
})

it('is there after the app was killed; what it was following says that nobody looked', async () => {
  await cluster.verb('fault', 'heal', '--all')
  await cluster.verb('node', 'resume', 'broker-2')
  await until('it serves', async () => (await cluster.statusOf('broker-2')).state === 'running')
  await cluster.call('node.kill', { node: 'broker-3' })
  const before = await acts()
  expect(before.at(-1)).toMatchObject({ act: 'kill', node: 'broker-3' })
  client.close()
  cluster.child.kill('SIGKILL')
  await cluster.ended

  cluster = await LabCluster.start({ dir: cluster.dir, args: [] })
  client = await ControlClient.connect(cluster.dir)

  const after = await acts()
  expect(after.slice(0, -1)).toEqual(before.slice(0, -1))
  expect(after.at(-1)?.settledAtMs).not.toBeNull()
  expect(after.at(-1)?.outcome.whys).toContain('hostEnded')
})
