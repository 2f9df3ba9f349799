/** What the four-letter words answer, in ZooKeeper's own layout (Administrator's Guide), which tools parse. */
import type { Zxid } from '../wire/zxid'

/** Of a member that knows no leader. */
export const notServing = 'This ZooKeeper instance is not currently serving requests\n'

export interface MemberFigures {
  readonly version: string
  readonly mode: 'standalone' | 'leader' | 'follower'
  readonly latency: { readonly minMs: number; readonly averageMs: number; readonly maxMs: number }
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
}

export function serverWord(figures: MemberFigures): string {
  const { latency, zxid } = figures
  const hex = `0x${((BigInt(zxid.epoch) << 32n) | BigInt(zxid.counter)).toString(16)}`
  return [
    `Zookeeper version: ${figures.version}`,
    `Latency min/avg/max: ${latency.minMs}/${latency.averageMs}/${latency.maxMs}`,
    `Received: ${figures.received}`,
    `Sent: ${figures.sent}`,
    `Connections: ${figures.connections}`,
    `Outstanding: ${figures.outstanding}`,
    `Zxid: ${hex}`,
    `Mode: ${figures.mode}`,
    `Node count: ${figures.znodes}`,
    ''
  ].join('\n')
}

export function monitorWord(figures: MemberFigures): string {
  const lines: readonly (readonly [string, string | number])[] = [
    ['zk_version', figures.version],
    ['zk_server_state', figures.mode],
    ['zk_avg_latency', figures.latency.averageMs],
    ['zk_min_latency', figures.latency.minMs],
    ['zk_max_latency', figures.latency.maxMs],
    ['zk_packets_received', figures.received],
    ['zk_packets_sent', figures.sent],
    ['zk_num_alive_connections', figures.connections],
    ['zk_outstanding_requests', figures.outstanding],
    ['zk_znode_count', figures.znodes],
    ['zk_watch_count', figures.watches],
    ['zk_ephemerals_count', figures.ephemerals],
    ['zk_approximate_data_size', figures.dataBytes],
    ['zk_global_sessions', figures.sessions],
    ['zk_uptime', figures.uptimeMs]
  ]
  return lines.map(([key, value]) => `${key}\t${value}\n`).join('')
}
