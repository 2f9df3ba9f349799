/** The foreign clients of a chaos run, each a process of its own, and the history that they tell. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { kafkaClassPath } from '../support/kafka-tools'
import { ClientLines, type ProducerEnd, type TimedEntry } from './client-lines'
import type { HistoryEntry, ProducerPromise } from './history-checker'

export const durableTopic = 'durable'
export const riskyTopic = 'risky'
export const riskyProducer = 'rd-acks1'

export interface ClientsOptions {
  readonly bootstrap: string
  /** Of the clients' own scripts. */
  readonly scripts: string
  /** Where all that they say is kept. */
  readonly folder: string
  readonly partitions: number
  readonly riskyPartitions: number
  /** Records a second of all producers. */
  readonly rate: number
  readonly withJava: boolean
  readonly remark: (words: string) => void
}

const complaintLength = 4000
/** A client that has had enough, and is to be started anew. */
const againCode = 75

interface Client {
  readonly name: string
  readonly topic: string
  readonly child: ChildProcess
  readonly isProducer: boolean
  readonly kept: WriteStream
  readonly closed: Promise<unknown>
  hasEnded: boolean
}

/** Members of each group, the producers that must never lose anything, and who only reads. */
const durableIdempotent = ['rd-idem', 'js-idem', 'java-idem']
const groups = new Map([
  ['rd-member-1', 'rd-group'],
  ['rd-member-2', 'rd-group'],
  ['js-member', 'js-group'],
  ['java-member', 'java-group']
])
const reader = 'rd-reader'

export class ChaosClients {
  readonly promises = new Map<string, ProducerPromise>()
  readonly complaints: string[] = []
  readonly ends = new Map<string, ProducerEnd>()
  readonly remarks = new Map<string, number>()
  readonly #options: ClientsOptions
  readonly #clients: Client[] = []
  readonly #entries: TimedEntry[] = []
  /** How far each reader, or group, has come, by partition. */
  readonly #reached = new Map<string, Map<string, number>>()
  readonly #acks = new Map<string, { count: number; lastMs: number; gapMs: number; gapAtMs: number }>()
  #isQuiet = false
  #isEnding = false

  constructor(options: ClientsOptions) {
    this.#options = options
    mkdirSync(options.folder, { recursive: true })
  }

  async start(): Promise<void> {
    const { bootstrap, scripts, partitions, riskyPartitions, rate, withJava } = this.#options
    const python = (name: string, verb: string, ...args: readonly unknown[]): void => {
      const topic = name === riskyProducer ? riskyTopic : durableTopic
      const words = [join(scripts, 'librdkafka_client.py'), verb, bootstrap, topic, name, ...args.map(String)]
      this.#spawn(name, topic, verb === 'produce', '/usr/bin/python3', words)
    }
    const node = (name: string, verb: string, ...args: readonly unknown[]): void => {
      const words = [join(scripts, 'kafkajs-client.mjs'), verb, bootstrap, durableTopic, name, ...args.map(String)]
      this.#spawn(name, durableTopic, verb === 'produce', process.execPath, words)
    }
    const heard = ['rd-group', 'js-group', ...(withJava ? ['java-group'] : [])]
    for (const name of durableIdempotent) this.promises.set(name, { isDurable: true, isIdempotent: true })
    this.promises.set('js-plain', { isDurable: true, isIdempotent: false })
    this.promises.set(riskyProducer, { isDurable: false, isIdempotent: false })

    python('rd-idem', 'produce', 'idempotent', partitions, rate * 0.35)
    python(riskyProducer, 'produce', 'acks1', riskyPartitions, rate * 0.15)
    python(reader, 'read', partitions)
    python('rd-member-1', 'member', 'rd-group')
    python('rd-member-2', 'member', 'rd-group')
    python('rd-look', 'look', partitions, ...heard)
    node('js-plain', 'produce', 'plain', partitions, rate * 0.15)
    node('js-idem', 'produce', 'idempotent', partitions, rate * 0.1)
    node('js-member', 'member', 'js-group')
    if (withJava) await this.#startJava(rate * 0.25)
  }

