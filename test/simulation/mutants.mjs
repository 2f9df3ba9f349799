// Planted errors: patches of the source that are made while the simulator is bundled, so that what is shipped has no trace
// of them. `seed` is one that finds it (npm run simulate -- --mutants); null: none of the first 120 does, since another rule
// stands behind that one (docs/reliability.md says which), or the order of events is too rare. A patch that no longer fits its file is an error. Each is one that a real system has had, or a rule that somebody might take out.

/**
 * @typedef {{
 *   readonly name: string
 *   readonly file: string
 *   readonly from: string
 *   readonly to: string
 *   readonly seed: number | null
 *   readonly what: string
 * }} Mutant
 */

const leader = 'src-main/broker/core/partition-leader.ts'
const partition = 'src-main/broker/partition.ts'
const replicas = 'src-main/broker/replica-manager.ts'
const follower = 'src-main/broker/core/partition-follower.ts'
const fetching = 'src-main/broker/handlers/fetch-partition.ts'
const election = 'src-main/broker/core/controller/leader-election.ts'
const controllerState = 'src-main/broker/core/controller/controller-state.ts'
const log = 'src-main/storage/partition-log.ts'
const group = 'src-main/broker/core/group/group.ts'
const coordinator = 'src-main/broker/group-coordinator.ts'

