/**
 * The params that the sentence of each event needs beside its subject. Who emits an event fills these; a screen that
 * finds one missing falls back to the shorter sentence.
 *
 * Subjects: node, fault, recovery, disk and log events, partitionsRefused, memberElected, sessionExpired, sessionsExpired, snapshotRefused, clientTurnedAway, brokerSessionExpired, brokerLeft, brokerRegistered and controllerElected name a node (broker-2), topic
 * events the topic, group events the group, workload events the workload, which may be called as a node is; partitionsOffline, partitionsOnline and controllerGone may have none.
 */
import type { EventCode } from './views'

export const EVENT_PARAMS = {
  nodeStarting: [],
  nodeRunning: [],
  nodeStopping: [],
  nodeStopped: [],
  nodeKilled: [],
  /** Optional: `exit`, a signal's name or "exit code N"; `restartInSeconds`, when it will be started again. */
  nodeCrashed: [],
  /** One sentence. */
  nodeFailed: ['problem'],
  nodeRestartPlanned: ['restartInSeconds'],
  nodePaused: [],
  nodeResumed: [],
  /** Its data was taken away on purpose. */
  nodeWiped: [],
  /** `kind` as in FAULT_KINDS. Optional: `to`, the other end of the link; `oneWay`, 1; `value`, as FAULT_RULES says. */
  faultAdded: ['kind'],
  faultHealed: ['kind'],
  /** Restarts that are to follow each other. */
  stormBegan: ['count'],
  /** `done` of `count` restarts after which the node ran. */
  stormEnded: ['done', 'count'],
  /** A failure on purpose was followed to its end. `act` as in api/failures, `verdict` as in api/acts; of a fault what it has there, too. */
  actSettled: ['act', 'verdict'],
  /** Partitions whose logs are checked after an unclean end. */
  recoveryStarted: ['count'],
  recoveryEnded: ['count'],
  diskFull: [],
  diskHasRoom: [],
  /** The broker is the subject; `problem` is one sentence, with the path. */
  logsFailed: ['count', 'sample', 'problem'],
  /** Batches that were safe are spoilt: somebody has to say what is to become of these logs. */
  logsCorrupt: ['count', 'sample', 'problem'],
  logsBack: ['count', 'sample'],
  /** Somebody has cut a log at a spoilt batch: `count` records, as far as its end was known. */
  logCut: ['count', 'partition', 'to'],
  /** Somebody has had a log thrown away, to be copied from its leader. */
  logBegunAnew: ['partition'],
  /** The broker is the subject; `error` is Kafka's name for why. */
  partitionsRefused: ['count', 'sample', 'error'],
  /** The member that leads is the subject; `votes` of `members`. */
  memberElected: ['term', 'votes', 'members'],
  /** Members that run, of how many, and how many must. No subject. */
  quorumLost: ['running', 'majority', 'members'],
  quorumRegained: ['seconds'],
  /** Of any client of the ensemble, by the member that leads; `count` ephemeral znodes went with it. */
  sessionExpired: ['sessionId', 'count'],
  /** So many at the same moment, `sessionId` one of them; `count` ephemeral znodes went with them all together. */
  sessionsExpired: ['sessions', 'sessionId', 'count'],
  /** The member is the subject; both in MiB. */
  snapshotRefused: ['size', 'sizeMax'],
  /** A broker that looks for its ensemble at `member`, host:port, where a member of another cluster's answers. */
  clientTurnedAway: ['member'],
  brokerSessionExpired: [],
  brokerRegistered: [],
  controllerElected: ['epoch'],
  controllerGone: [],
  /** It was stopped and ended its session itself, or was back before anybody saw how it went. */
  brokerLeft: [],
  partitionsOffline: ['count'],
  partitionsOnline: ['count'],
  /**
   * The controller is the subject; `leaderEpoch` is the highest one. `cause` is one of those of
   * broker/core/controller/election-news. Optional: `broker`, who led before, and `leader`, who leads now, where it is one.
   */
  partitionsElected: ['count', 'sample', 'leaderEpoch', 'cause'],
  /** The same of a replica that was not in sync. */
  uncleanElection: ['count', 'sample', 'leaderEpoch'],
  /** The controller is the subject. */
  reassignmentsBegan: ['count', 'sample'],
  reassignmentsEnded: ['count', 'sample'],
  /** The node that told of it is the subject: the controller, or the leader of the partitions. */
  isrShrunk: ['count', 'sample'],
  isrExpanded: ['count', 'sample'],
  /** Records that a follower cut, since its leader's history has others there or none; `partition` is its name. */
  logTruncated: ['count', 'partition', 'to'],
  /** The same of committed records: the leader was elected although it lacked them. */
  committedCut: ['count', 'partition', 'to'],
  topicCreated: ['partitions'],
  topicDeleted: [],
  /** Kafka's names of the states. */
  groupStateChanged: ['from', 'to'],
  /** Records. */
  groupBehind: ['lag'],
  groupCaughtUp: [],
  /** Lag history on disk. */
  historyNotKept: [],
  historyKept: [],
  workloadKilled: [],
  /** It was asked to stop, and killed when it had not within so long. */
  workloadHung: ['seconds'],
  /** Nobody asked it to. Optional: `problem`, one sentence; else `exit`, a signal's name or "exit code N". */
  workloadEnded: [],
  /** No process could be made. One sentence. */
  workloadFailed: ['problem'],
  /** Its heartbeats stopped by order; its group waits for them for so long. */
  workloadZombied: ['sessionSeconds']
} as const satisfies Record<EventCode, readonly string[]>
