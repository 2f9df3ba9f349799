/**
 * What the four-letter words answer, in the layout of ZooKeeper 3.8 (Administrator's Guide, "The Four Letter Words"; measured),
 * which tools parse. A figure that this ensemble does not have is left out, never 0. No answer is longer than answerBytesMax.
 *
 * conf's tickTime is how often sessions are looked at, syncLimit how many of these a member hears no leader before it looks for another;
 * initLimit and electionAlg are ways of working that this ensemble does not have.
 *
 * Deviations: wchs, wchc and wchp tell of watches for children, too, of which ZooKeeper's say nothing; dump does not tell when
 * connections are closed, which hangs on sessions here.
 */
import type { SessionId } from '../../kernel/ids'
import type { Zxid } from '../wire/zxid'
import { BoundedText } from './bounded-text'
import type { LatencyFigures, LatencySummary } from './latency'
import type { SizeFigures } from './sizes'

/**
 * The protocol we speak is 3.8's; clients compare the numbers. Tools read no line of a server that was never built (go-zookeeper's FLWSrvr):
 * the date is 3.8.0's own.
 */
export const serverVersion = '3.8.0-lagoon, built on 2022-02-25 08:49 UTC'

/** Of a member that knows no leader. */
export const notServing = 'This ZooKeeper instance is not currently serving requests\n'

export interface MemberFigures {
  readonly version: string
  readonly mode: 'standalone' | 'leader' | 'follower'
  /** Undefined: no request yet. */
  readonly latency: LatencyFigures | undefined
  readonly received: number
  readonly sent: number
  readonly connections: number
  readonly outstanding: number
  readonly zxid: Zxid
  readonly znodes: number
  readonly watches: number
  readonly ephemerals: number
  readonly dataBytes: number
  readonly sessions: number
  readonly uptimeMs: number
  /** Members that vote; undefined: an ensemble of one. */
  readonly quorumSize: number | undefined
  /** Undefined: the system does not tell. */
  readonly descriptors: Descriptors | undefined
  /** Of syncs of the log, and of elections: how long nobody led. Undefined: there was none. */
  readonly syncs: LatencySummary | undefined
  readonly elections: LatencySummary | undefined
  /** Undefined of all others. */
  readonly leader: LeaderFigures | undefined
}

export interface LeaderFigures {
  /** How far behind each follower is; null where it has not said so. */
  readonly followersBehind: readonly (number | null)[]
  readonly pendingSyncs: number
  readonly uptimeMs: number
  /** Of the entries of its log since it leads. */
  readonly proposals: SizeFigures | undefined
}

/** As ZooKeeper tells it of a leader that has proposed nothing (BufferStats). */
const noProposals: SizeFigures = { lastBytes: -1, minBytes: -1, maxBytes: -1 }

export interface Descriptors {
  readonly open: number
  readonly max: number
}

export interface ConnectionFigures {
  readonly host: string
  readonly port: number
  readonly isRead: boolean
  readonly queued: number
  readonly received: number
  readonly sent: number
  /** Undefined before its handshake. */
  readonly session:
    | {
        readonly sessionId: SessionId
        readonly timeoutMs: number
        readonly establishedAtMs: number
        readonly lastOperation: string
        readonly lastXid: number
        readonly lastZxid: Zxid
        readonly lastReplyAtMs: number
        readonly lastLatencyMs: number
        readonly latency: LatencyFigures | undefined
      }
    | undefined
}

export interface Configuration {
  readonly clientPort: number
  readonly dataDir: string
  readonly dataBytes: number
  readonly tickMs: number
  readonly connectionsMax: number
  readonly sessionTimeoutMinMs: number
  readonly sessionTimeoutMaxMs: number
  readonly memberId: number
  /** So long a member hears no leader before it looks for another. */
  readonly electionTimeoutMs: number
  readonly peerPort: number | undefined
  /** Of an ensemble of several, itself among them. */
  readonly members: readonly { readonly memberId: number; readonly host: string; readonly port: number }[]
}

export function serverWord(figures: MemberFigures): string {
  return [`Zookeeper version: ${figures.version}`, ...serverLines(figures), ''].join('\n')
}

export function statWord(figures: MemberFigures, connections: Iterable<ConnectionFigures>): string {
  const text = new BoundedText().line(`Zookeeper version: ${figures.version}`).line('Clients:')
  text.lines(connections, briefly)
  return [text.toString(), ...serverLines(figures), ''].join('\n')
}

export function consWord(connections: Iterable<ConnectionFigures>): string {
  return `${new BoundedText().lines(connections, wholly).toString()}\n`
}

