/** What lives on a znode, and so what changing it does. Pure; the paths are those of Kafka in ZooKeeper mode. */
export interface ZnodeConsequence {
  /** Of `ensemble.consequence`. */
  readonly key: string
  readonly level: 'critical' | 'degraded' | 'recovering' | 'healthy'
  readonly named: Readonly<Record<string, string>>
  /** Whoever means it types the path. */
  readonly isTyped: boolean
}

type Act = 'create' | 'set' | 'delete'

interface Rule {
  readonly path: RegExp
  readonly key: string
  readonly level: ZnodeConsequence['level']
  readonly acts: readonly Act[]
}

const all: readonly Act[] = ['create', 'set', 'delete']

/** The first that fits. */
const RULES: readonly Rule[] = [
  { path: /^\/brokers\/ids\/(?<id>\d+)$/, key: 'registration', level: 'critical', acts: ['delete'] },
  { path: /^\/brokers\/ids\/(?<id>\d+)$/, key: 'registrationData', level: 'critical', acts: ['create', 'set'] },
  { path: /^\/controller$/, key: 'controller', level: 'degraded', acts: ['delete'] },
  { path: /^\/controller$/, key: 'controllerData', level: 'critical', acts: ['create', 'set'] },
  { path: /^\/controller_epoch$/, key: 'controllerEpoch', level: 'critical', acts: all },
  {
    path: /^\/brokers\/topics\/(?<topic>[^/]+)\/partitions\/(?<partition>\d+)(\/state)?$/,
    key: 'partition',
    level: 'critical',
    acts: all
  },
  { path: /^\/brokers\/topics\/(?<topic>[^/]+)(\/partitions)?$/, key: 'topic', level: 'critical', acts: ['delete'] },
  { path: /^\/brokers\/topics\/(?<topic>[^/]+)$/, key: 'assignment', level: 'critical', acts: ['create', 'set'] },
  { path: /^\/admin\/delete_topics\/(?<topic>[^/]+)$/, key: 'deletion', level: 'critical', acts: ['create'] },
  { path: /^\/config\/.+$/, key: 'config', level: 'degraded', acts: all },
  { path: /^\/admin\/reassign_partitions$/, key: 'reassignment', level: 'degraded', acts: all },
  { path: /^\/cluster(\/id)?$/, key: 'clusterId', level: 'critical', acts: all },
  { path: /^\/brokers(\/(ids|topics|seqid))?$/, key: 'everything', level: 'critical', acts: ['delete'] },
  {
    path: /^\/(brokers|config|admin|latest_producer_id_block|isr_change_notification|log_dir_event_notification)(\/.*)?$/,
    key: 'kafka',
    level: 'degraded',
    acts: all
  },
  { path: /^\/zookeeper(\/.*)?$/, key: 'system', level: 'degraded', acts: all }
]

export function znodeConsequence(path: string, act: Act): ZnodeConsequence {
  for (const { path: pattern, key, level, acts } of RULES) {
    const found = acts.includes(act) ? pattern.exec(path) : null
    if (found === null) continue
    return { key, level, named: { path, ...found.groups }, isTyped: level === 'critical' && act !== 'create' }
  }
  return { key: 'none', level: 'healthy', named: { path }, isTyped: false }
}
