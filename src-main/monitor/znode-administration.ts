/**
 * Znodes by command: read, made, set and deleted over the monitor's own session. Whoever asks sees everything that was answered
 * before, by any member and to anybody: a sync goes first. What a lost connection leaves in doubt is said to be in doubt.
 */
import { ApiError, type ApiErrorCode } from '../api/api'
import type { CommandInput, CommandOutput } from '../api/commands'
import type { Serdes } from '../api/formats'
import { childPath, ZNODE_DELETE_MAX, type ZnodeOwner, type ZnodeStatView } from '../api/znodes'
import { EnsembleError, type EnsembleClient, type Operation, type ZnodeStat } from '../coordination/ensemble-client'
import type { Clock } from '../kernel/ports'
import { said } from '../kernel/said'
import { withinTime } from '../kernel/waiting'

const connectTimeoutMs = 5_000
const answerTimeoutMs = 15_000
/** Znodes that are asked about at once, or deleted in one multi, which is all done or not at all. */
const partSize = 200
/** Of their paths: a request may have 1 MiB, and a character three bytes. */
const partCharacters = 250_000
const brokerIdsPath = '/brokers/ids'

export interface ZnodePorts {
  readonly client: EnsembleClient
  readonly clock: Clock
  readonly serdes: Pick<Serdes, 'payloadBytes' | 'payloadFrom'>
}

export class ZnodeAdministration {
  readonly #ports: ZnodePorts

  constructor(ports: ZnodePorts) {
    this.#ports = ports
  }

  list({ path, after, limit }: CommandInput<'znode.list'>): Promise<CommandOutput<'znode.list'>> {
    return this.#read(path, async (client) => {
      const found = await client.getChildren(path)
      if (found === undefined) throw new EnsembleError('NONODE', path)
      const from = after === undefined ? 0 : found.children.findIndex((name) => name > after)
      const children = from < 0 ? [] : found.children.slice(from, from + limit)
      const isEnd = from < 0 || from + children.length >= found.children.length
      return { path, total: found.children.length, children, next: isEnd ? null : (children.at(-1) ?? null) }
    })
  }

  get({ path }: CommandInput<'znode.get'>): Promise<CommandOutput<'znode.get'>> {
    return this.#read(path, async (client) => {
      const found = await client.getData(path)
      if (found === undefined) throw new EnsembleError('NONODE', path)
      return { path, data: this.#ports.serdes.payloadFrom(found.data), stat: statView(found.stat) }
    })
  }

  stat({ path }: CommandInput<'znode.stat'>): Promise<CommandOutput<'znode.stat'>> {
    return this.#read(path, async (client) => {
      const stat = await client.exists(path)
      if (stat === undefined) throw new EnsembleError('NONODE', path)
      return { path, stat: statView(stat), owner: await ownerOf(client, stat), acl: await aclOf(client, path) }
    })
  }

  create({ path, data, isSequential }: CommandInput<'znode.create'>): Promise<CommandOutput<'znode.create'>> {
    return this.#do(path, async (client) => {
      const bytes = this.#ports.serdes.payloadBytes(data)
      const created = await client.create(path, bytes, { sequential: isSequential === true })
      return { path: created.path, stat: statView(created.stat) }
    })
  }

  set({ path, data, version }: CommandInput<'znode.set'>): Promise<CommandOutput<'znode.set'>> {
    return this.#do(path, async (client) => {
      const stat = await client.setData(path, this.#ports.serdes.payloadBytes(data), version)
      return { path, stat: statView(stat) }
    })
  }

  /** With a version: only while the znode itself has it, also of what is below. */
  async delete({ path, version, isRecursive }: CommandInput<'znode.delete'>): Promise<CommandOutput<'znode.delete'>> {
    const below = isRecursive === true ? await this.#below(path, version) : []
    let gone = 0
    return await this.#do(path, async (client) => {
      try {
        // The deepest first: nothing with children can be deleted.
        for (const some of parts(below.toReversed())) {
          const guard: readonly Operation[] = version === undefined ? [] : [{ type: 'check', path, version }]
          await deleteAll(client, some, guard, (count) => (gone += count))
        }
        await client.delete(path, version)
      } catch (error) {
        if (!(error instanceof EnsembleError) || gone === 0) throw error
        throw partlyDeleted(error, path, gone, below.length)
      }
      return { path, deleted: below.length + 1 }
    })
  }

  /** Everything under it, parents before their children. */
  #below(path: string, version: number | undefined): Promise<readonly string[]> {
    return this.#read(path, async (client) => {
      const found: string[] = []
      const left: { readonly path: string; readonly stat: ZnodeStat | undefined }[] = [
        { path, stat: await client.exists(path) }
      ]
      if (version !== undefined && left[0]?.stat !== undefined && left[0].stat.version !== version)
        throw new EnsembleError('BADVERSION', path)
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        // Before their names are asked for: there may be millions.
        if (found.length + (next.stat?.numChildren ?? 0) > ZNODE_DELETE_MAX) throw tooMany(path)
        if (next.stat?.numChildren === 0) continue
        const { children = [] } = (await client.getChildren(next.path)) ?? {}
        if (found.length + children.length > ZNODE_DELETE_MAX) throw tooMany(path)
        const paths = children.map((name) => childPath(next.path, name))
        for (const some of parts(paths)) {
          const stats = await Promise.all(some.map((one) => client.exists(one)))
          some.forEach((one, index) => {
            found.push(one)
            left.push({ path: one, stat: stats[index] })
          })
        }
      }
      return found
    })
  }

  #read<T>(path: string, work: (client: EnsembleClient) => Promise<T>): Promise<T> {
    return this.#do(path, async (client) => {
      await client.sync(path)
      return await work(client)
    })
  }

  async #do<T>(path: string, work: (client: EnsembleClient) => Promise<T>): Promise<T> {
    const { client, clock } = this.#ports
    try {
      const connected = client.whenConnected().then(() => true)
      if ((await withinTime(clock, connectTimeoutMs, connected)) !== true) throw noMember()
      const done = await withinTime(
        clock,
        answerTimeoutMs,
        work(client).then((value) => ({ value }))
      )
      if (done !== undefined) return done.value
    } catch (error) {
      throw error instanceof EnsembleError ? znodeFailure(error, path) : error
    }
    throw znodeFailure(new EnsembleError('OPERATIONTIMEOUT', path), path)
  }
}

