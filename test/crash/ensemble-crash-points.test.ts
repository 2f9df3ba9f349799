/**
 * A power cut at each change that a member makes on its disk during 2,000 operations: a start from what it leaves never
 * fails, has all that was acknowledged by then and nothing that was never asked for, and a second start finds the same.
 *
 * LAGOON_CRASH_POINTS: every how many-eth change (1: all of them); which of them come first is another one in each run.
 */
import { expect, it } from 'vitest'
import { EnsembleClient } from '../../src-main/coordination/ensemble-client'
import { EnsembleError } from '../../src-main/coordination/ensemble-error'
import { EnsembleNode } from '../../src-main/coordination/ensemble-node'
import type { EnsembleNodeOptions } from '../../src-main/coordination/member-options'
import { compareZxid, zxidZero, type Zxid } from '../../src-main/coordination/wire/zxid'
import { stateDigest } from '../simulation/ensemble/state-digest'
import { consensusOf, EnsembleMembers, type SimMember } from '../support/ensemble-members'
import { nodeChecksum, silent, SimClock, SimNetwork, SimRandom } from '../support/ensemble-world'
import { MemoryDisk } from '../support/memory-disk'

const operationCount = 2_000
const every = Number(process.env['LAGOON_CRASH_POINTS'] ?? 60)
const seed = Number(process.env['LAGOON_SEED'] ?? Date.now() % 1_000_000)
/** So that several snapshots and segments are part of it. */
const snapshotEntriesMax = 300
const address = { host: 'sim', port: 2181 }

// ── power cuts ───────────────────────────────────────────────────────────────────────────────────────────────────

/** What becomes of bytes that were not synced. */
const cuts = {
  gone: (disk: MemoryDisk) => disk.crash(),
  kept: (disk: MemoryDisk) => disk.crash((_path, unsyncedBytes) => unsyncedBytes),
  torn: (disk: MemoryDisk, chance: SimRandom) => disk.crash((_path, unsyncedBytes) => chance.below(unsyncedBytes)),
  /** The file has its length, and what was written never reached the platter. */
  zeroed: (disk: MemoryDisk) => {
    const lengths = new Map<string, number>()
    disk.crash((path, unsyncedBytes) => {
      lengths.set(path, unsyncedBytes)
      return unsyncedBytes
    })
    for (const [path, unsyncedBytes] of lengths) {
      const bytes = disk.read(path)
      disk.writeFile(path, bytes.fill(0, bytes.length - unsyncedBytes))
    }
  }
}
type Cut = keyof typeof cuts

/** What lay there, and what whoever asked had been told. */
interface CrashPoint<Told> {
  readonly index: number
  readonly disk: MemoryDisk
  readonly told: Told
}

/** Every so many-eth change of a disk from now on; the phase is another one in each run. */
function tracedPoints<Told>(disk: MemoryDisk, told: () => Told): CrashPoint<Told>[] {
  const points: CrashPoint<Told>[] = []
  let index = 0
  disk.changed = () => {
    const now = told()
    if (++index % every === seed % every) points.push({ index, disk: disk.forked(), told: now })
  }
  return points
}

// ── a member alone ───────────────────────────────────────────────────────────────────────────────────────────────

class LoneMember {
  readonly clock = new SimClock()
  readonly network = new SimNetwork(this.clock)
  readonly failures: unknown[] = []
  readonly disk: MemoryDisk
  readonly node: EnsembleNode

  constructor(from: MemoryDisk | undefined, options: Partial<EnsembleNodeOptions> = {}) {
    this.disk = from === undefined ? new MemoryDisk(this.clock) : from.forked(this.clock)
    this.node = new EnsembleNode({
      memberId: 1,
      address,
      dataDir: '/data',
      // Nothing expires meanwhile: what was recovered is compared with what there was.
      sessionTimeouts: { minMs: 4_000, maxMs: 10_000_000 },
      snapshotEntriesMax,
      clock: this.clock,
      random: new SimRandom(seed),
      disk: this.disk,
      network: this.network,
      checksum: nodeChecksum,
      log: silent,
      failed: (error) => this.failures.push(error),
      ...options
    })
  }

