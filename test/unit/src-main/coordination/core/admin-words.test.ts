import { describe, expect, it } from 'vitest'
import {
  confWord,
  consWord,
  dumpWord,
  enviWord,
  monitorWord,
  serverVersion,
  serverWord,
  statWord,
  watchesByConnectionWord,
  watchesByPathWord,
  watchSummaryWord,
  type ConnectionFigures,
  type MemberFigures
} from '../../../../../src-main/coordination/core/admin-words'
import { answerBytesMax } from '../../../../../src-main/coordination/core/bounded-text'

const figures: MemberFigures = {
  version: '3.8.0-lagoon',
  mode: 'leader',
  latency: { minMs: 0.4, averageMs: 7.41234, maxMs: 23.2 },
  received: 92,
  sent: 91,
  connections: 2,
  outstanding: 0,
  zxid: { epoch: 1, counter: 2 },
  znodes: 5,
  watches: 3,
  ephemerals: 1,
  dataBytes: 184,
  sessions: 1,
  uptimeMs: 4_224,
  quorumSize: 3,
  descriptors: { open: 40, max: 1024 },
  syncs: { minMs: 0.6, averageMs: 1.23456, maxMs: 9.4, count: 7, sumMs: 8.6 },
  elections: { minMs: 80, averageMs: 90, maxMs: 100, count: 2, sumMs: 180 },
  leader: {
    followersBehind: [0, null],
    pendingSyncs: 2,
    uptimeMs: 4_000,
    proposals: { lastBytes: 70, minBytes: 44, maxBytes: 1_100 }
  }
}

const connection: ConnectionFigures = {
  host: '127.0.0.1',
  port: 35852,
  isRead: true,
  queued: 0,
  received: 5,
  sent: 5,
  session: {
    sessionId: 0x30000d25eda0000n,
    timeoutMs: 10_000,
    establishedAtMs: 1_795_977_773_897,
    lastOperation: 'GETD',
    lastXid: -2,
    lastZxid: { epoch: 1, counter: 2 },
    lastReplyAtMs: 13_789_905.4,
    lastLatencyMs: 1,
    latency: { minMs: 0, averageMs: 7.2, maxMs: 23 }
  }
}
const stranger: ConnectionFigures = {
  ...connection,
  port: 35898,
  isRead: false,
  received: 1,
  sent: 0,
  session: undefined
}