/** Whose session owns it; null of one that is not ephemeral. */
export async function ownerOf(client: EnsembleClient, { ephemeralOwner }: ZnodeStat): Promise<ZnodeOwner | null> {
  if (ephemeralOwner === 0n) return null
  const isOurs = ephemeralOwner === client.sessionId
  const owner = { sessionId: hexOf(ephemeralOwner), isOurs, broker: null }
  if (isOurs) return owner
  const { children = [] } = (await client.getChildren(brokerIdsPath)) ?? {}
  const owned = await Promise.all(
    children.map(async (id) => (await client.exists(`${brokerIdsPath}/${id}`))?.ephemeralOwner === ephemeralOwner)
  )
  const broker = Number(children[owned.indexOf(true)])
  return { ...owner, broker: Number.isSafeInteger(broker) && broker >= 0 ? broker : null }
}

const permissionBits = [
  ['c', 4],
  ['d', 8],
  ['r', 1],
  ['w', 2],
  ['a', 16]
] as const

/** As zkCli writes it; null for who may not see it. */
export async function aclOf(client: EnsembleClient, path: string): Promise<string[] | null> {
  const acl = await unlessDenied(client.getAcl(path))
  if (acl === 'denied') return null
  return acl.map(({ scheme, id, permissions }) => {
    const letters = permissionBits.filter(([, bit]) => (permissions & bit) !== 0).map(([letter]) => letter)
    return `${scheme}:${id} ${letters.join('')}`
  })
}

export async function unlessDenied<T>(work: Promise<T>): Promise<T | 'denied'> {
  try {
    return await work
  } catch (error) {
    if (error instanceof EnsembleError && error.code === 'NOAUTH') return 'denied'
    throw error
  }
}

const hexOf = (value: bigint): string => `0x${BigInt.asUintN(64, value).toString(16)}`

export function statView(stat: ZnodeStat): ZnodeStatView {
  const { czxid, mzxid, pzxid, ephemeralOwner, ...rest } = stat
  return {
    czxid: hexOf(czxid),
    mzxid: hexOf(mzxid),
    pzxid: hexOf(pzxid),
    ephemeralOwner: hexOf(ephemeralOwner),
    ctimeMs: rest.ctimeMs,
    mtimeMs: rest.mtimeMs,
    version: rest.version,
    cversion: rest.cversion,
    dataLength: rest.dataLength,
    numChildren: rest.numChildren
  }
}

