/**
 * A host with an invented cluster, for pictures of the renderer only: serves the built renderer with the same CSP as
 * web mode and speaks wire.ts over a WebSocket. It is no stand-in for the host in any test of behaviour.
 */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import type { CommandInput } from '../../src-main/api/commands'
import type { AskedCost } from '../../src-main/api/failures'
import type { DesktopView } from '../../src-main/api/desktop'
import type { JobPush } from '../../src-main/api/search'
import type { ClientMessage, HostMessage } from '../../src-main/api/wire'
import { fakeClusters, fakeSizes } from './fake-clusters'
import { fakeChildren, fakeEnsemble, fakeSessions, fakeWatchedPaths, fakeWatchers, fakeZnode } from './fake-ensemble'
import { createScene } from './fake-scene'
import type { Scene, SceneName } from './fake-scene'

const PUSH_EVERY_MS = 1_000
const KEPT_MS = 3_600_000
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2'
}

/** Calls about a topic of such a name wait until `RELEASE` is asked for, and then they fail. */
export const HELD = 'held.'
export const RELEASE = '/release'

export interface FakeHost {
  readonly url: string
  close(): Promise<void>
}

export async function startFakeHost(scene: SceneName, rendererDir: string): Promise<FakeHost> {
  const data = createScene(scene, () => Date.now())
  const held: (() => void)[] = []
  const server = createServer((request, response) => {
    if (request.url !== RELEASE) return void serve(request, response, rendererDir)
    for (const fail of held.splice(0)) fail()
    response.end()
  })
  const sockets = new WebSocketServer({ server, path: '/api' })
  sockets.on('connection', (socket) => talk(socket, data, scene, held))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate()
        sockets.close()
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

async function serve(request: IncomingMessage, response: ServerResponse, rendererDir: string): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://host').pathname
  const file = join(rendererDir, normalize(path === '/' ? '/index.html' : path))
  try {
    const body = await readFile(file)
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream')
    if (extname(file) !== '.html') {
      response.setHeader('cache-control', 'max-age=3600, immutable')
      response.end(body)
      return
    }
    const nonce = randomBytes(16).toString('base64')
    response.setHeader('content-security-policy', contentSecurityPolicy(nonce, request.headers.host ?? ''))
    response.end(body.toString('utf8').replaceAll('__CSP_NONCE__', nonce))
  } catch {
    response.statusCode = 404
    response.end()
  }
}

function contentSecurityPolicy(nonce: string, host: string): string {
  return [
    `default-src 'none'`,
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    `img-src 'self' data:`,
    `font-src 'self'`,
    `connect-src 'self' ws://${host}`,
    `base-uri 'none'`,
    `frame-ancestors 'none'`
  ].join('; ')
}

function talk(socket: WebSocket, scene: Scene, sceneName: SceneName, held: (() => void)[]): void {
  const watched = new Set<string>()
  const send = (message: HostMessage): void => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message))
  }
  const push = (key: string, sinceMs = Date.now()): void =>
    send({ type: 'push', key, value: key === 'rates' ? scene.rates(sinceMs) : viewOf(scene, key, sceneName) })

  const timer = setInterval(() => {
    for (const key of watched) if (key !== 'events' && !key.startsWith('job:')) push(key)
  }, PUSH_EVERY_MS)
  socket.on('close', () => clearInterval(timer))
  socket.on('message', (raw: Buffer) => {
    const message = JSON.parse(raw.toString('utf8')) as ClientMessage
    if (message.type === 'watch') {
      watched.add(message.key)
      push(message.key, Date.now() - KEPT_MS)
    } else if (message.type === 'unwatch') {
      watched.delete(message.key)
    } else if ((message.input as { topic?: string }).topic?.startsWith(HELD) === true) {
      const error = {
        code: 'KAFKA',
        kafkaError: 'REQUEST_TIMED_OUT',
        message: 'The controller did not answer within 30000 ms: look whether it is done before you ask for it again.'
      }
      held.push(() => send({ type: 'error', id: message.id, error }))
    } else {
      answer(scene, message, send)
    }
  })
}

const STATES: Readonly<Partial<Record<SceneName, DesktopView['state']>>> = { closing: 'asking', stopping: 'stopping' }

