/** A real ensemble member in a process of its own, from the built bundle, as the supervisor starts it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { nodeClock } from '../../src-main/adapters/node-clock'
import { nodeNetwork } from '../../src-main/adapters/node-network'
import { nodeRandom } from '../../src-main/adapters/node-random'
import { EnsembleClient } from '../../src-main/coordination/ensemble-client'

/** LAGOON_TEST_OUT: another folder of bundles than the checkout's own. */
export const memberBundle = resolve(
  process.env['LAGOON_TEST_OUT'] ?? resolve(import.meta.dirname, '../../out/main'),
  'ensemble-process.js'
)

const wordMsMax = 2_000

export interface Message {
  readonly type: string
  readonly [field: string]: unknown
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface MemberSettings {
  readonly dataDir: string
  readonly port: number
  readonly snapshotEntriesMax?: number
  readonly memberId?: number
  readonly superDigest?: string
  readonly peers?: PeerSettings
}

export interface PeerSettings {
  readonly ensembleId: string
  readonly port: number
  readonly isFounding: boolean
  readonly others: readonly { readonly memberId: number; readonly port: number }[]
}

export interface ProcessLimits {
  readonly youngGenerationMegabytes?: number
  /** Of 512 or 1024 bytes, as the shell has it: past that the disk takes no more of a file. */
  readonly fileBlocksMax?: number
}

export class EnsembleProcess {
  readonly child: ChildProcess
  readonly messages: Message[] = []
  readonly exited: Promise<Exit>
  stderr = ''

  private constructor(child: ChildProcess) {
    this.child = child
    child.on('message', (message) => this.messages.push(message as Message))
    child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()))
    const ended = child.stderr === null ? undefined : once(child.stderr, 'close')
    this.exited = once(child, 'exit').then(async ([code, signal]) => {
      await ended
      return { code, signal }
    })
  }

  static spawn(settings: MemberSettings, limits: ProcessLimits = {}): EnsembleProcess {
    if (!existsSync(memberBundle)) throw new Error(`${memberBundle} is not there. Build it first: npm run bundle`)
    const configuration = {
      memberId: 1,
      host: '127.0.0.1',
      sessionTimeoutMinMs: 4_000,
      sessionTimeoutMaxMs: 40_000,
      ...settings
    }
    const { youngGenerationMegabytes: young, fileBlocksMax } = limits
    const flags = young === undefined ? [] : [`--max-semi-space-size=${young}`]
    const limit = fileBlocksMax === undefined ? '' : `ulimit -f ${fileBlocksMax}; `
    const command = [
      '-c',
      `${limit}exec "$0" "$@"`,
      process.execPath,
      ...flags,
      memberBundle,
      JSON.stringify(configuration)
    ]
    return new EnsembleProcess(
      spawn('sh', command, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], serialization: 'advanced' })
    )
  }

  /** Resolves when it serves; fails with what it said when it exits instead. */
  static async start(settings: MemberSettings, limits: ProcessLimits = {}): Promise<EnsembleProcess> {
    const member = EnsembleProcess.spawn(settings, limits)
    await member.saying('ready')
    return member
  }

  async saying(type: string): Promise<Message> {
    for (;;) {
      const found = this.messages.find((message) => message.type === type)
      if (found !== undefined) return found
      const exit = await Promise.race([once(this.child, 'message').then(() => undefined), this.exited])
      if (exit !== undefined && !this.messages.some((message) => message.type === type)) {
        throw new Error(`the member exited (${exit.code ?? exit.signal}) before it said ${type}: ${this.stderr}`)
      }
    }
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.exited
  }

  /** Asks for a clean stop. */
  async stop(): Promise<Exit> {
    if (this.child.connected) this.child.send({ type: 'stop' })
    return this.exited
  }

  get rssBytes(): number {
    const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))?.[1]
    return Number(kilobytes) * 1024
  }
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}

export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'lagoon-ensemble-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export function nodeEnsembleClient(ports: number | readonly number[], sessionTimeoutMs = 6_000): EnsembleClient {
  return new EnsembleClient({
    addresses: [ports].flat().map((port) => ({ host: '127.0.0.1', port })),
    sessionTimeoutMs,
    clock: nodeClock,
    network: nodeNetwork,
    random: nodeRandom
  })
}

/** What a member answers to a four-letter word; empty when nobody listens, or a server that begins does not hear it. */
export async function fourLetterWord(port: number, name: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const ended = new Promise<string>((resolve) => {
    let text = ''
    socket.setTimeout(wordMsMax, () => socket.destroy())
    socket.on('data', (chunk) => (text += chunk.toString()))
    socket.on('error', () => resolve(text))
    socket.on('close', () => resolve(text))
  })
  socket.on('connect', () => socket.write(name))
  return ended
}