export function monitorWord(figures: MemberFigures): string {
  const { latency, mode, quorumSize, descriptors, leader } = figures
  const peerStates = { leader: 'leading - broadcast', follower: 'following - broadcast', standalone: undefined }
  const known = leader?.followersBehind.filter((behind) => behind !== null)
  const proposals = leader === undefined ? undefined : (leader.proposals ?? noProposals)
  const lines: readonly (readonly [string, string | number | undefined])[] = [
    ['zk_version', figures.version],
    ['zk_server_state', mode],
    ['zk_peer_state', peerStates[mode]],
    ['zk_avg_latency', thousandths(latency?.averageMs ?? 0)],
    ['zk_min_latency', Math.round(latency?.minMs ?? 0)],
    ['zk_max_latency', Math.round(latency?.maxMs ?? 0)],
    ['zk_packets_received', figures.received],
    ['zk_packets_sent', figures.sent],
    ['zk_num_alive_connections', figures.connections],
    ['zk_outstanding_requests', figures.outstanding],
    ['zk_znode_count', figures.znodes],
    ['zk_watch_count', figures.watches],
    ['zk_ephemerals_count', figures.ephemerals],
    ['zk_approximate_data_size', figures.dataBytes],
    ['zk_global_sessions', figures.sessions],
    ['zk_local_sessions', 0],
    ['zk_open_file_descriptor_count', descriptors?.open],
    ['zk_max_file_descriptor_count', descriptors?.max],
    ['zk_uptime', figures.uptimeMs],
    ...summary('fsynctime', figures.syncs),
    ...summary('election_time', figures.elections),
    ['zk_quorum_size', quorumSize],
    ['zk_learners', known?.length],
    ['zk_synced_followers', known?.filter((behind) => behind === 0).length],
    ['zk_synced_observers', leader === undefined ? undefined : 0],
    ['zk_pending_syncs', leader?.pendingSyncs],
    ['zk_leader_uptime', leader?.uptimeMs],
    ['zk_last_proposal_size', proposals?.lastBytes],
    ['zk_min_proposal_size', proposals?.minBytes],
    ['zk_max_proposal_size', proposals?.maxBytes]
  ]
  return lines.map(([key, value]) => (value === undefined ? '' : `${key}\t${value}\n`)).join('')
}

function summary(name: string, of: LatencySummary | undefined): readonly (readonly [string, number])[] {
  if (of === undefined) return []
  return [
    [`zk_avg_${name}`, thousandths(of.averageMs)],
    [`zk_min_${name}`, Math.round(of.minMs)],
    [`zk_max_${name}`, Math.round(of.maxMs)],
    [`zk_cnt_${name}`, of.count],
    [`zk_sum_${name}`, Math.round(of.sumMs)]
  ]
}

export function confWord(configuration: Configuration): string {
  const { dataDir, dataBytes, members, peerPort, tickMs } = configuration
  const lines = [
    `clientPort=${configuration.clientPort}`,
    'secureClientPort=-1',
    `dataDir=${dataDir}`,
    `dataDirSize=${dataBytes}`,
    `dataLogDir=${dataDir}`,
    `dataLogSize=${dataBytes}`,
    `tickTime=${tickMs}`,
    `maxClientCnxns=${configuration.connectionsMax}`,
    `minSessionTimeout=${configuration.sessionTimeoutMinMs}`,
    `maxSessionTimeout=${configuration.sessionTimeoutMaxMs}`,
    `serverId=${configuration.memberId}`
  ]
  if (peerPort === undefined) return `${lines.join('\n')}\n`
  const syncLimit = `syncLimit=${configuration.electionTimeoutMs / tickMs}`
  const membership = [syncLimit, `electionPort=${peerPort}`, `quorumPort=${peerPort}`, 'peerType=0', 'membership: ']
  return [...lines, ...membership, membersText(members)].join('\n')
}

/** As /zookeeper/config has it, too. Members have one port for everything. */
export function membersText(members: Configuration['members']): string {
  const servers = members.map(({ memberId, host, port }) => `server.${memberId}=${host}:${port}:${port}:participant`)
  return [...servers, 'version=0'].join('\n')
}

export function enviWord(version: string, environment: Readonly<Record<string, string>>): string {
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  return ['Environment:', `zookeeper.version=${version}`, ...lines, ''].join('\n')
}

export function dirsWord(dataBytes: number): string {
  return `datadir_size: ${dataBytes}\nlogdir_size: ${dataBytes}\n`
}

/** Of a leader: its sessions by the time at which they end. Of a follower, which does not decide about that: all of them. */
export function dumpWord(sessions: SessionsToDump, ephemerals: ReadonlyMap<SessionId, readonly string[]>): string {
  const text = new BoundedText().line('SessionTracker dump:')
  if (sessions.type === 'ending') {
    const count = sessions.sets.reduce((sum, { sessionIds }) => sum + sessionIds.length, 0)
    text.line(`Session Sets (${sessions.sets.length})/(${count}):`)
    for (const { atMs, sessionIds } of sessions.sets) {
      text.line(`${sessionIds.length} expire at ${javaDate(atMs)}:`)
      text.lines(sessionIds, (sessionId) => `\t${sessionName(sessionId)}`)
    }
  } else {
    text.line(`Global Sessions(${sessions.all.length}):`)
    text.lines(sessions.all, ({ sessionId, timeoutMs }) => `${sessionName(sessionId)}\t${timeoutMs}ms`)
  }
  text.line('ephemeral nodes dump:').line(`Sessions with Ephemerals (${ephemerals.size}):`)
  for (const [sessionId, paths] of ephemerals) {
    text.line(`${sessionName(sessionId)}:`)
    text.lines(paths, (path) => `\t${path}`)
  }
  return text.toString()
}