const JOB_RECORDS = 40
/** A job tells once, and stands as it is. Its id is what it is. */
const jobs: Readonly<Record<'search' | 'tail', (scene: Scene) => JobPush>> = {
  search: (scene) => ({
    type: 'search',
    state: 'running',
    records: scene.records('orders', JOB_RECORDS),
    progress: {
      recordsTotal: 1_204_311,
      recordsScanned: 402_118,
      bytesScanned: 412_400_102,
      found: 4_117,
      elapsedMs: 2_100,
      bytesPerSecond: 196_381_001,
      partitions: [],
      unreadableCount: 2,
      unreadable: [],
      notRead: [
        { partition: 5, fromOffset: 1_200, untilOffset: 48_213, code: 'other', reason: 'Broker 3 does not answer.' }
      ]
    },
    error: null
  }),
  tail: (scene) => ({
    type: 'tail',
    state: 'running',
    records: scene.records('orders', JOB_RECORDS),
    arrived: 1_512_118,
    skipped: 1_409_002,
    waiting: 12_044,
    isPaused: true,
    recordsPerSecond: 48_213,
    unreadableCount: 0,
    silentPartitions: [5],
    error: null
  })
}

function viewOf(scene: Scene, key: string, sceneName: SceneName): unknown {
  const [kind = '', ...rest] = key.split(':')
  const name = rest.join(':')
  switch (kind) {
    case 'app':
      return { shell: 'window', closing: 'ask', notifies: true, state: STATES[sceneName] ?? 'open' }
    case 'clusters':
      return fakeClusters(sceneName)
    case 'cluster':
      return scene.cluster()
    case 'ensemble':
      return fakeEnsemble(scene.cluster().nodes, Date.now())
    case 'children':
      return fakeChildren(key, Date.now())
    case 'znode':
      return fakeZnode(name)
    case 'events':
      return { events: scene.events() }
    case 'topics':
      return scene.topics()
    case 'partitions':
      return scene.partitions()
    case 'placement':
      return scene.placement()
    case 'held':
      return scene.held(name)
    case 'groups':
      return scene.groups()
    case 'topic':
      return scene.topic(name)
    case 'readers':
      return scene.readers(name)
    case 'group':
      return scene.group(name)
    case 'lag':
      return scene.lagSample(name)
    case 'acts':
      return { acts: scene.acts() }
    case 'workloads':
      return scene.workloads()
    case 'job':
      return jobs[name as keyof typeof jobs]?.(scene) ?? null
    default:
      return null
  }
}

