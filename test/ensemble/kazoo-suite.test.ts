/** kazoo's own tests, as Debian's python3-kazoo ships them, on three members of ours (kazoo_members.py). */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { freePort, memberBundle, temporaryFolder } from '../support/ensemble-process'

const python = '/usr/bin/python3'
const suite = '/usr/lib/python3/dist-packages/kazoo/tests'
/** Of the 479 there are, 8 are left out by kazoo_members.py, which says why; 3 leave themselves out. */
const passesMin = 468
/** Two minutes when nothing else runs. */
const msMax = 540_000
/** A test that hangs: its stacks are shown. */
const hangSeconds = 90
/** Of the ports that kazoo's harness would take, which are ten apart, none is free for sure but the first. */
const portsWanted = 24

const folder = temporaryFolder()
afterAll(() => folder.remove())

/** The first of so many that are free now. */
async function freePorts(): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const first = await freePort()
    if (first + portsWanted < 0x8000 || first > 0xf000) continue
    return first
  }
  throw new Error('no ports are free')
}

interface TestCase {
  readonly name: string
  readonly problem: string | undefined
  readonly isSkipped: boolean
}

/** Of pytest's report in JUnit's form. */
function testCases(report: string): TestCase[] {
  return [...report.matchAll(/<testcase ([^>]*?)(\/>|>(.*?)<\/testcase>)/gs)].map(
    ([, attributes = '', , body = '']) => {
      const of = (name: string): string => new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? ''
      const problem = /<(failure|error)\b.*?<\/\1>/s.exec(body)?.[0]
      return { name: `${of('classname')}.${of('name')}`, problem, isSkipped: body.includes('<skipped') }
    }
  )
}

it('pass, all that are about what an ensemble of ours is for', { timeout: msMax + 30_000 }, async () => {
  const report = join(folder.path, 'report.xml')
  const child = spawn(
    python,
    [
      ...['-m', 'pytest', '-p', 'kazoo_members', '-p', 'no:cacheprovider', '-q', `--junitxml=${report}`],
      ...['-o', `faulthandler_timeout=${hangSeconds}`, suite]
    ],
    {
      cwd: folder.path,
      env: {
        ...process.env,
        PYTHONPATH: resolve(import.meta.dirname),
        PYTHONDONTWRITEBYTECODE: '1',
        LAGOON_NODE: process.execPath,
        LAGOON_MEMBER: memberBundle,
        ZOOKEEPER_VERSION: '3.8.0',
        ZOOKEEPER_PORT_OFFSET: String(await freePorts())
      },
      stdio: ['ignore', 'pipe', 'pipe']
    }
  )
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  // It ends its members then, as at any end.
  const late = setTimeout(() => child.kill('SIGINT'), msMax)
  await once(child, 'close')
  clearTimeout(late)

  expect(existsSync(report), said.slice(-8_000)).toBe(true)
  const cases = testCases(readFileSync(report, 'utf8'))
  expect(cases.filter(({ problem }) => problem !== undefined)).toEqual([])
  expect(cases.filter(({ isSkipped }) => !isSkipped).length, said.slice(-2_000)).toBeGreaterThanOrEqual(passesMin)
})
