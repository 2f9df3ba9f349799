/**
 * A real cluster, hosted by the built `lagoon up` in a folder of its own, as a user would have it. LAGOON_TEST_OUT: the
 * folder of bundles to use instead of the checkout's out/main.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { CommandInput, CommandName, CommandOutput } from '../../src-main/api/commands'
import type { NodeView } from '../../src-main/api/views'
import { ControlClient } from '../../src-main/host/control-client'
import { encodeSpec, makeSpec } from '../../src-main/supervisor/core/cluster-spec'
import { quietPorts } from './quiet-ports'

export const bundles = process.env['LAGOON_TEST_OUT'] ?? resolve(import.meta.dirname, '../../out/main')
/** The Node that runs the bundles: this one, or another release of it, or Electron as Node (scripts/test.mjs --nodes). */
export const nodePath = process.env['LAGOON_TEST_NODE'] ?? process.execPath
export const cliPath = resolve(bundles, 'cli.js')

export interface ReadyNode {
  readonly name: string
  readonly pid: number | null
  readonly port: number
  readonly dataDir: string
}

export interface Ready {
  readonly type: 'ready'
  readonly bootstrapServers: string
  readonly ensemble: string
  readonly startMs: number
  readonly uiUrl?: string
  readonly nodes: readonly ReadyNode[]
}

export interface StatusNode extends ReadyNode {
  readonly state: string
  readonly isDiskFull?: true | undefined
  readonly offlineLogs?: NodeView['offlineLogs'] | undefined
}

export interface Status {
  readonly bootstrapServers: string
  readonly ensemble: string
  readonly controllerId: number | null
  readonly nodes: readonly StatusNode[]
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: { readonly input?: string; readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {}
): Promise<Ended> {
  const child = spawn(command, args, { stdio: 'pipe', env: options.env ?? process.env, cwd: options.cwd })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code, signal, stdout, stderr }
}

/** The built command with these arguments. */
export function lagoon(args: readonly string[], options: Parameters<typeof runToEnd>[2] = {}): Promise<Ended> {
  if (!existsSync(cliPath)) throw new Error(`${cliPath} is not there. Build it first: npm run build`)
  return runToEnd(nodePath, [cliPath, ...args], options)
}

export interface LabOptions {
  /** 3 when left out. */
  readonly brokers?: number
  /** Of the ensemble; 1 when left out. */
  readonly members?: number
  /** An existing folder, or one that `up` is to make; else a prepared one, with ports of its own. */
  readonly dir?: string
  readonly args?: readonly string[]
}

export function temporaryDir(): string {
  return mkdtempSync(join(tmpdir(), 'lagoon-lab-'))
}

/** A cluster folder as an earlier `up` would have left it, with ports of its own. */
export async function preparedDir(brokers: number, members = 1): Promise<string> {
  const dir = temporaryDir()
  const ports = { ensemble: await quietPorts(members), brokers: await quietPorts(brokers) }
  const peers = members === 1 ? undefined : { ensembleId: basename(dir), ports: await quietPorts(members) }
  const spec = makeSpec('lab', ports, peers)
  writeFileSync(join(dir, 'cluster.json'), encodeSpec(spec))
  return dir
}

