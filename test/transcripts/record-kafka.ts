/**
 * Records test/transcripts/kafka.json anew: every program is put to a real Apache Kafka in ZooKeeper mode, one broker. By
 * hand, with `npm run record:kafka`; needs java, and Maven the first time.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RawClient } from '../support/raw-client'
import { startRealKafka } from '../support/real-kafka'
import { Dialogue, type Json, type Line, type Program, type Step, type Taken } from './kafka-dialogue'
import { programs, type Answer } from './kafka-programs'

/** Kafka's defaults, but for what one broker cannot have, and what ADR 18 sets. */
const settings = {
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0'
}
/** Longer than any of these programs has to wait. */
const answerMsMax = 5_000
const file = resolve(import.meta.dirname, 'kafka.json')

class RawLine implements Line {
  readonly #client: RawClient

  constructor(client: RawClient) {
    this.#client = client
  }

  send(frame: Uint8Array): void {
    this.#client.write(frame)
  }

  receive(): Promise<Uint8Array | 'closed' | 'silent'> {
    const tooLong = new Promise<'silent'>((settle) => setTimeout(() => settle('silent'), answerMsMax))
    return Promise.race([this.#client.frame().catch(() => 'closed' as const), tooLong])
  }

  ended(): Promise<'closed' | 'open'> {
    const inVain = new Promise<'open'>((settle) => setTimeout(() => settle('open'), 1_000))
    return Promise.race([this.#client.closed.then(() => 'closed' as const), inVain])
  }
}

async function recorded(port: number, program: string): Promise<Program> {
  const clients: RawClient[] = []
  const dialogue = new Dialogue(async () => {
    const client = await RawClient.connect(port)
    clients.push(client)
    return new RawLine(client)
  })
  const steps: (Step | Taken)[] = []
  const say = async (step: Step | Taken): Promise<Answer> => {
    const said = await dialogue.said(step).catch((error: unknown) => {
      throw new Error(`${program}: ${step.what} (${step.api} ${step.version})`, { cause: error })
    })
    steps.push(said)
    return (said.answer ?? null) as Answer
  }
  await programs[program]?.({
    ask: (what, api, version, request, options = {}) =>
      say({ what, api, version, request: plain(request), ...options }),
    take: (what, api, version, on) => say({ what, api, version, on, taken: true })
  })
  for (const client of clients) client.close()
  return { program, steps }
}

/** As it is read from the file again. */
function plain(value: unknown): Json {
  if (value instanceof Uint8Array) return { hex: Buffer.from(value).toString('hex') }
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value as Json
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]))
}

/** As any cluster is that has been used: the offsets topic is there, and the broker has producer ids to give. */
async function warmedUp(port: number): Promise<void> {
  const client = await RawClient.connect(port)
  const ready = async (): Promise<boolean> => {
    const coordinator = await client.ask('findCoordinator', 3, { key: 'any' })
    const producer = await client.ask('initProducerId', 1, { transactionalId: null, transactionTimeoutMs: 60_000 })
    return coordinator.errorCode === 0 && producer.errorCode === 0
  }
  while (!(await ready())) await new Promise((settle) => setTimeout(settle, 100))
  client.close()
}

describe('Kafka', () => {
  const all: Program[] = []

  for (const program of Object.keys(programs)) {
    it(`answers ${program}`, { timeout: 120_000 }, async () => {
      const kafka = await startRealKafka(settings)
      try {
        await warmedUp(kafka.port)
        all.push(await recorded(kafka.port, program))
      } finally {
        await kafka.stop()
      }
    })
  }

  it('is recorded', () => {
    const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Program[]) : []
    // Of some programs only (-t) the others stay as they were.
    const known = new Map([...before, ...all].map((program) => [program.program, program]))
    const kept = Object.keys(programs).map((name) => known.get(name))
    expect(kept).not.toContain(undefined)
    const text = kept.map((program) => {
      const lines = program?.steps.map((step) => JSON.stringify(step)).join(',\n')
      return `{"program":${JSON.stringify(program?.program)},"steps":[\n${lines}]}`
    })
    writeFileSync(file, `[${text.join(',\n')}]\n`)
  })
})
