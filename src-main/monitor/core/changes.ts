/**
 * Events from the difference of two snapshots. What one of them does not know gives no event: nothing is told that was
 * not seen. The params are those of api/event-params.
 */
import type { EventCode, HealthLevel } from '../../api/views'
import type { ObservedEvent } from '../observation'
import type { BehindChanges } from './groups-behind'
import { leaderlessPartitions } from './observing'
import { unknownState, type EnsembleFacts, type Snapshot } from './snapshot'

const sampleMax = 3

const kinds = {
  brokerRegistered: ['cluster', 'healthy'],
  brokerSessionExpired: ['cluster', 'critical'],
  controllerElected: ['cluster', 'healthy'],
  controllerGone: ['cluster', 'critical'],
  partitionsOffline: ['cluster', 'critical'],
  partitionsOnline: ['cluster', 'healthy'],
  topicCreated: ['cluster', 'healthy'],
  topicDeleted: ['cluster', 'healthy'],
  // What a group comes to is no good news and no bad news: its members stood still for it.
  groupStateChanged: ['group', 'recovering'],
  groupBehind: ['group', 'degraded'],
  groupCaughtUp: ['group', 'healthy'],
  historyNotKept: ['process', 'degraded'],
  historyKept: ['process', 'healthy']
} as const satisfies Partial<Record<EventCode, readonly ['cluster' | 'group' | 'process', HealthLevel]>>

type Params = ObservedEvent['params']

function event(atMs: number, code: keyof typeof kinds, subject: string | null, params: Params = {}): ObservedEvent {
  const [kind, level] = kinds[code]
  return { atMs, code, level, kind, subject, params }
}

const nodeName = (id: number): string => `broker-${id}`

export function ensembleEvents(
  before: EnsembleFacts | null,
  after: EnsembleFacts | null,
  atMs: number
): readonly ObservedEvent[] {
  if (before === null || after === null) return []
  const events: ObservedEvent[] = []
  for (const id of before.brokerIds) {
    if (!after.brokerIds.includes(id)) events.push(event(atMs, 'brokerSessionExpired', nodeName(id)))
  }
  for (const id of after.brokerIds) {
    if (!before.brokerIds.includes(id)) events.push(event(atMs, 'brokerRegistered', nodeName(id)))
  }
  const isOther = before.controllerId !== after.controllerId || before.controllerEpoch !== after.controllerEpoch
  if (after.controllerId === null) {
    if (before.controllerId !== null) events.push(event(atMs, 'controllerGone', null))
  } else if (isOther && after.controllerEpoch !== null) {
    events.push(event(atMs, 'controllerElected', nodeName(after.controllerId), { epoch: after.controllerEpoch }))
  }
  return events
}

export function snapshotEvents(before: Snapshot, after: Snapshot): readonly ObservedEvent[] {
  return [...topicEvents(before, after), ...partitionEvents(before, after), ...groupEvents(before, after)]
}

function topicEvents(before: Snapshot, after: Snapshot): readonly ObservedEvent[] {
  if (before.topicsAtMs === null || !after.hasMetadata) return []
  const events: ObservedEvent[] = []
  for (const [name, { topicId }] of before.topics) {
    if (after.topics.get(name)?.topicId !== topicId) events.push(event(after.atMs, 'topicDeleted', name))
  }
  for (const [name, { topicId, partitions }] of after.topics) {
    if (before.topics.get(name)?.topicId === topicId) continue
    events.push(event(after.atMs, 'topicCreated', name, { partitions: partitions.length }))
  }
  return events
}

function partitionEvents(before: Snapshot, after: Snapshot): readonly ObservedEvent[] {
  if (before.topicsAtMs === null || !after.hasMetadata) return []
  const earlier = new Set(leaderlessPartitions(before).names)
  const now = leaderlessPartitions(after)
  // The rule: nothing was or is without a leader, and no name of ten thousand need be made.
  if (earlier.size === 0 && now.names.length === 0) return []
  // A topic that is just being made has no leaders yet: that is no loss.
  const known = partitionNames(before)
  const offline = now.names.filter((name) => !earlier.has(name) && known.has(name))
  const still = new Set(now.names)
  const existing = partitionNames(after)
  const online = [...earlier].filter((name) => !still.has(name) && existing.has(name))
  const events: ObservedEvent[] = []
  if (offline.length > 0) {
    const holders = Object.keys(now.byBroker)
    const broker: Params = holders.length === 1 ? { broker: nodeName(Number(holders[0])) } : {}
    const params = { count: offline.length, sample: offline.slice(0, sampleMax).join(', '), ...broker }
    events.push(event(after.atMs, 'partitionsOffline', null, params))
  }
  if (online.length > 0) events.push(event(after.atMs, 'partitionsOnline', null, { count: online.length }))
  return events
}

function partitionNames(snapshot: Snapshot): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { name, partitions } of snapshot.topics.values()) {
    for (const { partition } of partitions) names.add(`${name}-${partition}`)
  }
  return names
}

function groupEvents(before: Snapshot, after: Snapshot): readonly ObservedEvent[] {
  if (before.groups === null || after.groups === null) return []
  const events: ObservedEvent[] = []
  for (const [groupId, { state, lastState }] of after.groups) {
    const earlier = before.groups.get(groupId)
    if (earlier === undefined || state === unknownState || earlier.lastState === lastState) continue
    events.push(event(after.atMs, 'groupStateChanged', groupId, { from: earlier.lastState, to: lastState }))
  }
  return events
}

/** Of the lag history on disk. */
export function historyEvent(isKept: boolean, atMs: number): ObservedEvent {
  return event(atMs, isKept ? 'historyKept' : 'historyNotKept', null)
}

export function behindEvents(changes: BehindChanges, atMs: number): readonly ObservedEvent[] {
  return [
    ...changes.behind.map(({ groupId, lagRecords }) => event(atMs, 'groupBehind', groupId, { lag: lagRecords })),
    ...changes.caughtUp.map((groupId) => event(atMs, 'groupCaughtUp', groupId))
  ]
}