/** Asks again until it holds; fails after a long while with what was seen last. A condition, never a sleep. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 30_000,
  seenLast: () => string = () => ''
): Promise<T> {
  const end = Date.now() + timeoutMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined && seen !== false) return seen
    if (Date.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what} ${seenLast()}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

export class LabCluster {
  readonly dir: string
  readonly child: ChildProcess
  readonly ready: Ready
  /** Lines of stdout after the first. */
  readonly events: Record<string, unknown>[]
  readonly #ended: Promise<Ended>

  private constructor(
    dir: string,
    child: ChildProcess,
    ready: Ready,
    events: Record<string, unknown>[],
    ended: Promise<Ended>
  ) {
    this.dir = dir
    this.child = child
    this.ready = ready
    this.events = events
    this.#ended = ended
  }

  static async start({ brokers = 3, members = 1, dir: given, args = [] }: LabOptions = {}): Promise<LabCluster> {
    if (!existsSync(cliPath)) throw new Error(`${cliPath} is not there. Build it first: npm run build`)
    const dir = given ?? (await preparedDir(brokers, members))
    const command = [cliPath, 'up', '--data', dir, '--json', ...args]
    const child = spawn(nodePath, command, { stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const ended = once(child, 'close').then(([code, signal]: unknown[]): Ended => {
      return { code: code as number | null, signal: signal as NodeJS.Signals | null, stdout, stderr }
    })
    const events: Record<string, unknown>[] = []
    let isReady: (ready: Ready) => void = () => undefined
    const first = new Promise<Ready>((resolve) => (isReady = resolve))
    createInterface({ input: child.stdout }).on('line', (line) => {
      const isFirst = stdout === ''
      stdout += `${line}\n`
      const value = JSON.parse(line) as Record<string, unknown>
      if (isFirst) isReady(value as unknown as Ready)
      else events.push(value)
    })
    const outcome = await Promise.race([first, ended])
    if ('code' in outcome) throw new Error(`up ended with ${outcome.code ?? outcome.signal}: ${outcome.stderr}`)
    return new LabCluster(dir, child, outcome, events, ended)
  }

  get bootstrap(): string {
    return this.ready.bootstrapServers
  }

  get ended(): Promise<Ended> {
    return this.#ended
  }

  get ensemblePort(): number {
    return this.node('ensemble-1').port
  }

  node(name: string): ReadyNode {
    const node = this.ready.nodes.find((one) => one.name === name)
    if (node === undefined) throw new Error(`there is no ${name}`)
    return node
  }

  port(brokerId: number): number {
    return this.node(`broker-${brokerId}`).port
  }

  get brokerIds(): readonly number[] {
    return this.ready.nodes.flatMap(({ name }) => (name.startsWith('broker-') ? [Number(name.slice(7))] : []))
  }

  /** Runs a verb of the CLI; for verbs that are to succeed. */
  async verb<T>(...args: readonly string[]): Promise<T> {
    const ended = await lagoon([...args, '--json', '--data', this.dir])
    if (ended.code !== 0) throw new Error(`lagoon ${args.join(' ')} ended with ${ended.code}: ${ended.stderr}`)
    return JSON.parse(ended.stdout) as T
  }

  /** Runs a verb that is to fail, and says how it did. */
  async fails(...args: readonly string[]): Promise<Ended> {
    const ended = await lagoon([...args, '--data', this.dir])
    if (ended.code === 0) throw new Error(`lagoon ${args.join(' ')} did not fail: ${ended.stdout}`)
    return ended
  }

  /**
   * A command of the API through the folder's control socket, which is all that most verbs do: where the test is not about the
   * CLI it takes no process of its own. Rejects with what the host says.
   */
  async call<Name extends CommandName>(name: Name, input: CommandInput<Name>): Promise<CommandOutput<Name>> {
    const client = await ControlClient.connect(this.dir)
    try {
      return await client.call(name, input)
    } finally {
      client.close()
    }
  }

  /** What `lagoon status --json` prints. */
  status(): Promise<Status> {
    return this.call('cluster.status', {})
  }

  async statusOf(name: string): Promise<StatusNode> {
    const node = (await this.status()).nodes.find((one) => one.name === name)
    if (node === undefined) throw new Error(`there is no ${name}`)
    return node
  }

  log(): string {
    return readFileSync(join(this.dir, 'lagoon.log'), 'utf8')
  }

  /** SIGINT, as Ctrl+C sends it; resolves when the process has ended. Idempotent. */
  async stop(): Promise<Ended> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGINT')
    return this.#ended
  }

  /** Stops it and removes its folder. */
  async discard(): Promise<Ended> {
    const ended = await this.stop()
    rmSync(this.dir, { recursive: true, force: true })
    return ended
  }
}
