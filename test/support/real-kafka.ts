/** A real Apache Kafka of one broker with its ZooKeeper, on free ports of this machine, in a folder that goes with it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kafkaClassPath } from './kafka-tools'
import { RawClient } from './raw-client'

const startMsMax = 60_000

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

/** `settings` are those of server.properties beside the addresses. Needs java, and what kafkaClassPath needs. */
export async function startRealKafka(settings: Readonly<Record<string, string>>): Promise<RealKafka> {
  const folder = mkdtempSync(join(tmpdir(), 'real-kafka-'))
  const classPath = await kafkaClassPath()
  const [zooKeeperPort, port] = [await freePort(), await freePort()]
  const processes: ChildProcess[] = []
  const run = (name: string, mainClass: string, properties: Readonly<Record<string, string>>): void => {
    const file = join(folder, `${name}.properties`)
    const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`)
    writeFileSync(file, lines.join(''))
    const out = openSync(join(folder, `${name}.out`), 'w')
    const jvm = ['-Xmx512m', '-Djava.awt.headless=true', '-cp', classPath]
    processes.push(spawn('java', [...jvm, mainClass, file], { cwd: folder, stdio: ['ignore', out, out] }))
  }
  const stop = async (): Promise<void> => {
    for (const child of processes.reverse()) {
      const gone = once(child, 'exit')
      if (child.exitCode === null && child.kill('SIGKILL')) await gone
    }
    rmSync(folder, { recursive: true, force: true })
  }
  run('zookeeper', 'org.apache.zookeeper.server.quorum.QuorumPeerMain', {
    dataDir: join(folder, 'zookeeper'),
    clientPort: String(zooKeeperPort),
    clientPortAddress: '127.0.0.1',
    'admin.enableServer': 'false'
  })
  run('broker', 'kafka.Kafka', {
    'broker.id': '1',
    listeners: `PLAINTEXT://127.0.0.1:${port}`,
    'zookeeper.connect': `127.0.0.1:${zooKeeperPort}`,
    'log.dirs': join(folder, 'log'),
    ...settings
  })
  const sinceMs = Date.now()
  while (!(await knowsItself(port))) {
    if (Date.now() - sinceMs > startMsMax || processes.some(({ exitCode }) => exitCode !== null)) {
      throw new Error(`Kafka did not start: see ${folder}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return { port, stop }
}

async function knowsItself(port: number): Promise<boolean> {
  let client: RawClient | undefined
  try {
    client = await RawClient.connect(port)
    const { brokers, controllerId } = await client.ask('metadata', 9, { topics: [] })
    return brokers.length === 1 && controllerId === 1
  } catch {
    return false
  } finally {
    client?.close()
  }
}
