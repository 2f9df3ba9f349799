/** Foreign clients, each with its own idea of the protocol, against a cluster of three brokers. */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LabCluster, runToEnd, until } from '../support/lab-cluster'

const partitions = 6
const python = '/usr/bin/python3'

interface Tool {
  readonly name: string
  readonly command: readonly [string, string]
  readonly codecs: readonly string[]
}

const script = (name: string): string => join(import.meta.dirname, name)
const tools: readonly Tool[] = [
  {
    name: 'confluent-kafka',
    command: [python, script('broker-confluent.py')],
    codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd']
  },
  { name: 'kafka-python', command: [python, script('broker-kafka-python.py')], codecs: ['none', 'gzip'] },
  { name: 'kafkajs', command: [process.execPath, script('broker-kafkajs.mjs')], codecs: ['none', 'gzip'] }
]

interface Line {
  readonly partition?: number
  readonly offset?: number
  readonly key?: string
  readonly value?: string | null
  readonly assigned?: readonly number[]
  readonly revoked?: readonly number[]
  readonly committed?: Readonly<Record<string, number | null>>
  readonly left?: boolean
}
interface Sent {
  readonly key: string
  readonly value: string | null
}

/** A consumer of a group in a process of its own. */
class Member {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly lines: Line[] = []
  readonly exited: Promise<unknown>
  stderr = ''

  constructor({ command }: Tool, bootstrap: string, topic: string, group: string) {
    const [program, file] = command
    this.#child = spawn(program, [file, 'member', bootstrap, topic, group], { stdio: 'pipe' })
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.lines.push(JSON.parse(line) as Line))
    this.#child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()))
    this.#child.stdin.on('error', () => undefined)
    this.exited = once(this.#child, 'exit')
  }

  get assignment(): readonly number[] {
    const last = this.lines.findLast(({ assigned, revoked }) => assigned !== undefined || revoked !== undefined)
    return last?.assigned ?? []
  }

  get records(): readonly Line[] {
    return this.lines.filter(({ offset }) => offset !== undefined)
  }

  tell(command: 'commit' | 'leave'): void {
    this.#child.stdin.write(`${command}\n`)
  }

  async commit(): Promise<Readonly<Record<string, number | null>>> {
    const before = this.lines.length
    this.tell('commit')
    return until('a commit is confirmed', () => this.lines.slice(before).find(({ committed }) => committed)?.committed)
  }

  async leave(): Promise<void> {
    this.tell('leave')
    await this.exited
    expect(this.lines.at(-1), this.stderr).toEqual({ left: true })
  }

  /** For a failure's message. */
  toString(): string {
    const told = this.lines.filter(({ offset }) => offset === undefined)
    return `${JSON.stringify(told)} ${this.records.length} records ${this.stderr}`
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exited
  }
}

