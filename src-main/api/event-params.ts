/**
 * The params that the sentence of each event needs beside its subject. Who emits an event fills these; a screen that
 * finds one missing falls back to the shorter sentence. Optional ones (signal, exitCode) may both be absent.
 *
 * Subjects: node events, brokerSessionExpired, brokerRegistered and controllerElected name a node (broker-2), topic
 * events the topic, group events the group; partitionsOffline, partitionsOnline and controllerGone may have none.
 */
import type { EventCode } from './views'

export const EVENT_PARAMS = {
  nodeStarting: [],
  nodeRunning: [],
  nodeStopping: [],
  nodeStopped: [],
  nodeKilled: [],
  /** Optional: `signal` (string) or `exitCode` (number). */
  nodeCrashed: [],
  /** One sentence. */
  nodeFailed: ['problem'],
  nodeRestartPlanned: ['delayMs'],
  brokerSessionExpired: [],
  brokerRegistered: [],
  controllerElected: ['epoch'],
  controllerGone: [],
  partitionsOffline: ['count'],
  partitionsOnline: ['count'],
  topicCreated: ['partitions'],
  topicDeleted: [],
  /** Kafka's names of the states. */
  groupStateChanged: ['from', 'to'],
  /** Records. */
  groupBehind: ['lag'],
  groupCaughtUp: []
} as const satisfies Record<EventCode, readonly string[]>
