/**
 * The package as a user has it: installed by apt, started by the command of its menu entry, used, removed. Changes this
 * machine (it installs and removes `lagoon`), so it is run only by `npm run test:install`.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { _electron, expect, test } from '@playwright/test'
import { journey } from '../e2e/journey'

const dist = resolve(import.meta.dirname, '../../dist')
const places = ['/opt/Lagoon', '/usr/bin/lagoon', '/usr/share/applications/lagoon.desktop', '/usr/share/doc/lagoon']
const home = mkdtempSync(join(tmpdir(), 'lagoon-installed-'))
const env = {
  ...process.env,
  HOME: home,
  LAGOON_STATE: join(home, '.state'),
  LAGOON_NO_DIALOG: '1',
  LANG: 'en_US.UTF-8'
}

function apt(...args: readonly string[]): void {
  const [command = '', ...rest] = [...(process.getuid?.() === 0 ? [] : ['sudo', '-n']), 'apt-get', '-y', ...args]
  const aptEnv = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, stdout, stderr } = spawnSync(command, rest, { encoding: 'utf8', env: aptEnv })
  if (status !== 0) throw new Error(`${command} ${rest.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`)
}

/** Exec of the menu entry, as a desktop would start it. */
function menuCommand(): string {
  const entry = readFileSync('/usr/share/applications/lagoon.desktop', 'utf8')
  const command = /^Exec=(\S+)$/m.exec(entry)?.[1]
  if (command === undefined) throw new Error(`The menu entry has no command: ${entry}`)
  return command
}

const lagoon = (...args: readonly string[]): string => execFileSync('lagoon', args, { encoding: 'utf8', env })

/** The first line of `lagoon up --json`, when the cluster is ready. */
function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let said = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('\n')) done(said.split('\n')[0] ?? '')
    })
    child.on('exit', (code) => fail(new Error(`lagoon up ended with ${code}`)))
  })
}

test.describe.configure({ mode: 'serial' })

test.beforeAll(() => {
  const file = readdirSync(dist).find((name) => name.endsWith('.deb'))
  if (file === undefined) throw new Error(`No package in ${dist}. Run: npm run dist`)
  if (places.some((place) => existsSync(place)))
    throw new Error('Lagoon is installed here: remove it first, this test would.')
  apt('install', join(dist, file))
})

test.afterAll(() => {
  if (existsSync('/usr/bin/lagoon')) apt('remove', 'lagoon')
  rmSync(home, { recursive: true, force: true })
})

test('the window of the menu entry: a new user’s road', async () => {
  const data = join(home, 'Lagoon', 'local-lab')
  const app = await _electron.launch({
    executablePath: menuCommand(),
    args: ['--disable-gpu', `--user-data-dir=${join(home, 'profile')}`, `--data=${data}`],
    env,
    timeout: 60_000
  })
  const page = await app.firstWindow()
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(error.message))

  await journey(page)
  await app.close()

  expect(problems).toEqual([])
  expect(existsSync(join(data, 'cluster.json'))).toBe(true)
})

test('the shell: up, topic, produce, consume, status, stop', async () => {
  const data = join(home, 'Lagoon', 'from-shell')
  const up = spawn('lagoon', ['up', '--brokers', '2', '--data', data, '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const ended = new Promise<number | null>((done) => up.on('exit', done))
  try {
    expect(JSON.parse(await firstLine(up))).toMatchObject({ nodes: expect.any(Array) })
    lagoon('topic', 'create', 'orders', '--partitions', '3', '--data', data)
    execFileSync('lagoon', ['produce', 'orders', '--data', data], { env, input: 'one\ntwo\n' })
    const read = lagoon('consume', 'orders', '--from', 'earliest', '--max-records', '2', '--json', '--data', data)
    const values = read
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { value: string }).value)
    expect(values.sort()).toEqual(['one', 'two'])
    expect(lagoon('status', '--data', data)).toContain('broker-2')
  } finally {
    up.kill('SIGTERM')
  }
  expect(await ended).toBe(0)
})

test('removed: no file of the program is left, and every cluster is', () => {
  const kept = readdirSync(join(home, 'Lagoon')).sort()
  apt('remove', 'lagoon')

  expect(places.filter((place) => existsSync(place))).toEqual([])
  expect(spawnSync('sh', ['-c', 'command -v lagoon']).status).not.toBe(0)
  expect(kept).toEqual(['from-shell', 'local-lab'])
  for (const name of kept) expect(existsSync(join(home, 'Lagoon', name, 'cluster.json'))).toBe(true)
})
