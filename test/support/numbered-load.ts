/** librdkafka that writes numbered records, what was acknowledged of them, and what is stored in the end. */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { runToEnd } from './lab-cluster'

const script = join(import.meta.dirname, '../interop/broker-confluent.py')

interface Ack {
  readonly number: number
  readonly offset: number
}

/** librdkafka, writing numbered records to every partition until it is told to stop. */
export class NumberedLoad {
  readonly topic: string
  readonly acked: readonly Ack[][]
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  end: { readonly left: number; readonly failed: readonly unknown[]; readonly sent: number } | undefined
  #stderr = ''

  constructor(bootstrap: string, topic: string, mode: 'idempotent' | 'plain', partitions: number) {
    this.topic = topic
    this.acked = Array.from({ length: partitions }, (): Ack[] => [])
    const args = [script, 'load', bootstrap, topic, mode, String(partitions)]
    this.#child = spawn('/usr/bin/python3', args, { stdio: 'pipe' })
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()))
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) {
        this.end = JSON.parse(line) as NumberedLoad['end']
        return
      }
      const [partition = -1, number = -1, offset = -1] = line.split(' ').map(Number)
      this.acked[partition]?.push({ number, offset })
    })
  }

  /** For the message of a failure: whether it still runs, acks a partition, what it complained of last. */
  state(): string {
    const { exitCode, signalCode } = this.#child
    const run = exitCode === null && signalCode === null ? 'runs' : `ended with ${exitCode ?? signalCode}`
    return `${this.topic} ${run}, acked ${this.counts().join('/')}: ${this.#stderr.slice(-2000)}`
  }

  counts(): readonly number[] {
    return this.acked.map((acks) => acks.length)
  }

  /** Every partition has acked something since. */
  hasMovedSince(before: readonly number[]): boolean {
    return this.counts().every((count, partition) => count > (before[partition] ?? 0))
  }

  async stop(): Promise<void> {
    this.#child.stdin.write('stop\n')
    await once(this.#child, 'close')
    if (this.end === undefined) throw new Error(`the load ended early: ${this.#stderr}`)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

/** All that a consumer is given of a partition, in its order. */
export async function storedNumbers(
  bootstrap: string,
  topic: string,
  partition: number
): Promise<{ offset: number; number: number }[]> {
  const args = ['-C', '-b', bootstrap, '-t', topic, '-p', String(partition)]
  const read = await runToEnd('kcat', [...args, '-o', 'beginning', '-e', '-q', '-f', '%o %s\n'])
  if (read.code !== 0) throw new Error(read.stderr)
  return read.stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number))
    .map(([offset = -1, number = -1]) => ({ offset, number }))
}