describe('foreign clients', () => {
  let cluster: LabCluster
  const members: Member[] = []

  beforeAll(async () => {
    cluster = await LabCluster.start({ brokers: 3 })
  })

  afterAll(async () => {
    for (const member of members) await member.kill()
    expect((await cluster.discard()).code).toBe(0)
  })

  async function run<T>({ command }: Tool, verb: string, ...args: readonly string[]): Promise<T> {
    const [program, file] = command
    const ended = await runToEnd(program, [file, verb, cluster.bootstrap, ...args])
    if (ended.code !== 0) throw new Error(`${file} ${verb} ended with ${ended.code}: ${ended.stderr}`)
    return JSON.parse(ended.stdout) as T
  }

  function join_(tool: Tool, topic: string, group: string): Member {
    const member = new Member(tool, cluster.bootstrap, topic, group)
    members.push(member)
    return member
  }

  const ascending = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b)
  const all = Array.from({ length: partitions }, (_, i) => i)

  /** All partitions, each at one member, everybody with a share. */
  function areShared(group: readonly Member[]): boolean {
    return (
      group.every(({ assignment }) => assignment.length > 0) &&
      ascending(group.flatMap(({ assignment }) => assignment)).join() === all.join()
    )
  }

  const keyed = (records: readonly { readonly key?: string; readonly value?: string | null }[]): string[] =>
    records.map(({ key, value }) => `${key} ${value}`).sort()

  describe.concurrent.each(tools)('$name', (tool) => {
    const topic = `interop.${tool.name}`

    it('creates a topic, produces with keys and every codec, reads the same bytes, commits, resumes, deletes', async () => {
      const created = await run<{ partitions: number[] }>(tool, 'create', topic, String(partitions))
      expect(created.partitions).toEqual(all)

      const sent: Sent[] = []
      for (const [i, codec] of tool.codecs.entries()) {
        const told = await run<{ sent: Sent[] }>(tool, 'produce', topic, codec, String(i * 50), '50')
        expect(told.sent).toHaveLength(50)
        sent.push(...told.sent)
      }

      const first = join_(tool, topic, `${topic}.one`)
      await until(
        'all records are read',
        () => first.records.length >= sent.length,
        30_000,
        () => String(first)
      )
      expect(keyed(first.records)).toEqual(keyed(sent))
      expect(sent.some(({ value }) => value === null)).toBe(true)
      for (const partition of all) {
        const offsets = first.records.filter((record) => record.partition === partition).map(({ offset }) => offset)
        expect(offsets).toEqual(offsets.map((_, i) => i))
      }

      const committed = await first.commit()
      await first.leave()
      const stored = await run<{ committed: Record<string, number | null> }>(
        tool,
        'committed',
        topic,
        `${topic}.one`,
        String(partitions)
      )
      for (const [partition, offset] of Object.entries(committed)) expect(stored.committed[partition]).toBe(offset)
      expect(Object.values(committed).reduce<number>((sum, offset) => sum + (offset ?? 0), 0)).toBe(sent.length)

      const more = await run<{ sent: Sent[] }>(tool, 'produce', topic, 'none', '1000', '20')
      const second = join_(tool, topic, `${topic}.one`)
      await until('the new records are read', () => second.records.length >= 20)
      expect(keyed(second.records)).toEqual(keyed(more.sent))
      await second.leave()

      const { topics } = await run<{ topics: string[] }>(tool, 'delete', topic)
      expect(topics).not.toContain(topic)
    })

    it('shares partitions among three members; one leaves, one is killed, the last has them all', async () => {
      const shared = `${topic}.shared`
      await run(tool, 'create', shared, String(partitions))
      const [a, b, c] = [1, 2, 3].map(() => join_(tool, shared, `${topic}.three`)) as [Member, Member, Member]
      await until(
        'three members share the partitions',
        () => areShared([a, b, c]),
        60_000,
        () => [a, b, c].join('\n')
      )

      await a.leave()
      await until('two members share them', () => areShared([b, c]), 60_000)

      await b.kill()
      const killedMs = Date.now()
      await until('the last has all of them', () => areShared([c]), 60_000)
      expect(Date.now() - killedMs).toBeGreaterThan(4_000)

      const { sent } = await run<{ sent: Sent[] }>(tool, 'produce', shared, 'none', '0', '30')
      await until('it reads from all', () => c.records.length >= 30)
      expect(keyed(c.records)).toEqual(keyed(sent))
      await c.leave()
    })
  })

  describe.concurrent('kcat', () => {
    const topic = 'interop.kcat'
    const kcat = async (args: readonly string[], input = ''): Promise<string> => {
      const ended = await runToEnd('kcat', ['-b', cluster.bootstrap, ...args], { input })
      if (ended.code !== 0) throw new Error(`kcat ${args.join(' ')} ended with ${ended.code}: ${ended.stderr}`)
      return ended.stdout
    }
    const lines = (prefix: string, count: number): string[] =>
      Array.from({ length: count }, (_, i) => `k${i}:${prefix}-${i}-é-한`)

    it('lists the cluster, creates a topic by asking, produces with every codec and reads the same bytes', async () => {
      const sent: string[] = []
      for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
        const wanted = lines(codec, 40)
        await kcat(['-P', '-t', topic, '-K:', '-z', codec, '-X', 'acks=all'], `${wanted.join('\n')}\n`)
        sent.push(...wanted)
      }

      const read = await kcat(['-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', '%k:%s\n'])
      expect(read.trim().split('\n').sort()).toEqual(sent.sort())

      const listing = JSON.parse(await kcat(['-L', '-J'])) as {
        brokers: { id: number; name: string }[]
        topics: { topic: string; partitions: { leader: number }[] }[]
      }
      expect(ascending(listing.brokers.map(({ id }) => id))).toEqual([1, 2, 3])
      expect(listing.brokers.map(({ name }) => name).sort()).toEqual(cluster.bootstrap.split(',').sort())
      expect(listing.topics.find((one) => one.topic === topic)?.partitions).toHaveLength(1)
    })

    it('reads as a member of a group, and a later member goes on where it ended', async () => {
      const own = `${topic}.group`
      await kcat(['-P', '-t', own, '-K:'], `${lines('first', 30).join('\n')}\n`)
      const read = (count: number): Promise<string> =>
        kcat([
          '-G',
          own,
          '-c',
          String(count),
          '-q',
          '-f',
          '%k:%s\n',
          '-X',
          'auto.offset.reset=earliest',
          '-X',
          'session.timeout.ms=6000',
          own
        ])

      expect((await read(30)).trim().split('\n')).toEqual(lines('first', 30))
      await kcat(['-P', '-t', own, '-K:'], `${lines('second', 10).join('\n')}\n`)

      expect((await read(10)).trim().split('\n')).toEqual(lines('second', 10))
    })
  })
})
