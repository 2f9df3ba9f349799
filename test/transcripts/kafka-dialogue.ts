/**
 * A dialogue with a broker, in the form in which it is recorded: requests and answers decoded, and what differs from one
 * cluster to the next by nature (ids, addresses, clocks) replaced by a name that both sides can give it. A later request may
 * use such a name: it is replaced again by what this broker answered.
 */
import { definitionOf, topicConfigNames } from '../../src-main/broker/core/topic-configs'
import { apis, readAnswer, requestFrame, type ApiName, type RequestOf } from '../support/raw-client'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** What is to come of a request: an answer (absent), nothing, the end of the connection, or an answer that is taken later. */
export type Outcome = 'nothing' | 'end' | 'later'

export interface Step {
  /** What it shows. */
  readonly what: string
  readonly api: ApiName
  readonly version: number
  readonly request: Json
  /** When it is not the request's: what cannot be served is answered in version 0. */
  readonly answerVersion?: number
  /** Which connection; "main" when absent. */
  readonly on?: string
  readonly outcome?: Outcome
  /** Absent while it is to come later, and for the outcome 'nothing'. "closed" or "open" for the outcome 'end'; "closed" or "silent" where an answer was due. */
  readonly answer?: Json
}

/** Takes the answer to a request whose outcome was 'later'. */
export interface Taken {
  readonly what: string
  readonly api: ApiName
  readonly version: number
  readonly on: string
  readonly taken: true
  readonly answer?: Json
}

export interface Program {
  readonly program: string
  readonly steps: readonly (Step | Taken)[]
}

/** One connection to a broker. */
export interface Line {
  send(frame: Uint8Array): void
  /** The next answer without its length; 'silent' when none comes for too long. */
  receive(): Promise<Uint8Array | 'closed' | 'silent'>
  /** Whether it ends within a second. */
  ended(): Promise<'closed' | 'open'>
}

const uuidText = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const zeroTopicId = 'AAAAAAAAAAAAAAAAAAAAAA'
/** A time of ours is later than this, one in a request earlier. */
const timesFrom = 1_600_000_000_000

const configsOfHere = new Set<unknown>([
  ...topicConfigNames,
  ...topicConfigNames.map((name) => definitionOf(name).brokerName),
  ...['broker.id', 'log.dirs', 'group.initial.rebalance.delay.ms']
])

/** Only configs that are obeyed here are shown here (ADR 18); the others are left out of the record. */
function ofHere(configs: unknown): unknown {
  if (!Array.isArray(configs)) return configs
  return configs.filter((config: { readonly name: unknown }) => configsOfHere.has(config.name))
}

/** What this cluster called what, and the names that stand for it. */
export class Names {
  readonly #names = new Map<string, string>()
  readonly #values = new Map<string, string>()

  #nameOf(value: string, name: string): string {
    const known = this.#names.get(value)
    if (known !== undefined) return known
    this.#names.set(value, name)
    this.#values.set(name, value)
    return name
  }

  /** What may be recorded of an answer. */
  named(value: unknown, key = '', beside: Readonly<Record<string, unknown>> = {}): Json {
    if (value instanceof Uint8Array) return { hex: Buffer.from(value).toString('hex') }
    if (Array.isArray(value)) return value.map((element) => this.named(element, key))
    if (typeof value === 'bigint') return this.#number(value, key) ?? `${value}n`
    if (typeof value === 'number') return this.#number(value, key) ?? value
    if (typeof value === 'string') return this.#text(value, key, beside)
    if (typeof value === 'boolean' || value === null || value === undefined) return value ?? null
    const fields = value as Readonly<Record<string, unknown>>
    const kept = Object.entries(fields)
      .filter(([name]) => name !== 'throttleTimeMs')
      .map(([name, field]) => [name, name === 'configs' ? ofHere(field) : field] as const)
    return Object.fromEntries(kept.map(([name, field]) => [name, this.named(field, name, fields)]))
  }

  #number(value: number | bigint, key: string): string | undefined {
    switch (key) {
      case 'port':
        return value > 0 ? '@port' : undefined
      case 'producerId':
        return value >= 0 ? '@producerId' : undefined
      case 'totalBytes':
      case 'usableBytes':
        return value >= 0 ? '@bytes' : undefined
      case 'sessionId':
        return value > 0 ? '@session' : undefined
      case 'logAppendTimeMs':
        return value >= timesFrom ? '@now' : undefined
      default:
        return undefined
    }
  }

  #text(value: string, key: string, beside: Readonly<Record<string, unknown>>): string {
    if (value === '') return value
    switch (key) {
      case 'host':
      case 'clientHost':
      case 'logDir':
      case 'clusterId':
        return `@${key}`
      case 'topicId': {
        const name = beside['name'] ?? beside['topic']
        if (value === zeroTopicId) return value
        return this.#nameOf(value, typeof name === 'string' && name !== '' ? `@topicId:${name}` : '@topicId:?')
      }
      default:
        return value.replace(uuidText, (uuid) => this.#nameOf(uuid, `@uuid${this.#names.size + 1}`))
    }
  }

  /** What this cluster is to be sent. */
  resolved(value: Json): unknown {
    if (typeof value === 'string') {
      if (/^-?\d+n$/.test(value)) return BigInt(value.slice(0, -1))
      return value.replace(/@topicId:[\w.?-]+|@uuid\d+/g, (name) => this.#values.get(name) ?? name)
    }
    if (value === null || typeof value !== 'object') return value
    if (Array.isArray(value)) return value.map((element: Json) => this.resolved(element))
    const fields = value as Readonly<Record<string, Json>>
    if (typeof fields['hex'] === 'string') return Uint8Array.from(Buffer.from(fields['hex'], 'hex'))
    return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, this.resolved(field)]))
  }
}