function parts(paths: readonly string[]): readonly (readonly string[])[] {
  const all: string[][] = []
  let characters = 0
  for (const path of paths) {
    const part = all.at(-1)
    if (part === undefined || part.length === partSize || characters + path.length > partCharacters) {
      all.push([path])
      characters = path.length
    } else {
      part.push(path)
      characters += path.length
    }
  }
  return all
}

/** All or, where somebody else was faster with one of them, each that is left. */
async function deleteAll(
  client: EnsembleClient,
  paths: readonly string[],
  guard: readonly Operation[],
  deleted: (count: number) => void
): Promise<void> {
  const isGone = (error: unknown): boolean => error instanceof EnsembleError && error.code === 'NONODE'
  try {
    await client.multi([...guard, ...paths.map((path): Operation => ({ type: 'delete', path }))])
    deleted(paths.length)
  } catch (error) {
    if (!isGone(error) || (error as EnsembleError).failedIndex < guard.length) throw error
    for (const path of paths) {
      await client.multi([...guard, { type: 'delete', path }]).catch((one: unknown) => {
        if (!isGone(one) || (one as EnsembleError).failedIndex < guard.length) throw one
      })
      deleted(1)
    }
  }
}

function tooMany(path: string): ApiError {
  const message = said`There are more than ${ZNODE_DELETE_MAX} znodes below ${path}: nothing was deleted. Delete it in parts.`
  return new ApiError({ code: 'INVALID_INPUT', message })
}

/** What was on its way when the connection went may be deleted, too. */
const inDoubt = new Set(['CONNECTIONLOSS', 'OPERATIONTIMEOUT', 'SESSIONEXPIRED', 'SESSIONMOVED'])

function partlyDeleted(error: EnsembleError, path: string, gone: number, of: number): ApiError {
  const { code, message, kafkaError } = znodeFailure(error, path)
  const words = inDoubt.has(error.code)
    ? said`At least ${gone} of the ${of} znodes below it are deleted. ${message}`
    : said`${gone} of the ${of} znodes below it are deleted, the others are not. ${message}`
  return new ApiError({ code, message: words, ...(kafkaError === undefined ? {} : { kafkaError }) })
}

function noMember(): ApiError {
  const message = said`No member of the ensemble takes clients: it has no quorum, or none runs. lagoon ensemble status says which.`
  return new ApiError({ code: 'FAILED', message, kafkaError: 'CONNECTIONLOSS' })
}

const doubt = said`whether it was done is not known. Look before you do it again.`

/** In words, with ZooKeeper's name. */
export function znodeFailure({ code, path: failedPath }: EnsembleError, asked: string): ApiError {
  const path = failedPath === '/' ? asked : failedPath
  const known: Partial<Record<string, readonly [ApiErrorCode, string]>> = {
    NONODE: ['NOT_FOUND', said`There is no znode ${path}, or none above it.`],
    NODEEXISTS: ['CONFLICT', said`There is a znode ${path} already.`],
    NOTEMPTY: ['CONFLICT', said`${path} has children: delete those first, or all of it with --recursive.`],
    BADVERSION: ['CONFLICT', said`${path} was changed since: its version is another one. Read it again.`],
    NOCHILDRENFOREPHEMERALS: ['CONFLICT', said`The znode above ${path} is ephemeral, and can have no children.`],
    BADARGUMENTS: [
      'INVALID_INPUT',
      said`${path} cannot be: a part of the path is ., .. or unprintable, or the data is too long (1 MiB).`
    ],
    NOAUTH: ['FAILED', said`The ACL of ${path} does not allow this.`],
    INVALIDACL: ['FAILED', said`The ACL of ${path} cannot be.`],
    SYSTEMERROR: ['FAILED', said`The member that was asked cannot write: its disk may be full.`],
    CONNECTIONLOSS: ['FAILED', said`The connection to the ensemble was lost: ${doubt}`],
    SESSIONEXPIRED: ['FAILED', said`The session with the ensemble has expired, and another one is begun. Try again.`],
    SESSIONMOVED: ['FAILED', said`The session has moved to another member. Try again.`],
    OPERATIONTIMEOUT: ['TIMED_OUT', said`The ensemble has not answered within ${answerTimeoutMs / 1000} s: ${doubt}`]
  }
  const [apiCode, message] = known[code] ?? (['FAILED', said`The ensemble refuses it for ${path}.`] as const)
  return new ApiError({ code: apiCode, message, kafkaError: code })
}
