/** The consumer group of a simulated cluster: its members, and somebody who asks all along what it has committed. */
import type { SimRandom } from '../world/sim-random'
import { GroupClient } from './group-client'
import { askCommitted, GroupMember, type MemberPorts } from './group-member'
import type { SimClient } from './sim-client'
import { groupId, nameOf } from './sim-cluster'

const lookMs = 150
const quietLookMs = 400

export interface GroupWorkloadPorts extends Omit<MemberPorts, 'random' | 'question'> {
  readonly random: SimRandom
  readonly client: (name: string) => SimClient
}

export class GroupWorkload {
  readonly #ports: GroupWorkloadPorts
  readonly #members: readonly GroupMember[]
  #told: ReadonlyMap<number, number> = new Map()
  #questions = 0

  constructor(ports: GroupWorkloadPorts) {
    this.#ports = ports
    const { groupMembers, hasStaticMember } = ports.cluster.options
    this.#members = Array.from({ length: groupMembers }, (_, index) => {
      const name = `member-${index + 1}`
      const instanceId = hasStaticMember && index === 0 ? 'instance-1' : null
      const clients = { reads: ports.client(name), asks: ports.client(`${name}-group`) }
      return new GroupMember(name, instanceId, clients, {
        ...ports,
        random: ports.random.fork(),
        question: () => this.#question()
      })
    })
  }

  begin(): void {
    if (this.#members.length === 0) return
    for (const member of this.#members) void member.run()
    void this.#look()
  }

  #question(): string {
    return String(++this.#questions)
  }

  async #look(): Promise<void> {
    const { cluster } = this.#ports
    const client = this.#ports.client('group-look')
    const group = new GroupClient(client)
    const partitions = Array.from({ length: cluster.options.partitions }, (_, partition) => partition)
    while (!client.isClosed) {
      const told = await askCommitted(group, partitions, { ...this.#ports, question: () => this.#question() })
      if (told !== undefined) this.#told = told
      await client.wait(cluster.isQuiet ? quietLookMs : lookMs)
    }
  }

  /** What is still to happen when these are the ends; undefined when all is read and committed, and every partition has its member. */
  unrest(ends: readonly number[]): string | undefined {
    if (this.#members.length === 0) return undefined
    const stable = this.#members.map((member) => member.stable)
    if (stable.includes(undefined)) return `${groupId} is not stable`
    const generations = new Set(stable.map((one) => one?.generationId))
    if (generations.size > 1) return `members of ${groupId} are in generations ${[...generations].join()}`
    const assigned = stable.flatMap((one) => one?.partitions ?? [])
    for (const [partition, end] of ends.entries()) {
      if (!assigned.includes(partition)) return `nobody in ${groupId} has ${nameOf(partition)}`
      const told = Math.max(0, this.#told.get(partition) ?? -1)
      if (told !== end) return `${groupId} has committed ${told} of ${nameOf(partition)}, which ends at ${end}`
    }
    return undefined
  }
}
