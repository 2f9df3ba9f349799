/** The real cluster of a chaos run: what is done to it through the public API, and how foreign clients see it. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ControlClient } from '../../src-main/host/control-client'
import { idsOf, kcatMetadata, type KcatMetadata } from '../support/kcat-metadata'
import { LabCluster, until } from '../support/lab-cluster'
import type { FinalRecord } from './history-checker'

export class ChaosCluster {
  readonly lab: LabCluster
  readonly client: ControlClient

  private constructor(lab: LabCluster, client: ControlClient) {
    this.lab = lab
    this.client = client
  }

  static async start(args: readonly string[]): Promise<ChaosCluster> {
    const lab = await LabCluster.start({ brokers: 3, members: 3, args })
    return new ChaosCluster(lab, await ControlClient.connect(lab.dir))
  }

  /** As one broker tells it, or any; undefined while none does. */
  metadata(brokerId?: number): Promise<KcatMetadata | undefined> {
    return kcatMetadata(brokerId === undefined ? this.lab.bootstrap : `127.0.0.1:${this.lab.port(brokerId)}`)
  }

  async leaderOf(topic: string, partition: number): Promise<number | undefined> {
    const seen = await this.metadata()
    const found = seen?.topics.find((one) => one.topic === topic)?.partitions.find((one) => one.partition === partition)
    return found === undefined || found.leader < 0 ? undefined : found.leader
  }

  /** What is not at rest, in words; empty when every node runs and every broker knows of nothing but whole ISRs. */
  async unrest(): Promise<readonly string[]> {
    const { nodes } = await this.client.call('cluster.status', {})
    const down = nodes.filter(({ state }) => state !== 'running').map(({ name, state }) => `${name} is ${state}`)
    if (down.length > 0) return down
    const { quorum, members } = await this.client.call('ensemble.status', {})
    if (quorum !== true) return ['the ensemble has no quorum']
    // One that was wiped, and does not count yet: nothing may be taken from the others.
    const behind = members.filter(({ role }) => role !== 'leader' && role !== 'follower')
    if (behind.length > 0) return behind.map(({ name, role }) => `${name} is ${role ?? 'silent'}`)
    const seen = await Promise.all(this.lab.brokerIds.map(async (id) => [id, await this.metadata(id)] as const))
    return seen.flatMap(([id, told]) => {
      if (told === undefined) return [`broker ${id} does not answer`]
      if (told.brokers.length < this.lab.brokerIds.length)
        return [`broker ${id} knows of brokers ${idsOf(told.brokers).join(', ')}`]
      return told.topics.flatMap(({ topic, partitions }) =>
        partitions.flatMap(({ partition, leader, replicas, isrs }) =>
          leader >= 0 && isrs.length === replicas.length
            ? []
            : [`broker ${id} says of ${topic}-${partition}: leader ${leader}, ISR ${idsOf(isrs).join(',')}`]
        )
      )
    })
  }

  /** Two looks in a row see nothing. Rejects, with what there is. */
  async rest(what: string, withinMs: number): Promise<void> {
    let unrest: readonly string[] = []
    let calm = 0
    await until(
      what,
      async () => {
        unrest = await this.unrest()
        calm = unrest.length === 0 ? calm + 1 : 0
        return calm >= 2
      },
      withinMs,
      () => unrest.slice(0, 20).join('; ')
    )
  }

  /** All that kcat is given of a partition, without padding. */
  async finalLog(topic: string, partition: number): Promise<readonly FinalRecord[]> {
    const args = ['-C', '-b', this.lab.bootstrap, '-t', topic, '-p', String(partition), '-o', 'beginning', '-e', '-q']
    const child = spawn('kcat', [...args, '-f', '%o %s\n'], { stdio: ['ignore', 'pipe', 'pipe'] })
    let complaint = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
    const code = new Promise<number | null>((resolve) => child.on('close', resolve))
    const records: FinalRecord[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      const [offset = '', value = ''] = line.split(' ', 2)
      records.push({ offset: Number(offset), value })
    }
    if ((await code) !== 0) throw new Error(`kcat cannot read ${topic}-${partition}: ${complaint}`)
    return records
  }

  /** Replicas whose bytes are others than the first one's; they have as long as they need to become the same. */
  async differingReplicas(topic: string, partitions: number, withinMs: number): Promise<readonly string[]> {
    const differing: string[] = []
    for (let partition = 0; partition < partitions; partition++) {
      let seen: readonly string[] = []
      const isSame = until(
        'the same',
        async () => {
          seen = await Promise.all(this.lab.brokerIds.map((id) => this.#digest(id, topic, partition)))
          return new Set(seen).size === 1
        },
        withinMs
      )
      await isSame.catch(() => differing.push(`${topic}-${partition}: ${seen.join(' | ')}`))
    }
    return differing
  }

  /** All segments of a replica, one behind the other. */
  async #digest(brokerId: number, topic: string, partition: number): Promise<string> {
    const folder = join(this.lab.node(`broker-${brokerId}`).dataDir, `${topic}-${partition}`)
    const hash = createHash('sha256')
    let bytes = 0
    const segments = readdirSync(folder).filter((name) => name.endsWith('.log'))
    for (const name of segments.sort()) {
      for await (const chunk of createReadStream(join(folder, name))) {
        hash.update(chunk as Buffer)
        bytes += (chunk as Buffer).length
      }
    }
    return `broker ${brokerId} ${bytes} bytes ${hash.digest('hex').slice(0, 16)}`.replace(/^broker \d+ /, '')
  }

  async close(isKept: boolean): Promise<number | null> {
    this.client.close()
    const ended = isKept ? await this.lab.stop() : await this.lab.discard()
    return ended.code
  }
}