describe('four-letter words', () => {
  it('srvr as tools read it: a version without blanks, and when it was built', () => {
    const firstLine = serverWord({ ...figures, version: serverVersion }).split('\n', 1)[0]

    expect(firstLine).toMatch(
      /^Zookeeper version: [A-Za-z0-9.-]+, built on \d\d\d\d-\d\d-\d\d \d\d:\d\d [A-Za-z0-9:+-]+$/
    )
  })

  it('srvr and stat', () => {
    const lines = [
      'Latency min/avg/max: 0/7.412/23',
      'Received: 92',
      'Sent: 91',
      'Connections: 2',
      'Outstanding: 0',
      'Zxid: 0x100000002',
      'Mode: leader',
      'Node count: 5',
      'Proposal sizes last/min/max: 70/44/1100',
      ''
    ]
    const others = { ...figures, leader: undefined }
    expect(serverWord(others)).not.toContain('Proposal sizes')
    const { followersBehind, pendingSyncs, uptimeMs } = figures.leader ?? expect.fail('it leads')
    const fresh = { followersBehind, pendingSyncs, uptimeMs, proposals: undefined }
    expect(serverWord({ ...figures, leader: fresh })).toContain('Proposal sizes last/min/max: -1/-1/-1\n')

    expect(serverWord(figures).split('\n')).toEqual(['Zookeeper version: 3.8.0-lagoon', ...lines])
    expect(statWord(figures, [stranger, connection]).split('\n')).toEqual([
      'Zookeeper version: 3.8.0-lagoon',
      'Clients:',
      ' /127.0.0.1:35898[0](queued=0,recved=1,sent=0)',
      ' /127.0.0.1:35852[1](queued=0,recved=5,sent=5)',
      '',
      ...lines
    ])
  })

  it('cons, of a session and of who has none yet', () => {
    expect(consWord([connection, stranger])).toBe(
      ' /127.0.0.1:35852[1](queued=0,recved=5,sent=5,sid=0x30000d25eda0000,lop=GETD,est=1795977773897,to=10000,' +
        'lcxid=0xfffffffffffffffe,lzxid=0x100000002,lresp=13789905,llat=1,minlat=0,avglat=7,maxlat=23)\n' +
        ' /127.0.0.1:35898[0](queued=0,recved=1,sent=0)\n\n'
    )
  })

  it('mntr says of an ensemble what only its leader knows, and nothing that nobody knows', () => {
    const keys = (of: MemberFigures): Record<string, string> =>
      Object.fromEntries(
        monitorWord(of)
          .trimEnd()
          .split('\n')
          .map((line) => line.split('\t') as [string, string])
      )

    expect(keys(figures)).toMatchObject({
      zk_server_state: 'leader',
      zk_peer_state: 'leading - broadcast',
      zk_avg_latency: '7.412',
      zk_quorum_size: '3',
      zk_learners: '1',
      zk_synced_followers: '1',
      zk_synced_observers: '0',
      zk_pending_syncs: '2',
      zk_leader_uptime: '4000',
      zk_last_proposal_size: '70',
      zk_min_proposal_size: '44',
      zk_max_proposal_size: '1100',
      zk_open_file_descriptor_count: '40',
      zk_max_file_descriptor_count: '1024',
      zk_avg_fsynctime: '1.235',
      zk_min_fsynctime: '1',
      zk_max_fsynctime: '9',
      zk_cnt_fsynctime: '7',
      zk_sum_fsynctime: '9',
      zk_cnt_election_time: '2',
      zk_sum_election_time: '180'
    })
    const follower = keys({ ...figures, mode: 'follower', leader: undefined })
    expect(follower).toMatchObject({ zk_peer_state: 'following - broadcast', zk_quorum_size: '3' })
    for (const name of ['synced_followers', 'learners', 'pending_syncs', 'leader_uptime', 'max_proposal_size'])
      expect(follower).not.toHaveProperty(`zk_${name}`)
    const unknown = { quorumSize: undefined, latency: undefined, descriptors: undefined, syncs: undefined }
    const alone = keys({ ...figures, mode: 'standalone', ...unknown, elections: undefined, leader: undefined })
    expect(alone).not.toHaveProperty('zk_peer_state')
    expect(alone).not.toHaveProperty('zk_quorum_size')
    for (const name of ['open_file_descriptor_count', 'cnt_fsynctime', 'cnt_election_time'])
      expect(alone).not.toHaveProperty(`zk_${name}`)
  })

  it('conf, alone and of several', () => {
    const configuration = {
      clientPort: 2181,
      dataDir: '/data',
      dataBytes: 7,
      tickMs: 250,
      connectionsMax: 10_000,
      electionTimeoutMs: 500,
      sessionTimeoutMinMs: 1_000,
      sessionTimeoutMaxMs: 40_000,
      memberId: 1,
      peerPort: undefined,
      members: []
    }

    expect(confWord(configuration)).toMatch(/^clientPort=2181\n.*\ndataDir=\/data\ndataDirSize=7\n(.*\n)*serverId=1\n$/)
    expect(confWord(configuration)).toContain('\ntickTime=250\nmaxClientCnxns=10000\n')
    expect(confWord(configuration)).not.toContain('syncLimit')
    const member = (memberId: number) => ({ memberId, host: 'h', port: 2880 + memberId })
    expect(confWord({ ...configuration, peerPort: 2881, members: [member(1), member(2)] })).toMatch(
      /syncLimit=2\nelectionPort=2881\nquorumPort=2881\npeerType=0\nmembership: \nserver.1=h:2881:2881:participant\nserver.2=h:2882:2882:participant\nversion=0$/
    )
  })

  it('dump, of a leader by the end of sessions, of a follower all of them', () => {
    const ephemerals = new Map([[5n, ['/e', '/f']]])
    const sets = [{ atMs: Date.UTC(2026, 10, 29, 18, 43, 4), sessionIds: [5n, 6n] }]

    expect(dumpWord({ type: 'ending', sets }, ephemerals)).toBe(
      'SessionTracker dump:\nSession Sets (1)/(2):\n2 expire at Sun Nov 29 18:43:04 UTC 2026:\n\t0x5\n\t0x6\n' +
        'ephemeral nodes dump:\nSessions with Ephemerals (1):\n0x5:\n\t/e\n\t/f\n'
    )
    expect(dumpWord({ type: 'all', all: [{ sessionId: 5n, timeoutMs: 6_000 }] }, new Map())).toBe(
      'SessionTracker dump:\nGlobal Sessions(1):\n0x5\t6000ms\nephemeral nodes dump:\nSessions with Ephemerals (0):\n'
    )
  })

  it('wchs, wchc, wchp and envi', () => {
    expect(watchSummaryWord({ connections: 1, paths: 2, watches: 3 })).toBe(
      '1 connections watching 2 paths\nTotal watches:3\n'
    )
    expect(watchesByConnectionWord([[5n, ['/a', '/b']]])).toBe('0x5\n\t/a\n\t/b\n\n')
    expect(watchesByPathWord([['/a', [5n, 6n]]])).toBe('/a\n\t0x5\n\t0x6\n\n')
    expect(enviWord('3.8.0', { 'os.name': 'Linux' })).toBe('Environment:\nzookeeper.version=3.8.0\nos.name=Linux\n')
  })

  it('are whole for 10,000 sessions and 100,000 watches, and end with a word where there is no end', () => {
    const paths = Array.from({ length: 100_000 }, (_, i) => `/some/where/node-${i}`)
    const many = Array.from({ length: 10_000 }, () => connection)

    expect(watchesByConnectionWord([[5n, paths]]).split('\n')).toHaveLength(100_003)
    expect(consWord(many).split('\n')).toHaveLength(10_002)
    const path = `/${'x'.repeat(1_000)}`
    const endless = watchesByConnectionWord([[5n, Array.from({ length: 20_000 }, () => path)]])
    expect(endless.length).toBeLessThan(answerBytesMax + 1_000)
    expect(endless).toMatch(/There is more[^\n]*\n\n$/)
  })
})
