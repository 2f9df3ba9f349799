/** The clients of ZooKeeper that npm has, one of them of JavaScript and one of C, on members that are killed and paused. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EnsembleProcesses } from '../support/ensemble-processes'

const folder = resolve(import.meta.dirname, '../../out/npm-clients')
const versions = { 'node-zookeeper-client': '1.1.3', zookeeper: '7.3.0' }
const script = resolve(import.meta.dirname, 'clients/npm-client.mjs')

/** Less than a session lasts. */
const pausedMs = 3_000

/** The one of C is compiled, once. */
function ensureInstalled(library: keyof typeof versions): void {
  const prefix = join(folder, `${library}-${versions[library]}`)
  if (existsSync(join(prefix, 'node_modules', library, 'package.json'))) return
  mkdirSync(prefix, { recursive: true })
  const wanted = `${library}@${versions[library]}`
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', prefix, wanted]
  const { status, stderr } = spawnSync('npm', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${wanted} could not be had: npm ${args.join(' ')}\n${stderr}`)
}

class NpmClient {
  readonly #child: ChildProcess
  readonly lines: string[] = []
  said = ''

  constructor(library: keyof typeof versions, ports: readonly number[]) {
    const servers = ports.map((port) => `127.0.0.1:${port}`).join()
    const beside = join(folder, `${library}-${versions[library]}`, 'package.json')
    this.#child = spawn(process.execPath, [script, library, servers, beside], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.said += chunk.toString()))
    if (this.#child.stdout !== null)
      createInterface({ input: this.#child.stdout }).on('line', (line) => void this.lines.push(line))
  }

  /** Fails with what it said when it ended before. */
  async until(what: string, holds: () => boolean): Promise<void> {
    for (let looks = 0; !holds(); looks++) {
      if (this.#child.exitCode !== null) throw new Error(`it ended before ${what}: ${this.said}`)
      if (looks > 1_500) throw new Error(`not within half a minute: ${what}; ${this.lines.at(-1) ?? ''} ${this.said}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  get acked(): number {
    return this.lines.filter((line) => line.startsWith('acked')).length
  }

  /** It goes on: some are written after now. */
  async goesOn(): Promise<void> {
    const { acked } = this
    await this.until('ten more are written', () => this.acked >= acked + 10)
  }

  async stop(): Promise<Readonly<Record<string, unknown>>> {
    this.#child.stdin?.end('stop\n')
    if (this.#child.exitCode === null) await once(this.#child, 'close')
    const last = this.lines.at(-1) ?? ''
    if (!last.startsWith('{')) throw new Error(`it ended without a word: ${this.said}`)
    return JSON.parse(last) as Readonly<Record<string, unknown>>
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

describe.each(Object.keys(versions) as (keyof typeof versions)[])('npm’s %s', (library) => {
  let ensemble: EnsembleProcesses
  beforeAll(async () => {
    ensureInstalled(library)
    ensemble = await EnsembleProcesses.start(3)
  }, 300_000)
  afterAll(() => ensemble.discard())

  it('keeps its session and loses no write while each member is killed, and paused', { timeout: 120_000 }, async () => {
    const client = new NpmClient(library, ensemble.ports)
    try {
      await client.until('it has done all that it offers', () => client.lines.includes('ready'))
      await client.goesOn()
      for (const id of [1, 2, 3]) {
        await ensemble.kill([id])
        await client.goesOn()
        await ensemble.startMember(id)
        await client.goesOn()
      }
      for (const id of [1, 2, 3]) {
        ensemble.member(id).child.kill('SIGSTOP')
        // One of them never gives a silent member up (it has no time-out of its own), on ZooKeeper neither: it waits.
        await Promise.race([client.goesOn(), new Promise((resolve) => setTimeout(resolve, pausedMs))])
        ensemble.member(id).child.kill('SIGCONT')
        await client.goesOn()
      }
      const { counter, acked, refused, isEphemeralThere } = await client.stop()

      expect(counter).toBeGreaterThanOrEqual(acked as number)
      expect(counter).toBeLessThanOrEqual((acked as number) + (refused as number))
      expect(isEphemeralThere).toBe(true)
    } finally {
      client.kill()
    }
  })
})