/** In a frame, behind its length and the api key. */
const versionAt = 6

/** A version that is not there yet is said over the newest body there is. */
const encodable = (api: ApiName, version: number): number => Math.min(version, apis[api].request.versions[1])

/** Holds a dialogue, each step on its connection. */
export class Dialogue {
  readonly #connect: () => Promise<Line>
  readonly #lines = new Map<string, Line>()
  readonly #names = new Names()
  #correlationId = 0

  constructor(connect: () => Promise<Line>) {
    this.#connect = connect
  }

  /** The step with what came of it. */
  async said<One extends Step | Taken>(step: One): Promise<One> {
    const { api, version } = step
    const line = await this.#line(step.on ?? 'main')
    if ('taken' in step) return { ...step, answer: await this.#answer(line, api, version) }
    const value = this.#names.resolved(step.request)
    const frame = requestFrame(api, encodable(api, version), value as RequestOf<ApiName>, ++this.#correlationId)
    new DataView(frame.buffer, frame.byteOffset).setInt16(versionAt, version)
    line.send(frame)
    if (step.outcome === 'nothing' || step.outcome === 'later') return step
    if (step.outcome === 'end') {
      const answer = await line.ended()
      if (answer === 'closed') this.#lines.delete(step.on ?? 'main')
      return { ...step, answer }
    }
    const answer = await this.#answer(line, api, step.answerVersion ?? version)
    if (answer === 'closed' || answer === 'silent') this.#lines.delete(step.on ?? 'main')
    return { ...step, answer }
  }

  async #line(name: string): Promise<Line> {
    const known = this.#lines.get(name)
    if (known !== undefined) return known
    const line = await this.#connect()
    this.#lines.set(name, line)
    return line
  }

  async #answer(line: Line, api: ApiName, version: number): Promise<Json> {
    const frame = await line.receive()
    if (typeof frame === 'string') return frame
    return this.#names.named(readAnswer(api, version, frame).value)
  }
}

// ── comparing ──────────────────────────────────────────────────────────────────────────────────────────────────────

const keys = ['name', 'topic', 'topicName', 'groupId', 'key', 'resourceName', 'memberId'] as const
const numberKeys = ['partitionIndex', 'index', 'partition', 'apiKey', 'nodeId', 'brokerId'] as const

/** An answer as a flat list of fields by their path; elements of a list stand by what names them, whatever their order. */
export function fieldsOf(answer: Json, path = ''): Map<string, Json> {
  const fields = new Map<string, Json>()
  if (answer === null || typeof answer !== 'object') return fields.set(path, answer)
  const isList = Array.isArray(answer)
  const members = isList ? listed(answer as readonly Json[]) : Object.entries(answer)
  if (members.length === 0) return fields.set(path, isList ? '(empty)' : '{}')
  for (const [name, member] of members) {
    const inner = fieldsOf(member, isList ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`)
    for (const [where, value] of inner) fields.set(where, value)
  }
  return fields
}

function listed(list: readonly Json[]): [string, Json][] {
  const times = new Map<string, number>()
  return list.map((element, i) => {
    const name = nameIn(element) ?? String(i)
    const seen = (times.get(name) ?? 0) + 1
    times.set(name, seen)
    return [seen === 1 ? name : `${name} again`, element]
  })
}

function nameIn(element: Json): string | undefined {
  if (element === null || typeof element !== 'object' || Array.isArray(element)) return undefined
  const fields = element as Readonly<Record<string, Json>>
  const text = keys.map((key) => fields[key]).find((value) => typeof value === 'string')
  if (typeof text === 'string') return text === '' ? '""' : text
  const number = numberKeys.map((key) => fields[key]).find((value) => typeof value === 'number')
  return number === undefined ? undefined : String(number)
}

export interface Difference {
  readonly where: string
  readonly kafka: Json | undefined
  readonly ours: Json | undefined
}

/** How Kafka says in some places that there is no message. */
const wordless = new Set(['', 'NONE'])

/** Of messages only whether there is one: their words are ours. */
const said = (where: string, value: Json | undefined): Json | undefined =>
  /(^|\.)(errorMessage|batchIndexErrorMessage)$/.test(where) && typeof value === 'string'
    ? wordless.has(value)
      ? null
      : '(words)'
    : value

export function differences(kafka: Json, ours: Json): readonly Difference[] {
  const [theirs, own] = [fieldsOf(kafka), fieldsOf(ours)]
  return [...new Set([...theirs.keys(), ...own.keys()])]
    .map((where) => ({ where, kafka: said(where, theirs.get(where)), ours: said(where, own.get(where)) }))
    .filter(({ kafka: theirValue, ours: ownValue }) => theirValue !== ownValue)
}
