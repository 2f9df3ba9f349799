/**
 * What acks=1 and unclean elections lose, done on purpose: a leader that is alone acknowledges, dies, and one that has
 * none of it leads. The checker has to find that.
 */
import { until } from '../support/lab-cluster'
import type { ChaosCluster } from './chaos-cluster'
import { riskyProducer, riskyTopic, type ChaosClients } from './chaos-clients'

const acksAlone = 50
const acksAfterwards = 20
const withinMs = 60_000

export async function loseOnPurpose(
  cluster: ChaosCluster,
  clients: ChaosClients,
  tell: (words: string) => void
): Promise<void> {
  const { client, lab } = cluster
  const verb = async (name: 'kill' | 'stop' | 'start', id: number): Promise<void> => {
    tell(`${name} broker-${id}`)
    await client.call(`node.${name}`, { node: `broker-${id}` })
  }
  const acked = async (count: number, what: string): Promise<void> => {
    const before = clients.ackCount(riskyProducer)
    await until(what, () => clients.ackCount(riskyProducer) >= before + count, withinMs)
  }
  const leader = await until('the risky partition is led', () => cluster.leaderOf(riskyTopic, 0), withinMs)
  const [next = 0, last = 0] = lab.brokerIds.filter((id) => id !== leader)
  tell(`broker ${leader} leads ${riskyTopic}-0; the others are stopped, and it acknowledges alone`)
  await verb('stop', next)
  await verb('stop', last)
  await acked(acksAlone, 'a leader that is alone acknowledges acks=1')
  await verb('kill', leader)
  await verb('start', next)
  await until('one that has none of it leads', async () => (await cluster.leaderOf(riskyTopic, 0)) === next, withinMs)
  tell(`broker ${next} leads ${riskyTopic}-0, and has none of that`)
  await acked(acksAfterwards, 'the new leader acknowledges, too')
  await verb('start', last)
  await verb('start', leader)
}