function answer(scene: Scene, message: ClientMessage & { type: 'call' }, send: (reply: HostMessage) => void): void {
  const { id, name } = message
  const input = message.input as {
    topic?: string
    partition?: number
    groupId?: string
    node?: string
    rangeMs?: number
    limit?: number
    contains?: string
    dryRun?: boolean
    from?: { type: string }
  }
  const result = (value: unknown): void => send({ type: 'result', id, value })
  switch (name) {
    case 'group.lag':
      return result(scene.lagHistory(input.groupId ?? '', input.rangeMs ?? 0))
    case 'session.list':
      return result(fakeSessions(scene.cluster().nodes, input, Date.now()))
    case 'watch.paths':
      return result(fakeWatchedPaths(scene.cluster().nodes, input))
    case 'watch.sessions':
      return result(fakeWatchers(scene.cluster().nodes, input))
    case 'node.cost':
      return result(scene.cost(message.input as AskedCost))
    case 'partition.moves':
      return result({ moves: scene.moves, count: scene.moves.length })
    case 'partition.replicas':
      return result({ replicas: scene.replicas(input.topic ?? '', input.partition ?? 0) })
    case 'partition.history':
      return result(scene.history(input.topic ?? '', input.partition ?? 0))
    case 'partition.plan':
      return result(scene.plan(message.input as CommandInput<'partition.plan'>))
    case 'records.newest': {
      const partitions = scene.topic(input.topic ?? '')?.partitions ?? []
      return result({
        records: scene.records(input.topic ?? '', input.limit ?? 1),
        unreachablePartitions: partitions.filter((one) => one.leader === null).map((one) => one.partition),
        unreadable: [],
        positions: partitions.map(({ partition }) => ({ partition, offset: 1000 })),
        places: [],
        isStart: false
      })
    }
    case 'search.open':
      return result({ job: 'search' })
    case 'tail.open':
      return result({ job: 'tail' })
    case 'job.close':
      return result({})
    case 'records.check':
      return result({
        partitionCount: 6,
        partition: 3,
        key: { bytes: 12, problem: null },
        value: { bytes: null, problem: { code: 'avroMissing', params: { path: '$.lines[0].price' } } },
        codecsMissing: {}
      })
    case 'records.produce':
      return result({
        records: [
          { topic: input.topic, partition: 3, offset: 48_213 },
          {
            topic: input.topic,
            partition: 1,
            offset: null,
            error: {
              code: 'KAFKA',
              kafkaError: 'MESSAGE_TOO_LARGE',
              message: 'The batch is larger than the topic allows.'
            }
          }
        ]
      })
    case 'records.from':
      if (input.from?.type === 'group') {
        // It has read one partition to its end, and has committed nothing in another.
        const places = [
          { partition: 0, askedOffset: 48_213, startOffset: 1000, endOffset: 48_213 },
          { partition: 1, askedOffset: null, startOffset: 1000, endOffset: 48_100 }
        ]
        return result({ records: [], unreachablePartitions: [], unreadable: [], positions: [], places, isEnd: true })
      }
      return result({
        records: scene.records(input.topic ?? '', 3),
        unreachablePartitions: [],
        unreadable: [],
        positions: [],
        places: [],
        isEnd: true
      })
    case 'group.reset': {
      if (input.groupId === 'billing') {
        const message = 'Group billing cannot be reset while it has members. Stop them and try again.'
        return send({ type: 'error', id, error: { code: 'KAFKA', message, kafkaError: 'NON_EMPTY_GROUP' } })
      }
      const partitions = (scene.group(input.groupId ?? '')?.partitions ?? []).map((one, index) => ({
        topic: one.topic,
        partition: one.partition,
        before: index === 1 ? null : one.committedOffset,
        after: (one.startOffset ?? 0) + 12,
        ...(index === 2 ? { clampedTo: 'end' as const } : {})
      }))
      const was = partitions.flatMap(({ topic, partition, before }) =>
        before === null ? [] : [{ topic, partition, offset: before, leaderEpoch: -1, metadata: '' }]
      )
      return result({ groupId: input.groupId, applied: input.dryRun !== true, partitions, was })
    }
    case 'group.restore': {
      const known = scene.group(input.groupId ?? '')?.partitions ?? []
      const failed = known.slice(0, 2).map(({ topic, partition }, index) => ({
        topic,
        partition,
        kafkaError: index === 0 ? 'UNKNOWN_TOPIC_OR_PARTITION' : null,
        message: index === 0 ? 'The broker does not know this topic or partition.' : 'Somebody commits for this group.'
      }))
      const partitions = known.slice(2).map(({ topic, partition, committedOffset }, index) => {
        return { topic, partition, before: 12, after: index === 0 ? null : committedOffset }
      })
      return result({ groupId: input.groupId, partitions, failed })
    }
    case 'topic.delete':
      if (input.topic !== 'audit.trail') return result({ topic: input.topic })
      return send({
        type: 'error',
        id,
        error: {
          code: 'KAFKA',
          message: 'No broker is the controller now, and only a controller deletes topics.',
          kafkaError: 'NOT_CONTROLLER'
        }
      })
    case 'avro.decode':
      return result({ text: '{"level":"info","seq":9223372036854775807}', framing: 'confluent', schemaId: 42 })
    case 'clusters.sizes':
      return result({ sizes: fakeSizes })
    case 'clusters.check':
      return result({
        dir: '/home/you/Lagoon/orders',
        problems: [
          { field: 'name', code: 'taken', params: { dir: '/home/you/Lagoon/orders' } },
          { field: 'dir', code: 'within', params: { dir: '/home/you/Lagoon/local-lab' } },
          { field: 'brokers', code: 'range', params: { max: 30 } },
          {
            field: 'brokerPort',
            code: 'taken',
            params: { port: 9192, holder: 'broker-1 of the cluster in /srv/lab (process 4711)' }
          },
          { field: 'ensemblePort', code: 'known', params: { port: 2281, cluster: 'rebalance-study' } }
        ]
      })
    case 'clusters.checkFolder':
      return result({ dir: '', problems: [{ field: 'dir', code: 'foreign', params: { entry: 'thesis.tex' } }] })
    case 'app.set':
      return result({})
    case 'config.describe':
      return result(scene.configs(message.input))
    case 'topic.create':
      return send({
        type: 'error',
        id,
        error: {
          code: 'KAFKA',
          message: `Topic '${input.topic ?? ''}' already exists.`,
          kafkaError: 'TOPIC_ALREADY_EXISTS'
        }
      })
    default:
      return send({ type: 'error', id, error: { code: 'FAILED', message: 'The fake host does nothing.' } })
  }
}
