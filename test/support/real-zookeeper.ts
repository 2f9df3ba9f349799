/** Debian's ZooKeeper 3.8, alone on a free port, in a folder that goes with it. Needs java and the package zookeeper. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fourLetterWord, freePort } from './ensemble-process'

const jars = ['zookeeper', 'slf4j-log4j12', 'log4j-1.2'].map((name) => `/usr/share/java/${name}.jar`)
const startMsMax = 60_000
const lookEveryMs = 50

/** Installs it when it may; otherwise fails with the line to type. */
export function ensureZooKeeper(): void {
  const isThere = (): boolean => jars.every((jar) => existsSync(jar)) && spawnSync('java', ['-version']).status === 0
  if (isThere()) return
  spawnSync('apt-get', ['install', '-y', 'zookeeper'], { stdio: 'ignore' })
  if (!isThere()) throw new Error('ZooKeeper is missing. Install it: apt-get install -y zookeeper')
}

export class RealZooKeeper {
  readonly port: number
  readonly #child: ChildProcess
  readonly #folder: string

  private constructor(port: number, child: ChildProcess, folder: string) {
    this.port = port
    this.#child = child
    this.#folder = folder
  }

  /** With times to live and containers, which it looks for ten times a second; it does not wait for its disk. */
  static async start(superDigest: string): Promise<RealZooKeeper> {
    ensureZooKeeper()
    const folder = mkdtempSync(join(tmpdir(), 'lagoon-zookeeper-'))
    const port = await freePort()
    const config = join(folder, 'zoo.cfg')
    const settings = {
      tickTime: 2000,
      dataDir: folder,
      clientPort: port,
      clientPortAddress: '127.0.0.1',
      '4lw.commands.whitelist': '*',
      'admin.enableServer': false,
      maxClientCnxns: 0
    }
    writeFileSync(
      config,
      Object.entries(settings)
        .map((setting) => `${setting.join('=')}\n`)
        .join('')
    )
    const properties = {
      'zookeeper.DigestAuthenticationProvider.superDigest': superDigest,
      'zookeeper.extendedTypesEnabled': true,
      'zookeeper.forceSync': 'no',
      'znode.container.checkIntervalMs': 100,
      'java.net.preferIPv4Stack': true,
      'file.encoding': 'UTF-8'
    }
    const options = Object.entries(properties).map(([name, value]) => `-D${name}=${value}`)
    const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain'
    const said = openSync(join(folder, 'said'), 'a')
    const child = spawn('java', ['-Xmx256m', '-cp', jars.join(':'), ...options, main, config], {
      stdio: ['ignore', said, said]
    })
    const server = new RealZooKeeper(port, child, folder)
    const endMs = Date.now() + startMsMax
    while ((await fourLetterWord(port, 'isro')) !== 'rw') {
      if (child.exitCode !== null || Date.now() > endMs) {
        const text = readFileSync(join(folder, 'said'), 'utf8')
        await server.stop()
        throw new Error(`ZooKeeper does not answer:\n${text.slice(-4_000)}`)
      }
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
    }
    return server
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL')
      await once(this.#child, 'exit')
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
