/**
 * One run of a program against one ensemble: what was answered and told, with all that two ensembles need not have in common
 * made the same: zxids become their ranks, times and session ids go by what they are equal to, children are sorted, and so are
 * digests beside each other in a list: what `auth` stands for is a set of ZooKeeper's, in the order of its hashes.
 *
 * A read is answered with the last position that there is, and an attachment takes one here and none in ZooKeeper: the rank
 * of a position is the number of those up to it that a write was answered with or a Stat tells.
 */
import { nodeNetwork } from '../../src-main/adapters/node-network'
import type { Response, WatcherEvent } from '../../src-main/coordination/wire/responses'
import type { Acl, Identity } from '../../src-main/coordination/wire/stat'
import type { Zxid } from '../../src-main/coordination/wire/zxid'
import { clientsPerProgram, type Step } from './random-programs'
import { WireClient, type Reply } from './wire-client'

export interface Outcome {
  readonly reply: unknown
  /** Of each client, sorted: one change may tell several in any order. */
  readonly events: readonly (readonly string[])[]
}

const host = '127.0.0.1'
const writes: readonly string[] = ['create', 'delete', 'setData', 'setACL', 'multi', 'reconfig']

export class ProgramRun {
  readonly #port: number
  readonly #clients: WireClient[] = []
  readonly #sessions: bigint[] = []
  readonly #zxids = new Set<bigint>()

  constructor(port: number) {
    this.#port = port
  }

  /** Of each step; a zxid in it is its rank among all of the run. */
  async outcomes(steps: readonly Step[]): Promise<unknown[]> {
    for (let client = 0; client < clientsPerProgram; client++) await this.#connect(client, new WireClient())
    const outcomes: Outcome[] = []
    for (const step of steps) {
      const reply = await this.#do(step)
      outcomes.push({ reply, events: await this.#events() })
    }
    await Promise.all(this.#clients.map((client) => client.ask({ type: 'closeSession' })))
    const ranked = [...this.#zxids].sort((a, b) => (a < b ? -1 : 1))
    const withRanks = (_key: string, value: unknown): unknown =>
      typeof value === 'bigint' ? `zxid ${ranked.filter((zxid) => zxid <= value).length}` : value
    return outcomes.map((outcome) => JSON.parse(JSON.stringify(outcome, withRanks)) as unknown)
  }

  async #do(step: Step): Promise<unknown> {
    const client = this.#clientOf(step.client)
    if (step.type === 'ask') {
      const reply = await client.ask(step.request, step.request.type === 'auth' ? -4 : undefined)
      if (reply === 'closed') await this.#connect(step.client, new WireClient())
      return this.#plain(reply, writes.includes(step.request.type))
    }
    const next = new WireClient()
    if (step.type === 'renew') await client.ask({ type: 'closeSession' })
    else {
      next.sessionId = client.sessionId
      next.password = client.password
      client.destroy()
    }
    await this.#connect(step.client, next)
    return step.type
  }

  #clientOf(index: number): WireClient {
    const client = this.#clients[index]
    if (client === undefined) throw new Error(`there is no client ${index}`)
    return client
  }

  async #connect(index: number, client: WireClient): Promise<void> {
    await client.connect(nodeNetwork, { host, port: this.#port }, 30_000)
    this.#clients[index] = client
    if (!this.#sessions.includes(client.sessionId)) this.#sessions.push(client.sessionId)
  }

  /** An event leaves before the answer to whatever its connection asks next. */
  async #events(): Promise<string[][]> {
    await Promise.all(this.#clients.map((client) => client.ask({ type: 'ping' }, -2)))
    return this.#clients.map((client) => client.events.splice(0).map(eventText).sort())
  }

  #plain(reply: Reply | 'closed', isWrite: boolean): unknown {
    if (reply === 'closed') return reply
    const { xid, error, response } = reply
    const position = isWrite ? this.#zxid(reply.zxid) : packed(reply.zxid)
    return { xid: xid < 0 ? xid : 'xid', error, position, ...this.#plainResponse(response) }
  }

  #plainResponse(response: Response | undefined): object {
    if (response === undefined) return {}
    return { response: this.#plainFields(response) }
  }

  #plainFields(value: unknown, name = ''): unknown {
    if (value === null || value === undefined) return value
    if (name === 'children' || name === 'paths') return [...(value as string[])].sort()
    if (name === 'identities') return (value as Identity[]).map(({ scheme, id }) => `${scheme} ${id}`).sort()
    if (name === 'acl') return plainAcl(value as Acl[])
    if (name === 'ephemeralOwner') return value === 0n ? 'none' : `session ${this.#sessions.indexOf(value as bigint)}`
    if (name === 'ctimeMs' || name === 'mtimeMs') return value === 0 ? 0 : 'time'
    if (isZxid(value)) return this.#zxid(value)
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
    if (Array.isArray(value)) return value.map((one) => this.#plainFields(one))
    if (typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, this.#plainFields(field, key)]))
  }

  #zxid(zxid: Zxid): bigint {
    const number = packed(zxid)
    this.#zxids.add(number)
    return number
  }
}

const packed = ({ epoch, counter }: Zxid): bigint => (BigInt(epoch) << 32n) | BigInt(counter)

function isZxid(value: unknown): value is Zxid {
  return typeof value === 'object' && value !== null && 'epoch' in value && 'counter' in value
}

const eventText = ({ type, path }: WatcherEvent): string => `${type} ${path}`

function plainAcl(acl: readonly Acl[]): Acl[] {
  const plain: Acl[] = []
  let run: Acl[] = []
  const endRun = (): void => {
    plain.push(...run.sort((a, b) => (a.id < b.id ? -1 : 1)))
    run = []
  }
  for (const item of acl) {
    const [first] = run
    if (item.scheme !== 'digest' || first?.permissions !== item.permissions) endRun()
    if (item.scheme === 'digest') run.push(item)
    else plain.push(item)
  }
  endRun()
  return plain
}