  async #startJava(rate: number): Promise<void> {
    const { bootstrap, scripts, folder, partitions } = this.#options
    const classPath = await kafkaClassPath()
    const classes = join(folder, 'classes')
    mkdirSync(classes, { recursive: true })
    const source = join(scripts, 'ChaosClient.java')
    await promisify(execFile)('javac', ['-cp', classPath, '-d', classes, source])
    const jvm = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', [classes, classPath].join(delimiter), 'ChaosClient']
    const args = [bootstrap, durableTopic, 'java', 'java-group', String(partitions), String(rate)]
    this.#spawn('java', durableTopic, true, 'java', [...jvm, ...args])
  }

  #spawn(name: string, topic: string, isProducer: boolean, command: string, args: readonly string[]): void {
    const child = spawn(command, args, { stdio: 'pipe' })
    const kept = createWriteStream(join(this.#options.folder, `${name}.lines`), { flags: 'a' })
    const lines = new ClientLines(topic, groups, {
      entry: (timed) => this.#took(timed),
      acked: (producer, _partition, _offset, atMs) => this.#ackedAt(producer, atMs),
      ended: (producer, end) => this.ends.set(producer, end),
      complained: (who, words) => this.complaints.push(`${who}: ${words}`),
      remarked: (who, words) => {
        const text = `${who}: ${words.replace(/\d+/g, '#')}`
        this.remarks.set(text, (this.remarks.get(text) ?? 0) + 1)
      }
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-complaintLength)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      kept.write(`${line}\n`)
      try {
        lines.take(line)
      } catch (error) {
        this.complaints.push(error instanceof Error ? error.message : String(error))
      }
    })
    const client: Client = {
      name,
      topic,
      child,
      isProducer,
      kept,
      hasEnded: false,
      closed: once(child, 'close').then(([code, signal]: unknown[]) => {
        client.hasEnded = true
        kept.end()
        if (code === againCode && !this.#isEnding) {
          this.#options.remark(`${name} is started anew`)
          return this.#spawn(name, topic, isProducer, command, args)
        }
        if (code === 0 && (this.#isEnding || (isProducer && this.#isQuiet))) return
        this.complaints.push(`${name} ended with ${String(code ?? signal)}: ${said}`)
      })
    }
    child.stdin.on('error', () => undefined)
    this.#clients.push(client)
  }

  #took(timed: TimedEntry): void {
    this.#entries.push(timed)
    const { entry } = timed
    if (entry.type !== 'read') return
    const key = entry.reader.replace(/\..*$/, '')
    const who = groups.get(key) ?? key
    const reached = this.#reached.get(who) ?? new Map<string, number>()
    this.#reached.set(who, reached)
    reached.set(entry.partition, Math.max(reached.get(entry.partition) ?? 0, entry.offset + 1))
  }

  #ackedAt(producer: string, atMs: number): void {
    const known = this.#acks.get(producer)
    if (known === undefined) {
      this.#acks.set(producer, { count: 1, lastMs: atMs, gapMs: 0, gapAtMs: atMs })
      return
    }
    known.count++
    if (atMs - known.lastMs > known.gapMs) {
      known.gapMs = atMs - known.lastMs
      known.gapAtMs = known.lastMs
    }
    known.lastMs = atMs
  }

  /** By producer; the longest time without any acknowledgement, and when it began, by CLOCK_MONOTONIC. */
  acks(): ReadonlyMap<string, { readonly count: number; readonly gapMs: number; readonly gapAtMs: number }> {
    return this.#acks
  }

  ackCount(producer: string): number {
    return this.#acks.get(producer)?.count ?? 0
  }

  /** All producers, and none of the others. */
  async quiet(): Promise<void> {
    this.#isQuiet = true
    const producers = this.#clients.filter(({ isProducer }) => isProducer)
    for (const { name, child } of producers) child.stdin?.write(name === 'java' ? 'quiet\n' : 'stop\n')
    await Promise.all(producers.filter(({ name }) => name !== 'java').map(({ closed }) => closed))
  }

  get expectedEnds(): readonly string[] {
    const all = ['rd-idem', 'js-idem', 'js-plain', riskyProducer]
    return this.#options.withJava ? [...all, 'java-idem'] : all
  }

  /** Who has not read up to these ends yet, in words. */
  behind(ends: ReadonlyMap<string, number>): readonly string[] {
    const readers = [reader, 'rd-group', 'js-group', ...(this.#options.withJava ? ['java-group'] : [])]
    return readers.flatMap((who) =>
      [...ends].flatMap(([partition, end]) => {
        const at = this.#reached.get(who)?.get(partition) ?? 0
        return at >= end ? [] : [`${who} is at ${at} of ${end} of ${partition}`]
      })
    )
  }

  async stop(): Promise<void> {
    this.#isEnding = true
    for (const { child } of this.#clients) child.stdin?.write('stop\n')
    await Promise.all(this.#clients.map(({ closed }) => closed))
  }

  /** Whatever still runs. */
  kill(): void {
    for (const { child, hasEnded } of this.#clients) if (!hasEnded) child.kill('SIGKILL')
  }

  /** In the order in which it happened; each client's own order is kept. */
  history(): readonly HistoryEntry[] {
    return this.#entries.sort((a, b) => a.atMs - b.atMs).map(({ entry }) => entry)
  }
}
