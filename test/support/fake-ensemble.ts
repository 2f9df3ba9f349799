/** An invented ensemble and the tree of a Kafka cluster, for pictures of the renderer only. */
import type { EnsembleView } from '../../src-main/api/ensemble'
import { childrenOfKey, type ZnodeChildrenView, type ZnodeRow, type ZnodeView } from '../../src-main/api/znodes'
import type { SessionRow, SessionsView, WatchedPathsView, WatchersView } from '../../src-main/api/sessions'
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
    apart: [],
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
      steps:
        members.length < 2
          ? []
          : [
              { what: 'lost', member: 'ensemble-3', atMs: atMs + 72 },
              { what: 'asks', member: 'ensemble-1', atMs: quorum ? atMs + 370 : null },
              { what: 'stands', member: 'ensemble-1', atMs: atMs + 403 },
              { what: 'votes', member: 'ensemble-2', atMs: atMs + 424 },
              { what: 'leads', member: 'ensemble-1', atMs: atMs + 482 },
              { what: 'commits', member: 'ensemble-1', atMs: atMs + 519 }
            ],
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

interface FakeAsked {
  readonly limit?: number
  readonly contains?: string
}

const SESSIONS = 10_004
const portOf = (id: number): number => 2180 + id

/** Three brokers, Lagoon, and clients as with a large application; those at members that do not run are told nowhere. */
function fakeRows(nodes: readonly NodeView[], nowMs: number): readonly SessionRow[] {
  const members = nodes.filter(({ role, state }) => role === 'ensemble' && state === 'running')
  return Array.from({ length: SESSIONS }, (_, i) => {
    const member = members[i % Math.max(1, members.length)]
    return {
      sessionId: i === 1 ? OWNER : `0x3000a41c7d${(0x30000 + i * 7).toString(16)}`,
      broker: i < 3 ? i + 1 : null,
      isOurs: i === 3,
      client: i === 6 ? null : `127.0.0.1:${40_000 + i}`,
      member: i === 6 || member === undefined ? null : `127.0.0.1:${portOf(member.id)}`,
      timeoutMs: i < 3 ? 18_000 : 10_000,
      ephemerals: i < 3 ? (i === 0 ? 2 : 1) : i === 3 ? 0 : 1,
      heardAtMs: nowMs - ((i * 700) % 6_000)
    }
  })
}

function fakeTold(nodes: readonly NodeView[], total: number, matching: number) {
  const members = nodes.filter(({ role }) => role === 'ensemble')
  const running = members.filter(({ state }) => state === 'running')
  const hasQuorum = running.length > members.length / 2
  const silent = members
    .filter((node) => !hasQuorum || !running.includes(node))
    .map(({ id }) => `127.0.0.1:${portOf(id)}`)
  return hasQuorum ? { total, matching, silent, isCut: false } : { total: 0, matching: 0, silent, isCut: false }
}

export function fakeSessions(nodes: readonly NodeView[], asked: FakeAsked, nowMs: number): SessionsView {
  const rows = fakeRows(nodes, nowMs)
  const matching = rows.filter(({ sessionId }) => sessionId.includes(asked.contains ?? ''))
  const told = fakeTold(nodes, rows.length, matching.length)
  return { sessions: told.total === 0 ? [] : matching.slice(0, asked.limit), ...told }
}

const WATCHED = [
  '/admin/delete_topics',
  '/admin/reassign_partitions',
  '/app/locks',
  '/brokers/ids',
  '/brokers/ids/1',
  '/brokers/ids/2',
  '/brokers/topics',
  '/brokers/topics/a-very-long-name-of-a-topic-that-somebody-thought-would-say-everything/partitions/12/state',
  '/brokers/topics/orders/partitions/2/state',
  '/controller',
  '/isr_change_notification'
]

export function fakeWatchedPaths(nodes: readonly NodeView[], asked: FakeAsked): WatchedPathsView {
  const rows = fakeRows(nodes, 0)
  const matching = WATCHED.filter((path) => path.includes(asked.contains ?? ''))
  const told = fakeTold(nodes, WATCHED.length, matching.length)
  const paths = matching.map((path, i) => {
    const count = path === '/app/locks' ? 9_990 : 1 + (i % 4)
    return { path, count, named: rows.slice(path === '/app/locks' ? 4 : 0).slice(0, Math.min(5, count)) }
  })
  return { paths: told.total === 0 ? [] : paths.slice(0, asked.limit), ...told }
}

export function fakeWatchers(nodes: readonly NodeView[], asked: FakeAsked): WatchersView {
  const rows = fakeRows(nodes, 0).filter(({ sessionId }) => sessionId.includes(asked.contains ?? ''))
  const told = fakeTold(nodes, SESSIONS, rows.length)
  const sessions = rows.slice(0, asked.limit).map((row, i) => {
    const count = i < 4 ? 10 - i : 1
    return { ...row, count, named: i < 4 ? WATCHED.slice(3, 8) : ['/app/locks'] }
  })
  return { sessions: told.total === 0 ? [] : sessions, ...told }
}