export type SessionsToDump =
  | {
      readonly type: 'ending'
      /** `atMs`: wall clock. */
      readonly sets: readonly { readonly atMs: number; readonly sessionIds: readonly SessionId[] }[]
    }
  | {
      readonly type: 'all'
      readonly all: readonly { readonly sessionId: SessionId; readonly timeoutMs: number }[]
    }

export function watchSummaryWord(summary: {
  readonly connections: number
  readonly paths: number
  readonly watches: number
}): string {
  return `${summary.connections} connections watching ${summary.paths} paths\nTotal watches:${summary.watches}\n`
}

export function watchesByConnectionWord(watches: Iterable<readonly [SessionId, Iterable<string>]>): string {
  const text = new BoundedText()
  for (const [sessionId, paths] of watches) {
    text.line(sessionName(sessionId))
    text.lines(paths, (path) => `\t${path}`)
    if (text.isFull) break
  }
  return `${text.toString()}\n`
}

export function watchesByPathWord(watches: Iterable<readonly [string, Iterable<SessionId>]>): string {
  const text = new BoundedText()
  for (const [path, sessionIds] of watches) {
    text.line(path)
    text.lines(sessionIds, (sessionId) => `\t${sessionName(sessionId)}`)
    if (text.isFull) break
  }
  return `${text.toString()}\n`
}

function serverLines(figures: MemberFigures): readonly string[] {
  const { latency, zxid, leader } = figures
  const { lastBytes, minBytes, maxBytes } = leader?.proposals ?? noProposals
  const [min, average, max] = latencyTexts(latency)
  return [
    `Latency min/avg/max: ${min}/${average}/${max}`,
    `Received: ${figures.received}`,
    `Sent: ${figures.sent}`,
    `Connections: ${figures.connections}`,
    `Outstanding: ${figures.outstanding}`,
    `Zxid: ${zxidHex(zxid)}`,
    `Mode: ${figures.mode}`,
    `Node count: ${figures.znodes}`,
    ...(leader === undefined ? [] : [`Proposal sizes last/min/max: ${lastBytes}/${minBytes}/${maxBytes}`])
  ]
}

function briefly(figures: ConnectionFigures): string {
  return ` ${placeOf(figures)}(${countsOf(figures)})`
}

function wholly(figures: ConnectionFigures): string {
  const { session } = figures
  if (session === undefined) return briefly(figures)
  const [min, average, max] = latencyTexts(session.latency).map((ms) => Math.round(ms))
  const parts = [
    countsOf(figures),
    `sid=${sessionName(session.sessionId)}`,
    `lop=${session.lastOperation}`,
    `est=${Math.round(session.establishedAtMs)}`,
    `to=${session.timeoutMs}`,
    `lcxid=0x${BigInt.asUintN(64, BigInt(session.lastXid)).toString(16)}`,
    `lzxid=${zxidHex(session.lastZxid)}`,
    `lresp=${Math.round(session.lastReplyAtMs)}`,
    `llat=${Math.round(session.lastLatencyMs)}`,
    `minlat=${min}`,
    `avglat=${average}`,
    `maxlat=${max}`
  ]
  return ` ${placeOf(figures)}(${parts.join(',')})`
}

/** With the interest of NIO: whether it is read from. */
function placeOf({ host, port, isRead }: ConnectionFigures): string {
  return `/${host}:${port}[${isRead ? 1 : 0}]`
}

function countsOf({ queued, received, sent }: ConnectionFigures): string {
  return `queued=${queued},recved=${received},sent=${sent}`
}

function latencyTexts(latency: LatencyFigures | undefined): readonly [number, number, number] {
  if (latency === undefined) return [0, 0, 0]
  return [Math.round(latency.minMs), thousandths(latency.averageMs), Math.round(latency.maxMs)]
}

const thousandths = (value: number): number => Math.round(value * 1000) / 1000
const zxidHex = ({ epoch, counter }: Zxid): string => `0x${((BigInt(epoch) << 32n) | BigInt(counter)).toString(16)}`
const sessionName = (sessionId: SessionId): string => `0x${BigInt.asUintN(64, sessionId).toString(16)}`

/** As Java's Date is written in a machine whose zone is UTC. */
function javaDate(atMs: number): string {
  const [weekday = '', day = '', month = '', year = '', time = ''] = new Date(atMs).toUTCString().split(' ')
  return `${weekday.replace(',', '')} ${month} ${day} ${time} UTC ${year}`
}