/** @type {readonly Mutant[]} */
export const mutants = [
  {
    name: 'watermark-over-the-stored-isr',
    file: leader,
    from: 'return this.#isr.has(brokerId) || this.#proposal?.isr.includes(brokerId) === true',
    to: 'return this.#proposal === undefined ? this.#isr.has(brokerId) : this.#proposal.isr.includes(brokerId)',
    seed: 1,
    what: 'the watermark goes by the ISR that is proposed, not by the maximal one (KIP-497)'
  },
  {
    name: 'shrink-before-it-is-stored',
    file: leader,
    from: 'this.#proposal = { id: ++this.#proposals,',
    to: 'this.#isr = new Set(isr)\n    this.#proposal = { id: ++this.#proposals,',
    seed: 1,
    what: 'a leader believes an ISR before the controller has stored it'
  },
  {
    name: 'joins-the-isr-behind',
    file: leader,
    from: 'return logEndOffset >= this.#highWatermark && logEndOffset >= this.#termStartOffset',
    to: 'return true',
    seed: 35,
    what: 'a follower joins the ISR wherever it is (KIP-320, rule 4)'
  },
  {
    name: 'late-refusal-withdraws-a-newer-proposal',
    file: leader,
    from: 'if (proposal?.id !== proposalId || outdated.has(error)) return',
    to: 'if (proposal === undefined) return',
    seed: null,
    what: 'the answer to an earlier proposal is taken for that of the one under way (KAFKA-12686)'
  },
  {
    name: 'min-isr-is-not-asked',
    file: leader,
    from: 'return this.#isr.size < Math.min(this.#options.configs.minInSyncReplicas, this.#followers.size + 1)',
    to: 'return false',
    seed: 10,
    what: 'acks=all is answered by a leader alone'
  },
  {
    name: 'answers-before-it-is-committed',
    file: leader,
    from: 'if (endOffset > this.#highWatermark) return undefined',
    to: '',
    seed: 1,
    what: 'acks=all is answered when the leader has written'
  },
  {
    name: 'leadership-that-goes-commits',
    file: partition,
    from: "this.#pending.endAll('NOT_LEADER_OR_FOLLOWER')",
    to: "this.#pending.endAll('NONE')",
    seed: 2,
    what: 'what waits when leadership goes is taken for committed'
  },
  {
    name: 'watermark-waits-for-nobody',
    file: leader,
    from: 'if (follower.logEndOffset < to && this.#isWaitedFor(id, follower, nowMs)) to = follower.logEndOffset',
    to: 'if (follower.logEndOffset > to) to = Math.max(to, nowMs * 0)',
    seed: 1,
    what: 'the watermark is the leader’s end'
  },
  {
    name: 'cut-to-the-watermark',
    file: partition,
    from: 'if (leader >= 0)\n        this.#follower =',
    to: 'this.log.truncateTo(this.log.highWatermark)\n      if (leader >= 0)\n        this.#follower =',
    seed: 1,
    what: 'a follower cuts to its own watermark when a term begins (KIP-101)'
  },
  {
    name: 'fetches-without-an-epoch',
    file: follower,
    from: 'lastFetchedEpoch: log.latestEpoch }',
    to: 'lastFetchedEpoch: -1 }',
    seed: 1,
    what: 'nobody sees that histories part (KIP-279, KIP-595)'
  },
  {
    name: 'cuts-nothing',
    file: follower,
    from: "this.#effects.push({ type: 'truncateTo', offset, isBelowHighWatermark: offset < log.highWatermark })\n  }\n\n  /**\n   * What was asked",
    to: 'void offset\n  }\n\n  /**\n   * What was asked',
    seed: 2,
    what: 'what the leader does not have is not cut'
  },
  {
    name: 'cuts-to-the-leaders-end',
    file: follower,
    from: 'const offset = own.endOffset < 0 ? end : Math.min(end, own.endOffset)',
    to: 'const offset = end',
    seed: null,
    what: 'the follower’s own end of the epoch is not looked at (KIP-279)'
  },
  {
    name: 'progress-of-a-history-that-parts',
    file: fetching,
    from: 'if (diverging === undefined && !place.isAgain) {',
    to: 'if (!place.isAgain && wanted.fetchOffset <= log.logEndOffset) {',
    seed: 75,
    what: 'a follower counts with records that the leader does not have (KAFKA-13141)'
  },
  {
    name: 'epochs-are-not-compared',
    file: partition,
    from: 'if (currentLeaderEpoch < 0 || currentLeaderEpoch === this.#role.leaderEpoch) return undefined',
    to: 'if (currentLeaderEpoch > -2) return undefined',
    seed: null,
    what: 'a fetch of another term is answered (KIP-320)'
  },
  {
    name: 'orders-of-an-older-term',
    file: replicas,
    from: "if (order.leaderEpoch < held.leaderEpoch) return 'STALE_CONTROLLER_EPOCH'",
    to: '',
    seed: null,
    what: 'a late order of an earlier term is obeyed'
  },
  {
    name: 'orders-of-an-older-controller',
    file: replicas,
    from: "if (controllerEpoch < this.#controllerEpoch) return 'STALE_CONTROLLER_EPOCH'",
    to: '',
    seed: null,
    what: 'orders of a controller that is none any more are obeyed'
  },
  {
    name: 'orders-to-an-earlier-self',
    file: replicas,
    from: "if (brokerEpoch >= 0n && brokerEpoch < expected) return 'STALE_BROKER_EPOCH'",
    to: 'void expected',
    seed: 143,
    what: 'what was meant for a process that is dead is obeyed by the next one (KIP-380)'
  },
  {
    name: 'state-without-its-version',
    file: 'src-main/broker/controller/partition-states.ts',
    from: "return [{ type: 'setData', path, data, version: zkVersion }]",
    to: "return [{ type: 'setData', path, data }]",
    seed: null,
    what: 'the state of a partition is written over whatever is there'
  },
  {
    name: 'writes-without-a-guard',
    file: 'src-main/broker/controller/controller-writes.ts',
    from: "const check: Operation = { type: 'check', path: paths.controllerEpoch, version: this.#epochVersion }",
    to: "const check: Operation = { type: 'check', path: paths.controllerEpoch, version: this.#epochVersion * 0 - 1 }",
    seed: null,
    what: 'a controller writes without looking whether it still is one (KAFKA-6082)'
  },
  {
    name: 'comes-back-with-less',
    file: controllerState,
    from: "return then === undefined || now === undefined || now === '' || now === then",
    to: 'return then !== now || true',
    seed: 24,
    what: 'a broker that lost records is elected by a controller that did not see it (KIP-903)'
  },
  {
    name: 'bounces-unseen',
    file: controllerState,
    from: 'return known?.process !== processOf(now) || !known.partitions.has(topicPartitionName(partition))',
    to: 'return known?.process !== processOf(now) && known?.partitions.has(topicPartitionName(partition)) === true',
    seed: null,
    what: 'a broker that came back at once keeps its place (KIP-380)'
  },
  {
    name: 'answers-to-earlier-questions',
    file: follower,
    from: 'if (request !== this.#request) return',
    to: '',
    seed: null,
    what: 'a follower takes the answer to a question that it has given up'
  },
  {
    name: 'keeps-epochs-of-what-is-cut',
    file: log,
    from: 'if (this.#epochs.truncateFromEnd(end)) this.#epochFile.store(this.#epochs)\n    this.#snapshots',
    to: 'this.#snapshots',
    seed: null,
    what: 'epochs outlive their records'
  },
  {
    name: 'keeps-producers-of-what-is-cut',
    file: log,
    from: 'allAtOnce(loadProducers(this.#context, this.#segments.all, this.#snapshots, end, this.#producers))\n  }\n\n  /**\n   * Forgets',
    to: '}\n\n  /**\n   * Forgets',
    seed: null,
    what: 'a producer is known by records that were cut'
  },
  {
    name: 'proposals-are-forgotten',
    file: 'src-main/broker/isr-proposals.ts',
    from: 'if (answer === undefined) return false',
    to: 'if (answer === undefined) {\n      this.#waiting.clear()\n      return true\n    }',
    seed: 70,
    what: 'an ISR that could not be proposed is not proposed again'
  },
  {
    name: 'epochs-of-nothing-stay',
    file: log,
    from: 'if (this.#epochs.truncateFromEnd(this.#offsets.end)) this.#epochFile.store(this.#epochs)\n      return',
    to: 'return',
    seed: 2,
    what: 'an epoch in which nothing was written is asked about for ever'
  },
  {
    name: 'leader-from-outside',
    file: election,
    from: 'const heirs = replicas.filter((id) => stayed.includes(id))',
    to: 'const heirs = replicas.filter((id) => isOnline(id) && stayed.length > 0)',
    seed: 6,
    what: 'any live replica may lead'
  },
  {
    name: 'unclean-for-all',
    file: election,
    from: 'if (facts.isUncleanAllowed === true && outsider !== undefined)',
    to: 'if (outsider !== undefined)',
    seed: 91,
    what: 'a replica that is not in sync leads rather than nobody'
  },
  {
    name: 'terms-without-a-number',
    file: election,
    from: 'leaderEpoch: stored.leaderEpoch + 1,',
    to: 'leaderEpoch: stored.leaderEpoch,',
    seed: 1,
    what: 'an election does not raise the leader epoch'
  },
  {
    name: 'producers-are-forgotten',
    file: log,
    from: 'noteBatch(batch, 0, this.#producers, compression)\n      at += sizeBytes',
    to: 'void compression\n      at += sizeBytes',
    seed: 3,
    what: 'followers do not know what producers have written'
  },
  {
    name: 'duplicates-are-appended',
    file: log,
    from: "if (check.type === 'duplicate') return this.#duplicate(check)",
    to: 'void this.#duplicate',
    seed: 4,
    what: 'a batch that is sent again is written again'
  },
  {
    name: 'reads-what-is-not-committed',
    file: fetching,
    from: 'const upToOffset = follower === undefined && !isDebugging ? log.highWatermark : log.logEndOffset',
    to: 'void isDebugging\n  const upToOffset = log.logEndOffset',
    seed: 1,
    what: 'consumers are given what may still be lost'
  },
  {
    name: 'ends-that-go-back',
    file: 'src-main/broker/handlers/02-list-offsets.ts',
    from: 'if (isOfEnd && query.timestamp !== -5n && !partition.isHighWatermarkKnown)',
    to: 'if (isOfEnd && query.timestamp !== -5n && partition.log === undefined)',
    seed: 10,
    what: 'a new leader tells of an end before it knows what is committed (KIP-207)'
  },
  {
    name: 'commits-are-not-waited-for',
    file: coordinator,
    from: 'else this.#whenCommitted(written, told)\n  }',
    to: 'else told(undefined)\n  }',
    seed: 63,
    what: 'a commit, or what a group shares out, is answered when it is written, not when it is committed'
  },
  {
    name: 'loads-up-to-the-watermark',
    file: coordinator,
    from: 'const end = shard.partition.log.logEndOffset',
    to: 'const end = shard.partition.log.highWatermark',
    seed: 11,
    what: 'a new coordinator does not read what it does not know to be committed, which may have been acknowledged'
  },
  {
    name: 'groups-are-not-loaded',
    file: coordinator,
    from: 'this.#load(shard, partition.log.logStartOffset, new Map())',
    to: 'this.#load(shard, partition.log.logEndOffset, new Map())',
    seed: 6,
    what: 'a new coordinator begins with no groups'
  },
  {
    name: 'members-are-not-loaded',
    file: coordinator,
    from: 'if (read.metadata !== null) group.restore(read.metadata, nowMs)',
    to: 'void nowMs',
    seed: 6,
    what: 'a new coordinator knows offsets, and no members or generation'
  },
  {
    name: 'commits-of-an-older-generation',
    file: group,
    from: "if (generationId !== this.#generationId) return 'ILLEGAL_GENERATION'\n    if (this.#state === 'CompletingRebalance')",
    to: "if (this.#state === 'CompletingRebalance')",
    seed: 59,
    what: 'a static member that slept through a rebalance commits what others have by now'
  },
  {
    name: 'commits-of-who-is-out',
    file: group,
    from: "if (typeof member === 'string') return member\n    if (generationId !== this.#generationId) return 'ILLEGAL_GENERATION'\n    if (this.#state === 'CompletingRebalance')",
    to: "if (typeof member === 'string') return undefined\n    if (generationId !== this.#generationId) return 'ILLEGAL_GENERATION'\n    if (this.#state === 'CompletingRebalance')",
    seed: 13,
    what: 'who was put out of the group commits all the same'
  },
  {
    name: 'generations-without-a-number',
    file: group,
    from: 'this.#generationId += 1',
    to: 'this.#generationId = Math.max(1, this.#generationId)',
    seed: 3,
    what: 'a rebalance does not raise the generation'
  },
  {
    name: 'offsets-told-before-they-are-committed',
    file: coordinator,
    from: 'group.commitBegan()\n',
    to: 'group.commitBegan()\n    for (const one of committed) group.committed(one.topic, one.partition, one.value)\n',
    seed: 69,
    what: 'OffsetFetch tells what is written, and may still be lost'
  },
  {
    name: 'groups-of-who-may-lead-no-more',
    file: coordinator,
    from: "if (shard?.partition.isSurelyLed !== true) return 'NOT_COORDINATOR'",
    to: "if (shard?.partition === undefined) return 'NOT_COORDINATOR'",
    seed: null,
    what: 'a coordinator in whose place another was elected goes on telling (ADR 39)'
  },
  {
    name: 'proofs-are-not-waited-for',
    file: 'src-main/broker/leader-proofs.ts',
    from: 'if (proof.awaited.size === 0) proof.end(unprovenOf(proof))',
    to: 'proof.end(new Set())',
    seed: null,
    what: 'a leader without a session tells ends and commits at once, as long as its followers followed it a moment ago'
  }
]
