/** One seed of consensus alone: faults for a while, then everything heals and must come to rest. */
import { zxidName } from '../../../src-main/coordination/wire/zxid'
import { consensusOptions, type ConsensusOptions } from './consensus-options'
import { ConsensusWorld } from './consensus-world'

export interface ConsensusResult {
  readonly options: ConsensusOptions
  readonly violations: readonly string[]
  readonly figures: Readonly<Record<string, number>>
}

/** Elections take one or two time-outs; a member that is behind is brought up an entry a round trip where batches are that small. */
const healedElectionTimeouts = 400
/** Many times what any seed takes: members that keep asking each other the same come to no end. */
const healedEventsMax = 200_000

export function runConsensus(seed: number, line?: (text: string) => void): ConsensusResult {
  const options = consensusOptions(seed)
  const world = new ConsensusWorld(options, line)
  const { checks } = world
  try {
    plan(world)
    while (checks.violations.length === 0 && world.nowMs < options.faultsMs && world.next());
    world.heal()
    settle(world)
  } catch (error) {
    checks.fails(error instanceof Error ? error.message : String(error))
  }
  for (const violation of checks.violations) world.tell(`VIOLATION ${violation}`)
  return { options, violations: checks.violations, figures: world.figures }
}

/** Everything is whole again: within a while all members have the same, and something new is committed. */
function settle(world: ConsensusWorld): void {
  const { checks, members, options } = world
  const endMs = world.nowMs + healedElectionTimeouts * options.electionTimeoutMs
  const before = world.figures.acknowledged
  const eventsMax = world.figures.events + healedEventsMax
  const isWaiting = (): boolean => world.nowMs < endMs && world.figures.events < eventsMax
  while (checks.violations.length === 0 && isWaiting() && world.next()) {
    if (world.figures.acknowledged > before && isAtRest(world)) return
  }
  if (checks.violations.length > 0) return
  const states = members.map(({ id, state, raft }) => `${id} ${raft?.role} ${zxidName(state.applied)}`)
  checks.fails(`it does not come to rest: ${states.join(', ')}`)
}

function isAtRest({ members }: ConsensusWorld): boolean {
  const [first] = members
  return members.every(
    ({ state, raft }) => first !== undefined && state.hash === first.state.hash && raft?.isVoter === true
  )
}

function plan(world: ConsensusWorld): void {
  const { options, members, random } = world
  const oneOf = (): (typeof members)[number] | undefined => members[random.below(members.length)]
  /** Again and again until everything heals. */
  const often = (everyMs: number, happens: () => void): void => {
    if (everyMs === 0) return
    const again = (): void =>
      world.at(random.below(2_000 * everyMs) / 1_000, () => {
        if (world.isHealed) return
        happens()
        again()
      })
    again()
  }
  const soon = (maxMs: number, run: () => void): void =>
    world.at(random.below(maxMs * 1_000 + 1) / 1_000, () => {
      if (!world.isHealed) run()
    })

  // Clients go on when everything is whole, but slowly.
  const propose = (): void =>
    world.at(
      random.below(2_000 * (world.isHealed ? 4 * options.electionTimeoutMs : options.proposeEveryMs)) / 1_000,
      () => {
        for (const member of members) if (member.raft?.role === 'leader') world.propose(member)
        propose()
      }
    )
  propose()
  often(options.readEveryMs, () => {
    const member = oneOf()
    if (member?.raft !== undefined) world.read(member)
  })
  often(options.crashEveryMs, () => {
    // Who leads more often than others: that is where it hurts.
    const member = random.below(2) === 0 ? members.find(({ raft }) => raft?.role === 'leader') : oneOf()
    if (member?.raft === undefined) return
    world.kill(member)
    soon(options.restartWithinMs, () => {
      if (member.raft === undefined) world.start(member)
    })
  })
  often(options.wipeEveryMs, () => {
    const member = random.below(2) === 0 ? oneOf() : (world.wiped ?? oneOf())
    if (member === undefined || !world.mayWipe(member)) return
    world.wipe(member)
    soon(random.below(2) * options.restartWithinMs, () => {
      if (member.raft === undefined) world.start(member)
    })
    // The one other that may have what it answered goes away, too, and its disk stays.
    const leader = members.find(({ raft }) => raft?.role === 'leader')
    if (leader === undefined || random.below(2) === 0) return
    world.kill(leader)
    soon(options.electionTimeoutMs * 8, () => {
      if (leader.raft === undefined) world.start(leader)
    })
  })
  often(options.pauseEveryMs, () => {
    const member = oneOf()
    if (member?.raft === undefined || member.isPaused) return
    member.isPaused = true
    soon(options.electionTimeoutMs * 4, () => {
      if (member.isPaused) world.resume(member)
    })
  })
  often(options.cutEveryMs, () => {
    const [from, to] = [oneOf(), oneOf()]
    if (from === undefined || to === undefined) return
    const isWhole = random.below(2) === 0
    for (const { id } of isWhole ? members : [to]) world.cut(from.id, id)
    if (isWhole && random.below(2) === 0) for (const { id } of members) world.cut(id, from.id)
    soon(options.electionTimeoutMs * 4, () => world.mend())
  })
  often(options.fullEveryMs, () => {
    const member = oneOf()
    if (member === undefined) return
    member.isFull = true
    soon(options.electionTimeoutMs * 3, () => {
      member.isFull = false
    })
  })
  often(options.snapshotEveryMs, () => {
    const member = oneOf()
    if (member?.raft !== undefined) world.snapshot(member)
  })
  often(options.transferEveryMs, () => {
    const member = members.find(({ raft }) => raft?.role === 'leader')
    if (member !== undefined) world.transfer(member)
  })
}
