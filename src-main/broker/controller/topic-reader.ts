/** Takes over what is stored about topics: their assignments, the states of their partitions, and marks of deletion. */
import { randomUuid } from '../../kernel/uuid'
import type { ControlledPartition, ControlledTopic } from '../core/controller/controller-state'
import { topicNameProblem } from '../core/topic-name'
import { parsePartitionState, parseTopic, paths, assignmentData, type StoredAssignment } from '../core/znodes'
import type { ControllerTerm } from './controller-term'
import { deleteIfThere, inParts } from './controller-writes'

/** Topics that were not known; those that are gone are forgotten. `changed` is called when topics come or go. */
export async function readTopics(term: ControllerTerm, changed: () => void): Promise<readonly ControlledPartition[]> {
  const { ports, state } = term
  const listed = await ports.ensemble.getChildren(paths.topics, changed)
  const names = new Set(listed?.children.filter((name) => isLegal(term, name)))
  for (const name of [...state.topics.keys()]) {
    if (names.has(name)) continue
    state.topics.delete(name)
    // Somebody removed what was marked: the mark is of nothing any more, and a new topic of that name is not meant by it.
    if (state.deleting.delete(name)) await deleteIfThere(ports.ensemble, paths.deleteTopic(name))
  }
  const unknown = [...names].filter((name) => !state.topics.has(name))
  const known = (await inParts(unknown, (name) => readAssignment(term, name))).filter((topic) => topic !== undefined)
  const read = await inParts(
    known.flatMap(({ name, partitions }) =>
      partitions.map((assignment, partition) => ({ name, assignment, partition }))
    ),
    ({ name, assignment, partition }) => readPartition(term, name, partition, assignment)
  )
  let next = 0
  for (const topic of known) {
    const { name, topicId, partitions } = topic
    state.topics.set(name, { name, topicId, partitions: read.slice(next, next + partitions.length) })
    next += partitions.length
  }
  return read
}

/** A name that no client could have given (and no folder could have) is no topic. */
function isLegal({ ports }: ControllerTerm, name: string): boolean {
  const reason = topicNameProblem(name)
  if (reason !== undefined) ports.log('warn', 'a znode is ignored', { path: paths.topic(name), reason })
  return reason === undefined
}

/** A topic as its znode has it: the replicas of each partition. */
interface AssignedTopic extends Pick<ControlledTopic, 'name' | 'topicId'> {
  readonly partitions: readonly StoredAssignment[]
}

async function readAssignment({ ports, writes }: ControllerTerm, name: string): Promise<AssignedTopic | undefined> {
  const { ensemble, random, log } = ports
  const znode = await ensemble.getData(paths.topic(name))
  const assignment = znode === undefined ? undefined : parseTopic(znode.data)
  if (assignment === undefined || znode === undefined) {
    log('warn', 'a topic znode cannot be read', { topic: name })
    return undefined
  }
  let { topicId } = assignment
  if (topicId === undefined) {
    // Written by a tool older than topic ids (KIP-516): it gets one now.
    topicId = randomUuid(random)
    const data = assignmentData(topicId, assignment.partitions)
    await writes.multi([{ type: 'setData', path: paths.topic(name), data, version: znode.stat.version }])
  }
  return { name, topicId, partitions: assignment.partitions }
}

async function readPartition(
  { ports }: ControllerTerm,
  topic: string,
  partition: number,
  assignment: StoredAssignment
): Promise<ControlledPartition> {
  const stored = await ports.ensemble.getData(paths.state(topic, partition))
  const state = stored === undefined ? undefined : parsePartitionState(stored.data)
  return { topic, partition, ...assignment, state, zkVersion: stored?.stat.version ?? 0 }
}

/** Topics that are marked; `changed` is called when marks come or go. */
export async function readDeletions({ ports, state }: ControllerTerm, changed: () => void): Promise<void> {
  const listed = await ports.ensemble.getChildren(paths.deleteTopics, changed)
  for (const name of listed?.children ?? []) {
    if (state.topics.has(name)) state.deleting.add(name)
    else await deleteIfThere(ports.ensemble, paths.deleteTopic(name))
  }
}
