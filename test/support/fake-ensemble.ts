/** An invented ensemble and the tree of a Kafka cluster, for pictures of the renderer only. */
import type { EnsembleView } from '../../src-main/api/ensemble'
import { childrenOfKey, type ZnodeChildrenView, type ZnodeRow, type ZnodeView } from '../../src-main/api/znodes'
import type { NodeView } from '../../src-main/api/views'

const ZXID = '0x500000214'
const OWNER = '0x3000a41c7d20007'

export function fakeEnsemble(nodes: readonly NodeView[], nowMs: number): EnsembleView {
  const members = nodes.filter(({ role }) => role === 'ensemble')
  const running = members.filter(({ state }) => state === 'running')
  const majority = Math.floor(members.length / 2) + 1
  const quorum = running.length >= majority
  const leader = quorum ? (running[0]?.name ?? null) : null
  return {
    quorum,
    leaderlessSinceMs: null,
    leader,
    term: running.length === 0 ? null : 5,
    majority,
    running: running.length,
    members: members.map(({ name, id, state, port }) => {
      const isUp = state === 'running'
      const isLeader = name === leader
      return {
        name,
        id,
        state,
        port,
        heardAtMs: isUp ? nowMs : nowMs - 39_000,
        role: !isUp ? null : isLeader ? 'leader' : quorum ? 'follower' : 'candidate',
        term: isUp ? 5 : null,
        leader: isUp ? leader : null,
        zxid: isUp ? ZXID : null,
        lastOnDisk: isUp ? ZXID : null,
        committed: isUp ? ZXID : null,
        behindEntries: isUp && !isLeader && quorum ? 0 : null,
        sessions: isUp ? 5 - id : null,
        connections: isUp ? 6 - id : null,
        outstanding: isUp ? id - 1 : null,
        latency: isUp ? { minMs: 0.1, averageMs: 0.6 + id / 5, maxMs: 11 + id } : null
      }
    }),
    znodes: quorum ? 10_063 : running.length === 0 ? null : 10_061,
    sessions: running.length === 0 ? null : 10_004,
    watches: running.length === 0 ? null : 41,
    election: {
      term: 5,
      leader: members[0]?.name ?? 'ensemble-1',
      votes: members.map(({ name, id }) => ({
        member: name,
        candidate: id === 3 ? null : 'ensemble-1',
        isKnown: id !== 3
      }))
    }
  }
}

const CHILDREN: Readonly<Record<string, readonly string[]>> = {
  '/': [
    'admin',
    'app',
    'brokers',
    'cluster',
    'config',
    'controller',
    'controller_epoch',
    'isr_change_notification',
    'zookeeper'
  ],
  '/admin': ['delete_topics'],
  '/app': ['counter', 'locks'],
  '/app/locks': Array.from({ length: 10_000 }, (_, i) => `lock-${String(i).padStart(10, '0')}`),
  '/brokers': ['ids', 'seqid', 'topics'],
  '/brokers/ids': ['1', '2', '3'],
  '/brokers/topics': ['__consumer_offsets', 'app-logs', 'orders', 'payments.events'],
  '/brokers/topics/orders': ['partitions'],
  '/brokers/topics/orders/partitions': ['0', '1', '2', '3', '4', '5'],
  '/brokers/topics/orders/partitions/2': ['state'],
  '/cluster': ['id'],
  '/config': ['brokers', 'changes', 'topics']
}

const isEphemeral = (path: string): boolean => path === '/controller' || path.startsWith('/brokers/ids/')
const atMs = Date.UTC(2026, 10, 28, 1, 42, 20, 507)

const rowOf = (parent: string, name: string, nowMs: number): ZnodeRow => {
  const path = parent === '/' ? `/${name}` : `${parent}/${name}`
  const isCounter = path === '/app/counter'
  return {
    name,
    version: isCounter ? Math.floor(nowMs / 1000) % 10_000 : path.endsWith('state') ? 12 : 0,
    mzxid: isCounter
      ? `0x5${Math.floor(nowMs / 1000)
          .toString(16)
          .padStart(8, '0')}`
      : '0x400003f12',
    mtimeMs: isCounter ? nowMs : atMs,
    numChildren: CHILDREN[path]?.length ?? 0,
    isEphemeral: isEphemeral(path)
  }
}

export function fakeChildren(key: string, nowMs: number): ZnodeChildrenView | null {
  const asked = childrenOfKey(key)
  if (asked === undefined) return null
  const names = CHILDREN[asked.path] ?? []
  return {
    path: asked.path,
    isReachable: true,
    total: names.length,
    rows: names.slice(0, asked.limit).map((name) => rowOf(asked.path, name, nowMs))
  }
}

const registration = {
  features: {},
  listener_security_protocol_map: { PLAINTEXT: 'PLAINTEXT' },
  endpoints: ['PLAINTEXT://127.0.0.1:9093'],
  jmx_port: -1,
  port: 9093,
  host: '127.0.0.1',
  version: 5,
  timestamp: String(atMs)
}

export function fakeZnode(path: string): ZnodeView {
  const isOwned = isEphemeral(path)
  const isBytes = path === '/app/counter'
  const data = path.startsWith('/brokers/ids/')
    ? JSON.stringify(registration)
    : isBytes
      ? { base64: 'AAAAAAAAHC4=' }
      : path === '/controller'
        ? '{"version":2,"brokerid":1,"timestamp":"1795830140507","kraftControllerEpoch":-1}'
        : null
  return {
    path,
    isReachable: true,
    stat: {
      czxid: '0x400003f12',
      mzxid: '0x400003f12',
      pzxid: '0x400003f12',
      ctimeMs: atMs,
      mtimeMs: atMs,
      version: 0,
      cversion: 0,
      ephemeralOwner: isOwned ? OWNER : '0x0',
      dataLength: typeof data === 'string' ? data.length : isBytes ? 8 : 0,
      numChildren: CHILDREN[path]?.length ?? 0
    },
    data,
    cutFromBytes: null,
    owner: isOwned ? { sessionId: OWNER, broker: Number(path.at(-1)) || 1, isOurs: false } : null,
    acl: ['world:anyone cdrwa'],
    isDenied: false
  }
}
