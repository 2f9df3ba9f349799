/**
 * Watches: a client names a key, gets the current view at once and each later one whole. At most one push per key and
 * second, plus one at once when an event changes it.
 */
import { z } from 'zod'
import type { ActsView } from './acts'
import type { ClustersView } from './clusters'
import type { DesktopView } from './desktop'
import type { EnsembleView } from './ensemble'
import type { ProductionView } from './producing'
import type { JobPush } from './search'
import type {
  ClusterEvent,
  ClusterView,
  EventsView,
  FirstTopicsView,
  GroupsView,
  GroupView,
  HeldPartitionsView,
  LagSampleView,
  PartitionMapView,
  PlacementView,
  RatesView,
  RecordView,
  TopicReadersView,
  TopicsView,
  TopicView,
  UnreadableView
} from './views'
import type { WorkloadsView } from './workloads'
import type { ZnodeChildrenView, ZnodeView } from './znodes'

export type WatchKey =
  | 'cluster'
  | 'ensemble'
  | 'events'
  | 'rates'
  | 'topics'
  | 'first-topics'
  | 'groups'
  | 'partitions'
  | 'placement'
  | 'workloads'
  | 'acts'
  | 'app'
  | 'clusters'
  | `znode:${string}`
  | `children:${string}`
  | `held:${string}`
  | `topic:${string}`
  | `readers:${string}`
  | `group:${string}`
  | `lag:${string}`
  | `consumer:${string}`
  | `production:${string}`
  | `job:${string}`

/** What arrives for a key (`held:` names a broker, `znode:` a path, `children:` a number and a path, `readers:` a topic). `events` and `rates` send all that is kept, then what is new. */
export type WatchValue<Key extends WatchKey> = Key extends 'cluster'
  ? ClusterView
  : Key extends 'ensemble'
    ? EnsembleView
    : Key extends 'events'
      ? EventsView
      : Key extends 'rates'
        ? RatesView
        : Key extends 'topics'
          ? TopicsView
          : Key extends 'first-topics'
            ? FirstTopicsView
            : Key extends 'groups'
              ? GroupsView
              : Key extends 'partitions'
                ? PartitionMapView
                : Key extends 'placement'
                  ? PlacementView
                  : Key extends 'workloads'
                    ? WorkloadsView
                    : Key extends 'acts'
                      ? ActsView
                      : Key extends 'app'
                        ? DesktopView
                        : Key extends 'clusters'
                          ? ClustersView
                          : Key extends `znode:${string}`
                            ? ZnodeView
                            : Key extends `children:${string}`
                              ? ZnodeChildrenView
                              : Key extends `held:${string}`
                                ? HeldPartitionsView
                                : Key extends `topic:${string}`
                                  ? TopicView | null
                                  : Key extends `readers:${string}`
                                    ? TopicReadersView
                                    : Key extends `group:${string}`
                                      ? GroupView | null
                                      : Key extends `lag:${string}`
                                        ? LagSampleView
                                        : Key extends `consumer:${string}`
                                          ? ConsumerPush
                                          : Key extends `production:${string}`
                                            ? ProductionView
                                            : Key extends `job:${string}`
                                              ? JobPush
                                              : never

export interface BegunElsewhere {
  readonly topic: string
  readonly partition: number
  readonly asked: number
  readonly begun: number
}

/**
 * `sequence` counts the pushes of this consumer from 1; whoever gets them says `consumer.take` when they are safe.
 * Ends with `ended`: reached maxRecords or a poll brought nothing; `error` is one sentence.
 */
export type ConsumerPush =
  | { readonly type: 'records'; readonly sequence: number; readonly records: readonly RecordView[] }
  /** Records that are in the log and cannot be shown; what follows them comes. */
  | { readonly type: 'unreadable'; readonly places: readonly UnreadableView[] }
  /** Asked to begin at an offset that those logs do not have: reading begins at the nearest that they have. */
  | { readonly type: 'begunElsewhere'; readonly places: readonly BegunElsewhere[] }
  | { readonly type: 'ended'; readonly error: string | null }

export const watchKeySchema = z
  .string()
  .max(600)
  .regex(
    /^(cluster|ensemble|events|rates|topics|first-topics|groups|partitions|placement|workloads|acts|app|clusters|(znode|children|held|topic|readers|consumer|production|job):.+|(group|lag):.*)$/s
  )

export type { ClusterEvent }
