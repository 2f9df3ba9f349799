/** The same random programs against a member of ours and against Debian's ZooKeeper 3.8: equal replies, Stats and events. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { EnsembleProcess, fourLetterWord, freePort, temporaryFolder } from '../support/ensemble-process'
import { ProgramRun } from '../support/program-run'
import { RandomProgram, type Step } from '../support/random-programs'
import { RealZooKeeper } from '../support/real-zookeeper'

/** LAGOON_SEED repeats the programs of another run. */
const firstSeed = Number(process.env['LAGOON_SEED'] ?? Date.now() % 1_000_000_000)
const stepsPerProgram = 125
const programCount = 84
/** Runs that a program is made shorter by, when it shows a difference. */
const shrinkRunsMax = 80
const superDigest = 'super:D/InIHSb7yEEbrWz8b9l71RjZJU='

const folder = temporaryFolder()
let member: EnsembleProcess
let memberPort: number
let zookeeper: RealZooKeeper
let runs = 0

beforeAll(async () => {
  memberPort = await freePort()
  const started = RealZooKeeper.start(superDigest)
  member = await EnsembleProcess.start({ dataDir: folder.path, port: memberPort, superDigest })
  zookeeper = await started
})

afterAll(async () => {
  await member.stop()
  await zookeeper.stop()
  folder.remove()
})

/** The first step of which they make something else, and what. */
async function difference(stepsAt: (root: string) => readonly Step[]): Promise<Difference | undefined> {
  const root = `/p${runs++}`
  const made: Step = {
    client: 0,
    type: 'ask',
    request: { type: 'create', path: root, data: null, acl: open, flags: 0, withStat: true }
  }
  const steps = [made, ...stepsAt(root)]
  const [ours, theirs] = await Promise.all(
    [memberPort, zookeeper.port].map((port) => new ProgramRun(port).outcomes(steps))
  )
  for (const [index, step] of steps.entries()) {
    const [one, other] = [ours?.[index], theirs?.[index]]
    if (JSON.stringify(one) !== JSON.stringify(other)) return { index: index - 1, step, ours: one, zookeeper: other }
  }
  return undefined
}

const open = [{ permissions: 31, scheme: 'world', id: 'anyone' }]

interface Difference {
  readonly index: number
  readonly step: Step
  readonly ours: unknown
  readonly zookeeper: unknown
}

/** The same program at another place. */
function moved(steps: readonly Step[], from: string, to: string): Step[] {
  const text = JSON.stringify(steps, (_key, value: unknown) =>
    value instanceof Uint8Array ? { bytes: [...value] } : value
  )
  return JSON.parse(
    text.replaceAll(`"${from}/`, `"${to}/`).replaceAll(`"${from}"`, `"${to}"`),
    (_key, value: unknown) =>
      typeof value === 'object' && value !== null && 'bytes' in value ? Uint8Array.from(value.bytes as number[]) : value
  ) as Step[]
}

const asLine = (step: Step): string =>
  JSON.stringify(step, (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value
  )

/** Fewer steps that show a difference as well, by leaving out halves, quarters and so on. */
async function shrunk(steps: readonly Step[], root: string): Promise<readonly Step[]> {
  let left = steps
  let tries = 0
  for (let size = Math.ceil(left.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < left.length && tries < shrinkRunsMax;) {
      const fewer = [...left.slice(0, at), ...left.slice(at + size)]
      tries++
      if ((await difference((to) => moved(fewer, root, to))) === undefined) at += size
      else left = fewer
    }
  }
  return left
}

it(
  `${programCount * stepsPerProgram} operations of random programs come to the same`,
  { timeout: 300_000 },
  async () => {
    for (let program = 0; program < programCount; program++) {
      const seed = firstSeed + program
      const steps = new RandomProgram(seed, '/root').steps(stepsPerProgram)
      const found = await difference((root) => moved(steps, '/root', root))
      if (found === undefined) continue
      const fewest = await shrunk(steps.slice(0, found.index + 1), '/root')
      const again = (await difference((root) => moved(fewest, '/root', root))) ?? found
      const told = [
        ...fewest.map(asLine),
        `ours:      ${JSON.stringify(again.ours)}`,
        `ZooKeeper: ${JSON.stringify(again.zookeeper)}`
      ].join('\n')
      throw new Error(`A difference; LAGOON_SEED=${seed} repeats it.\n${told}`)
    }
  }
)

it('containers and times to live come to the same end', { timeout: 60_000 }, async () => {
  const steps = (root: string): Step[] => {
    const create = { type: 'create', data: null, acl: open, withStat: true } as const
    return [
      { ...create, path: `${root}/c`, flags: 4, isContainer: true },
      { ...create, path: `${root}/c/a`, flags: 0 },
      { ...create, path: `${root}/never`, flags: 4, isContainer: true },
      { ...create, path: `${root}/t`, flags: 5, ttlMs: 300 },
      { ...create, path: `${root}/t-`, flags: 6, ttlMs: 300 },
      { ...create, path: `${root}/t-/child`, flags: 0 },
      { ...create, path: `${root}/held`, flags: 5, ttlMs: 300 },
      { ...create, path: `${root}/held/child`, flags: 0 },
      { type: 'delete', path: `${root}/c/a`, version: -1 }
    ].map((request) => ({ client: 0, type: 'ask', request }) as Step)
  }
  const left = async (port: number, root: string): Promise<unknown> => {
    const ask = async (): Promise<unknown[]> =>
      new ProgramRun(port).outcomes([
        { client: 0, type: 'ask', request: { type: 'getChildren', path: root, watch: false, withStat: true } }
      ])
    for (let looks = 0; looks < 200; looks++) {
      const [found] = (await ask()) as { readonly reply: { readonly response: { readonly children: string[] } } }[]
      const { children } = found?.reply.response ?? { children: [] }
      if (children.length <= 2) return found?.reply.response
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return 'more than two are left'
  }

  expect(await difference(steps)).toBeUndefined()

  const root = `/p${runs - 1}`
  const [ours, theirs] = await Promise.all([left(memberPort, root), left(zookeeper.port, root)])
  expect(ours).toEqual(theirs)
  expect(ours).toMatchObject({ children: ['held', 'never'] })
})

it('four-letter words have the same lines, where we have the figure', async () => {
  const names = ['ruok', 'srvr', 'stat', 'mntr', 'envi', 'conf', 'dirs', 'isro', 'wchs', 'dump', 'crst', 'srst']
  for (const name of names) {
    const [ours, theirs] = await Promise.all([fourLetterWord(memberPort, name), fourLetterWord(zookeeper.port, name)])
    const keysOf = (text: string): string[] =>
      text
        .split('\n')
        .map((line) => (line.startsWith(' /') ? 'client' : (line.replace(/\d+ /g, '').split(/[\t=:(]/, 1)[0] ?? '')))
    const known = new Set(keysOf(theirs))
    expect(
      keysOf(ours).filter((key) => !known.has(key) && !['node.version'].includes(key)),
      name
    ).toEqual([])
    if (!['mntr', 'envi', 'conf', 'dump', 'stat'].includes(name)) expect(keysOf(ours), name).toEqual(keysOf(theirs))
  }
})