  async start(): Promise<this> {
    await this.clock.until(this.node.start())
    return this
  }

  async client(): Promise<EnsembleClient> {
    const { clock, network } = this
    const options = { addresses: [address], sessionTimeoutMs: 5_000_000, clock, network, random: new SimRandom(seed) }
    const client = new EnsembleClient(options)
    client.start()
    await clock.until(client.whenConnected())
    return client
  }
}

/** Operations of all kinds on a few dozen paths, a few of them under way at a time. */
async function operate(
  client: EnsembleClient,
  run: (promise: Promise<unknown>) => Promise<unknown>,
  acked: () => void
): Promise<void> {
  const chance = new SimRandom(seed)
  const path = (): string => `/n${chance.below(40)}`
  const value = (): Uint8Array => new Uint8Array(chance.below(200)).fill(chance.below(256))
  const one = (): Promise<unknown> => {
    switch (chance.below(8)) {
      case 0:
        return client.delete(path())
      case 1:
        return client.create('/s-', value(), { sequential: true })
      case 2:
        return client.create(path(), value(), { ephemeral: true })
      case 3:
        return client.multi([
          { type: 'create', path: path(), data: value() },
          { type: 'setData', path: path(), data: value() }
        ])
      case 4:
      case 5:
        return client.create(path(), value())
      default:
        return client.setData(path(), value())
    }
  }
  let left = operationCount
  while (left > 0) {
    const batch = Array.from({ length: Math.min(left, 1 + chance.below(6)) }, () =>
      one()
        .catch((error: unknown) => {
          if (!(error instanceof EnsembleError)) throw error
        })
        .then(acked)
    )
    left -= batch.length
    await run(Promise.all(batch))
  }
}

it(
  `a lone member has what it acknowledged after a power cut at any of its changes (LAGOON_SEED=${seed})`,
  { timeout: 1_800_000 },
  async () => {
    /** Of each state that there was, the last entry after which it was so. */
    const places = new Map<number, number>()
    let applied = 0
    let ackedPlace = 0
    const member = new LoneMember(undefined, {
      applied: () => {
        places.set(stateDigest(member.node.state), ++applied)
      }
    })
    const points = tracedPoints(member.disk, () => ackedPlace)
    await member.start()
    places.set(stateDigest(member.node.state), applied)
    const client = await member.client()
    await operate(
      client,
      (promise) => member.clock.until(promise),
      () => (ackedPlace = applied)
    )
    member.disk.changed = undefined
    expect(member.failures).toEqual([])

    for (const point of points)
      for (const cut of Object.keys(cuts) as Cut[]) {
        const where = `change ${point.index}, unsynced bytes ${cut}`
        const chance = new SimRandom(seed + point.index)
        const left = point.disk.forked()
        cuts[cut](left, chance)
        const [first, again] = await startedTwice(left, where, {}, ({ node }) => stateDigest(node.state))
        const place = places.get(first)
        expect(place, `${where}: a state that there was`).toBeDefined()
        expect(place, `${where}: all that was acknowledged`).toBeGreaterThanOrEqual(point.told)
        expect(again, `${where}: the second start finds the same`).toBe(first)
      }
    expect(points.length).toBeGreaterThan(operationCount / every / 4)
  }
)

// ── a member of three ────────────────────────────────────────────────────────────────────────────────────────────

/** What a member may have promised to others: it is on its disk. */
interface Promised {
  readonly term: number
  readonly vote: number
  readonly last: Zxid
}

function promisedBy(node: EnsembleNode | undefined, before?: Promised): Promised {
  const consensus = consensusOf(node) as (Promised & { isHardStateSafe: boolean; persisted: Zxid }) | undefined
  if (consensus === undefined) return before ?? { term: 0, vote: 0, last: zxidZero }
  const { term, vote, isHardStateSafe, persisted: last } = consensus
  // Nobody hears of a term or a vote before it is safe.
  return isHardStateSafe || before === undefined ? { term, vote, last } : { ...before, last }
}

