/**
 * Real Apache Kafka on free ports of this machine, in folders that go with it: one broker with its ZooKeeper, or a broker that
 * joins an ensemble of ours. Needs java, and what kafkaClassPath needs.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kafkaClassPath } from './kafka-tools'
import { RawClient } from './raw-client'

const startMsMax = 60_000

const log4j = `log4j.rootLogger=INFO, A
log4j.appender.A=org.apache.log4j.ConsoleAppender
log4j.appender.A.layout=org.apache.log4j.PatternLayout
log4j.appender.A.layout.ConversionPattern=[%d] %p %m (%c)%n
`

export interface RealKafka {
  readonly port: number
  stop(): Promise<void>
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('a server that listens has a port')
  return address.port
}

/** One process of Kafka's classes, with its files in a folder: NAME.properties, NAME.out. */
class JavaNode {
  readonly #folder: string
  readonly #name: string
  readonly #command: readonly string[]
  #child: ChildProcess | undefined

  constructor(
    folder: string,
    name: string,
    classPath: string,
    mainClass: string,
    properties: Readonly<Record<string, string>>
  ) {
    this.#folder = folder
    this.#name = name
    const file = join(folder, `${name}.properties`)
    writeFileSync(
      file,
      Object.entries(properties)
        .map(([key, value]) => `${key}=${value}\n`)
        .join('')
    )
    const log4jFile = join(folder, 'log4j.properties')
    writeFileSync(log4jFile, log4j)
    const jvm = ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true']
    this.#command = [...jvm, `-Dlog4j.configuration=file:${log4jFile}`, '-cp', classPath, mainClass, file]
  }

  start(): void {
    const out = openSync(join(this.#folder, `${this.#name}.out`), 'a')
    this.#child = spawn('java', this.#command, { cwd: this.#folder, stdio: ['ignore', out, out] })
  }

  get hasEnded(): boolean {
    return this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Resolves when it has ended. Idempotent. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (child === undefined || this.hasEnded) return
    const gone = once(child, 'exit')
    if (child.kill(signal)) await gone
  }

  /** What it has logged, all its runs. */
  output(): string {
    return readFileSync(join(this.#folder, `${this.#name}.out`), 'utf8')
  }

  /** Asks again until it holds; fails when the process ends. */
  async until(holds: () => Promise<boolean>): Promise<void> {
    const sinceMs = Date.now()
    while (!(await holds())) {
      if (Date.now() - sinceMs > startMsMax || this.hasEnded) {
        throw new Error(`Kafka’s ${this.#name} did not start, see ${this.#folder}: ${this.output().slice(-2000)}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

const brokerProperties = (id: number, port: number, zooKeeper: string, folder: string) => ({
  'broker.id': String(id),
  listeners: `PLAINTEXT://127.0.0.1:${port}`,
  'zookeeper.connect': zooKeeper,
  'log.dirs': join(folder, 'log')
})

/** `settings` are those of server.properties beside the addresses. */
export async function startRealKafka(settings: Readonly<Record<string, string>>): Promise<RealKafka> {
  const folder = mkdtempSync(join(tmpdir(), 'real-kafka-'))
  const classPath = await kafkaClassPath()
  const [zooKeeperPort, port] = [await freePort(), await freePort()]
  const zooKeeper = new JavaNode(folder, 'zookeeper', classPath, 'org.apache.zookeeper.server.quorum.QuorumPeerMain', {
    dataDir: join(folder, 'zookeeper'),
    clientPort: String(zooKeeperPort),
    clientPortAddress: '127.0.0.1',
    'admin.enableServer': 'false'
  })
  const broker = new JavaNode(folder, 'broker', classPath, 'kafka.Kafka', {
    ...brokerProperties(1, port, `127.0.0.1:${zooKeeperPort}`, folder),
    ...settings
  })
  const stop = async (): Promise<void> => {
    await broker.end('SIGKILL')
    await zooKeeper.end('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  zooKeeper.start()
  broker.start()
  await broker.until(() => knows(port, ({ brokerIds, controllerId }) => brokerIds.length === 1 && controllerId === 1))
  return { port, stop }
}

/** A broker of Kafka's that joins an ensemble, with the broker.id that is given. */
export class RealBroker {
  readonly id: number
  readonly port: number
  /** Holds a folder for each partition, as log.dirs does. */
  readonly dataDir: string
  readonly #folder: string
  readonly #node: JavaNode

  private constructor(id: number, port: number, folder: string, node: JavaNode) {
    this.id = id
    this.port = port
    this.#folder = folder
    this.dataDir = join(folder, 'log')
    this.#node = node
  }

  /** `settings` are those of server.properties beside the addresses. */
  static async join(
    id: number,
    zooKeeper: string,
    settings: Readonly<Record<string, string>> = {}
  ): Promise<RealBroker> {
    const folder = mkdtempSync(join(tmpdir(), 'real-broker-'))
    const port = await freePort()
    const properties = { ...brokerProperties(id, port, zooKeeper, folder), ...settings }
    const node = new JavaNode(folder, 'broker', await kafkaClassPath(), 'kafka.Kafka', properties)
    const broker = new RealBroker(id, port, folder, node)
    await broker.start()
    return broker
  }

  /** Again with what is on its disk; resolves when it is told of itself by a controller. */
  async start(): Promise<void> {
    this.#node.start()
    await this.#node.until(() =>
      knows(this.port, ({ brokerIds, controllerId }) => brokerIds.includes(this.id) && controllerId >= 0)
    )
  }

  /** With its controlled shutdown. */
  stop(): Promise<void> {
    return this.#node.end('SIGTERM')
  }

  kill(): Promise<void> {
    return this.#node.end('SIGKILL')
  }

  output(): string {
    return this.#node.output()
  }

  async discard(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

interface Known {
  readonly brokerIds: readonly number[]
  readonly controllerId: number
}

async function knows(port: number, isEnough: (known: Known) => boolean): Promise<boolean> {
  let client: RawClient | undefined
  try {
    client = await RawClient.connect(port)
    const { brokers, controllerId } = await client.ask('metadata', 9, { topics: [] })
    return isEnough({ brokerIds: brokers.map(({ nodeId }) => nodeId), controllerId })
  } catch {
    return false
  } finally {
    client?.close()
  }
}
