/** `lagoon znode`: the ensemble's tree from the shell. Every line of --json is one znode, or one change of it. */
import { ApiError } from '../../api/api'
import type { Payload } from '../../api/views'
import { znodePathSchema, ZNODE_NAMES_MAX, type ZnodeStatView, type ZnodeView } from '../../api/znodes'
import { AppError } from '../../kernel/errors'
import { exitCodes } from './exit'
import type { CommonOptions } from './options'
import { jsonText, payloadText, printJson, table } from './output'
import { writeOut } from './stdout'
import { run, withCluster } from './verbs'
import { forReader, visible } from './visible'

/** Of one `ls`; a directory of more is told to be cut. */
export const NAMES_PRINTED_MAX = 100_000

export async function znodeList(path: string, options: CommonOptions): Promise<void> {
  refuseNoPath(path)
  await withCluster(options, async (client) => {
    const children: string[] = []
    let total = 0
    let after: string | undefined
    do {
      const input = { path, limit: ZNODE_NAMES_MAX, ...(after === undefined ? {} : { after }) }
      const page = await client.call('znode.list', input)
      children.push(...page.children)
      total = page.total
      after = page.next ?? undefined
    } while (after !== undefined && children.length < NAMES_PRINTED_MAX)
    if (options.json === true) printJson({ path, children })
    else if (children.length > 0) await writeOut(`${children.map(forReader).join('\n')}\n`)
    if (after === undefined) return
    process.stderr.write(`These are the first ${children.length} of ${total} children.\n`)
    process.exitCode = exitCodes.failed
  })
}

export function znodeGet(path: string, options: CommonOptions): Promise<void> {
  refuseNoPath(path)
  return run(
    options,
    'znode.get',
    { path },
    { json: (value) => value, text: ({ data }) => forReader(payloadText(data)) }
  )
}

export function znodeStat(path: string, options: CommonOptions): Promise<void> {
  refuseNoPath(path)
  return run(
    options,
    'znode.stat',
    { path },
    {
      json: (value) => value,
      text: ({ stat, owner, acl }) =>
        statText(
          stat,
          owner === null ? '' : owner.isOurs ? 'Lagoon' : owner.broker === null ? '' : `broker-${owner.broker}`,
          acl
        )
    }
  )
}

interface WriteOptions extends CommonOptions {
  readonly value?: string
  readonly ifVersion?: number
}

export function znodeCreate(
  path: string,
  given: string | undefined,
  options: WriteOptions & { readonly sequential?: boolean }
): Promise<void> {
  refuseNoPath(path)
  const data = dataOf(given, options) ?? null
  const input = { path, data, ...(options.sequential === true ? { isSequential: true } : {}) }
  return run(options, 'znode.create', input, {
    json: (value) => value,
    text: (made) => `Created ${visible(made.path)}.`
  })
}

export function znodeSet(path: string, given: string | undefined, options: WriteOptions): Promise<void> {
  refuseNoPath(path)
  const data = dataOf(given, options)
  if (data === undefined)
    throw new AppError('USAGE', 'Say what is to be in it: lagoon znode set /a text, or --value text.')
  const input = { path, data, ...versionOf(options) }
  const text = ({ stat }: { readonly stat: ZnodeStatView }): string =>
    `Set ${visible(path)}, version ${stat.version} now.`
  return run(options, 'znode.set', input, { json: (value) => value, text })
}

export function znodeDelete(path: string, options: WriteOptions & { readonly recursive?: boolean }): Promise<void> {
  refuseNoPath(path)
  const input = { path, ...versionOf(options), ...(options.recursive === true ? { isRecursive: true } : {}) }
  const text = ({ deleted }: { readonly deleted: number }): string =>
    deleted === 1 ? `Deleted ${visible(path)}.` : `Deleted ${visible(path)} and ${deleted - 1} znodes below it.`
  return run(options, 'znode.delete', input, { json: (value) => value, text })
}

export const CHANGES = ['initial', 'created', 'deleted', 'dataChanged', 'childrenChanged'] as const
export type Change = (typeof CHANGES)[number]

/** Undefined: nothing has changed that anybody asks for. */
export function changeBetween(before: ZnodeView | undefined, after: ZnodeView): Change | undefined {
  if (!after.isReachable) return undefined
  if (before === undefined) return 'initial'
  if (before.stat === null) return after.stat === null ? undefined : 'created'
  if (after.stat === null) return 'deleted'
  if (before.stat.czxid !== after.stat.czxid) return 'created'
  if (before.stat.mzxid !== after.stat.mzxid) return 'dataChanged'
  return before.stat.pzxid === after.stat.pzxid ? undefined : 'childrenChanged'
}

/** How it is, then each change, until it is interrupted. What changed twice within a quarter of a second is told once. */
export function znodeWatch(path: string, options: CommonOptions & { readonly maxChanges?: number }): Promise<void> {
  refuseNoPath(path)
  return withCluster(options, async (client) => {
    const leave = (): never => process.exit(exitCodes.done)
    process.on('SIGINT', leave)
    process.on('SIGTERM', leave)
    await new Promise<void>((resolve, reject) => {
      let before: ZnodeView | undefined
      let changes = -1
      client.onClose(() => reject(new ApiError({ code: 'DISCONNECTED', message: 'The cluster stopped.' })))
      const told = (view: ZnodeView): void => {
        if (!view.isReachable)
          process.stderr.write('No member of the ensemble answers: changes are told when one does.\n')
        const type = changeBetween(before, view)
        if (type === undefined) return
        before = view
        changes += 1
        writeOut(`${changeLine(view, type, options)}\n`).catch(reject)
        if (changes === options.maxChanges) resolve()
      }
      client.watch(`znode:${path}`, told, reject)
    })
  })
}

function changeLine({ path, data, stat, cutFromBytes }: ZnodeView, type: Change, { json }: CommonOptions): string {
  if (json === true) return jsonText({ path, type, data, stat, ...(cutFromBytes === null ? {} : { cutFromBytes }) })
  const isMissing = stat === null && type === 'initial'
  const version =
    stat === null
      ? isMissing
        ? '  there is no such znode yet'
        : ''
      : `  version ${stat.version}, ${stat.numChildren} children`
  return `${visible(path)} ${type}${version}${stat === null ? '' : `  ${forReader(payloadText(data))}`}`
}

function statText(stat: ZnodeStatView, owner: string, acl: readonly string[] | null): string {
  const { ctimeMs, mtimeMs, ...rest } = stat
  const times = { ctime: new Date(ctimeMs).toISOString(), mtime: new Date(mtimeMs).toISOString() }
  const rows = Object.entries({ ...rest, ...times }).map(([name, value]) => {
    const more = name === 'ephemeralOwner' && owner !== '' ? `  ${owner}` : ''
    return [name, `${value}${more}`]
  })
  return table(['FIELD', 'VALUE'], [...rows, ['acl', acl === null ? null : acl.join(', ')]])
}

const versionOf = ({ ifVersion }: WriteOptions) => (ifVersion === undefined ? {} : { version: ifVersion })

function dataOf(given: string | undefined, { value }: WriteOptions): Payload | undefined {
  if (given !== undefined && value !== undefined)
    throw new AppError('USAGE', 'Say once what is to be in it: as the second word, or with --value.')
  return given ?? value
}

function refuseNoPath(path: string): void {
  const { error } = znodePathSchema.safeParse(path)
  const [issue] = error?.issues ?? []
  if (issue !== undefined) throw new AppError('USAGE', `${visible(path.slice(0, 200))} is no path. ${issue.message}`)
}