function recovered({ node }: LoneMember): Promised {
  const { term, vote, log } = consensusOf(node) as { term: number; vote: number; log: { last: Zxid } }
  return { term, vote, last: log.last }
}

const peersOf2 = {
  memberId: 2,
  peers: {
    ensembleId: 'e',
    address: { host: 'sim', port: 2882 },
    others: [1, 3].map((id) => ({ memberId: id, address: { host: 'sim', port: 2880 + id } })),
    isFounding: false
  }
}

it(
  `a member of three keeps its term, its vote and what it told the others (LAGOON_SEED=${seed})`,
  { timeout: 1_800_000 },
  async () => {
    const world = new EnsembleMembers(3, { snapshotEntriesMax })
    await world.startAll()
    const traced = world.member(2)
    let told = promisedBy(traced.node)
    let cutsSeen = 0
    const points = tracedPoints(traced.machine.disk, () => {
      const next = promisedBy(traced.node, told)
      if (compareZxid(next.last, told.last) < 0) cutsSeen++
      return (told = next)
    })
    let batches = 0
    const client = await world.connected()
    await operate(
      client,
      async (batch) => {
        // Its leader is killed, or cut off from the others, in the midst of it again and again.
        if (++batches % 15 === 0) {
          const leader = await world.leader()
          if (leader === traced) await cutOffFromOthers(world, leader)
          else await killed(world, leader, batches % 4)
        }
        await world.do(batch)
        await world.do(client.whenConnected())
      },
      () => undefined
    )
    expect(world.failures).toEqual([])
    expect(cutsSeen, 'what it had in one term was cut off in another').toBeGreaterThan(0)

    for (const point of points)
      for (const cut of Object.keys(cuts) as Cut[]) {
        const where = `change ${point.index}, unsynced bytes ${cut}`
        const left = point.disk.forked()
        cuts[cut](left, new SimRandom(seed + point.index))
        const [first, again] = await startedTwice(left, where, peersOf2, recovered)
        const { term, vote, last } = point.told
        expect(first.term, `${where}: its term`).toBeGreaterThanOrEqual(term)
        if (first.term === term && vote > 0) expect(first.vote, `${where}: its vote`).toBe(vote)
        expect(compareZxid(first.last, last), `${where}: what it told the others`).toBeGreaterThanOrEqual(0)
        expect(again, `${where}: the second start finds the same`).toEqual(first)
      }
  }
)

async function killed(world: EnsembleMembers, member: SimMember, afterMs: number): Promise<void> {
  await world.clock.run(afterMs)
  world.kill(member)
  await world.leader()
  await world.start(member)
}

/** It goes on writing for a while, and nobody hears of it. */
async function cutOffFromOthers(world: EnsembleMembers, leader: SimMember): Promise<void> {
  const others = world.members.filter((member) => member !== leader)
  for (const { machine } of others) {
    world.network.fault(leader.machine.name, machine.name, { isCut: true })
    world.network.fault(machine.name, leader.machine.name, { isCut: true })
  }
  await world.eventually('another leader', () =>
    others.some(({ node }) => consensusOf(node)?.['isReady'] === true) ? true : undefined
  )
  world.network.heal()
}

/** What is found after a start, and after another one that was cut short as well. */
async function startedTwice<Found>(
  left: MemoryDisk,
  where: string,
  options: Partial<EnsembleNodeOptions>,
  found: (member: LoneMember) => Found
): Promise<[Found, Found]> {
  const start = async (disk: MemoryDisk): Promise<readonly [Found, MemoryDisk]> => {
    const member = new LoneMember(disk, options)
    await member.start().catch((error: unknown) => {
      throw new Error(`${where}: it does not start: ${String(error)}`, { cause: error })
    })
    expect(member.failures, where).toEqual([])
    const what = found(member)
    member.disk.crash()
    return [what, member.disk]
  }
  const [first, disk] = await start(left)
  const [again] = await start(disk)
  return [first, again]
}
