/** The contract of `lagoon`: what it prints, how it ends, what stays down, what is started again, who is let in. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { ControlClient } from '../../src-main/host/control-client'
import {
  bundles,
  cliPath,
  LabCluster,
  lagoon,
  preparedDir,
  runToEnd,
  temporaryDir,
  until,
  type ReadyNode,
  type Status
} from '../support/lab-cluster'

/** Gone, or a zombie that its parent has not looked at yet. */
function isDead(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return true
  }
}

/** Every process whose command line names the folder. */
function processesOf(dir: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(dir) && !isDead(pid)
      } catch {
        return false
      }
    })
}

/** One sentence for people: no stack, no JSON. */
const sentence = /^[A-Z/_][^\n]*[.…)!]?\n?$/

describe('lagoon', () => {
  const dirs: string[] = []
  afterAll(() => {
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
  })
  const scratch = (): string => {
    const dir = temporaryDir()
    dirs.push(dir)
    return dir
  }

  it.each([
    ['a verb that is none', ['frobnicate']],
    ['an option that is none', ['up', '--frobnicate']],
    ['a number that is none', ['up', '--brokers', 'many']],
    ['no brokers', ['up', '--brokers', '0']],
    ['an ensemble of four', ['up', '--ensemble', '4']],
    ['a missing argument', ['topic', 'create']],
    ['acks that are none', ['produce', 't', '--acks', '7']]
  ])('ends with 2 on %s and starts nothing', async (_, args) => {
    const dir = join(scratch(), 'new')
    const ended = await lagoon([...args, '--data', dir])
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).not.toMatch(/\n\s+at /)
    expect(existsSync(dir)).toBe(false)
  })

  it('says why four members are none', async () => {
    expect((await lagoon(['up', '--ensemble', '4', '--data', scratch()])).stderr).toMatch(
      /1, 3, 5 or 7.*more than half/
    )
  })

  it('ends with 1 and a sentence when no cluster is running', async () => {
    const dir = scratch()
    for (const args of [['status'], ['topic', 'list'], ['node', 'kill', 'broker-1'], ['consume', 't']]) {
      const ended = await lagoon([...args, '--data', dir, '--json'])
      expect(ended).toMatchObject({ code: 1, stdout: '' })
      expect(ended.stderr).toMatch(sentence)
      expect(ended.stderr).toContain('lagoon up')
    }
  })

  it('helps with 0', async () => {
    expect(await lagoon(['--help'])).toMatchObject({ code: 0, stderr: '' })
  })

  it('takes free ports for a new folder, tells them in its first line, keeps them, and refuses other sizes', async () => {
    const dir = join(scratch(), 'lab')
    const first = await LabCluster.start({ dir, args: ['--brokers', '2', '--ensemble', '1'] })
    const { ready } = first
    expect(ready).toMatchObject({ type: 'ready' })
    expect(ready.bootstrapServers).toMatch(/^127\.0\.0\.1:\d+,127\.0\.0\.1:\d+$/)
    expect(ready.ensemble).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(ready.startMs).toBeGreaterThan(0)
    expect(ready.nodes.map(({ name }) => name).sort()).toEqual(['broker-1', 'broker-2', 'ensemble-1'])
    for (const node of ready.nodes) {
      expect(Object.keys(node).sort()).toEqual(['dataDir', 'name', 'pid', 'port'])
      expect(node.dataDir).toBe(join(dir, node.name))
      expect(isDead(node.pid ?? 0)).toBe(false)
    }
    expect(statSync(join(dir, 'lagoon.sock')).mode & 0o777).toBe(0o600)

    const second = await lagoon(['up', '--data', dir])
    expect(second).toMatchObject({ code: 1, stdout: '' })
    expect(second.stderr).toMatch(sentence)
    expect(second.stderr).toMatch(/in use by process \d+/)
    const status = await first.verb<Status>('status')
    expect(status.nodes.every(({ state }) => state === 'running')).toBe(true)
    expect(status).toMatchObject({ bootstrapServers: ready.bootstrapServers, ensemble: ready.ensemble })
    expect([1, 2]).toContain(status.controllerId)

    const ended = await first.stop()
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    for (const { pid } of ready.nodes) expect(isDead(pid ?? 0)).toBe(true)
    expect(existsSync(join(dir, 'lagoon.sock'))).toBe(false)

    for (const sizes of [
      ['--brokers', '3'],
      ['--ensemble', '2']
    ])
      expect((await lagoon(['up', '--data', dir, ...sizes])).code).toBe(2)
    const again = await LabCluster.start({ dir })
    expect(again.bootstrap).toBe(ready.bootstrapServers)
    expect((await again.stop()).code).toBe(0)
  })

  it('leaves a folder alone that holds something else', async () => {
    const dir = scratch()
    writeFileSync(join(dir, 'thesis.txt'), 'years of work')
    const ended = await lagoon(['up', '--data', dir])
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toMatch(sentence)
    expect(readdirSync(dir)).toEqual(['thesis.txt'])
  })

  it('says what is wrong with a broker’s folder that is another broker’s', async () => {
    const dir = await preparedDir(2)
    dirs.push(dir)
    await (await LabCluster.start({ dir })).stop()
    const [one, two] = [join(dir, 'broker-1'), join(dir, 'broker-2')]
    const meta = readFileSync(join(one, 'meta.properties'), 'utf8')
    writeFileSync(join(one, 'meta.properties'), readFileSync(join(two, 'meta.properties')))
    const ended = await lagoon(['up', '--data', dir, '--json'])
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toMatch(sentence)
    expect(processesOf(dir)).toEqual([])
    writeFileSync(join(one, 'meta.properties'), meta)
    expect((await (await LabCluster.start({ dir })).stop()).code).toBe(0)
  })

  it('ends with 1 and names the port when a recorded one is taken', async () => {
    const dir = await preparedDir(2)
    dirs.push(dir)
    const { nodes } = JSON.parse(readFileSync(join(dir, 'cluster.json'), 'utf8')) as { nodes: ReadyNode[] }
    const port = nodes.find(({ name }) => name === 'broker-2')?.port ?? 0
    const squatter = createServer().listen(port, '127.0.0.1')
    await once(squatter, 'listening')
    const ended = await lagoon(['up', '--data', dir, '--json'])
    squatter.close()
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toMatch(sentence)
    expect(ended.stderr).toContain(String(port))
    expect(processesOf(dir)).toEqual([])
  })

  it('ends with 1, names the port of the screens when it is taken, and who has it', async () => {
    const dir = await preparedDir(1)
    dirs.push(dir)
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const { port } = squatter.address() as AddressInfo
    const ended = await lagoon(['up', '--data', dir, '--json', '--ui', '--ui-port', String(port)])
    squatter.close()

    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toMatch(new RegExp(`^Port ${port} on 127.0.0.1 is taken by .*\\(process ${process.pid}\\)`))
    expect(ended.stderr).toContain('--ui-port')
    expect(processesOf(dir)).toEqual([])
  })

  it('keeps down what was stopped or killed, also over up; starts again what crashed by itself', async () => {
    const dir = await preparedDir(3)
    dirs.push(dir)
    const cluster = await LabCluster.start({ dir })
    for (let twice = 0; twice < 2; twice++) {
      expect(await cluster.verb('node', 'stop', 'broker-1')).toMatchObject({ state: 'stopped', pid: null })
      expect(await cluster.verb('node', 'kill', 'broker-2')).toMatchObject({ state: 'killed', pid: null })
    }
    const victim = cluster.node('broker-3').pid ?? 0
    process.kill(victim, 'SIGKILL')
    await until('it is started again', async () => {
      const { state, pid } = await cluster.statusOf('broker-3')
      return state === 'running' && pid !== victim
    })
    expect(JSON.stringify(cluster.events)).toMatch(/SIGKILL/)
    const unknown = await lagoon(['node', 'stop', 'broker-9', '--data', dir])
    expect(unknown.code).toBe(1)
    expect(unknown.stderr).toMatch(/no node broker-9/)
    await cluster.stop()

    const again = await LabCluster.start({ dir })
    expect(await again.statusOf('broker-1')).toMatchObject({ state: 'stopped', pid: null })
    expect(await again.statusOf('broker-2')).toMatchObject({ state: 'killed', pid: null })
    expect(await again.statusOf('broker-3')).toMatchObject({ state: 'running' })
    const client = await ControlClient.connect(dir)
    const { events } = await client.call('cluster.events', {})
    client.close()
    expect(events.find(({ code, subject }) => code === 'nodeKilled' && subject === 'broker-2')).toBeDefined()
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
    for (let twice = 0; twice < 2; twice++)
      expect(await again.verb('node', 'start', 'broker-1')).toMatchObject({ state: 'running' })
    const before = (await again.statusOf('broker-1')).pid
    const restarted = await again.verb<ReadyNode>('node', 'restart', 'broker-1')
    expect(restarted.pid).not.toBe(before)
    expect((await again.stop()).code).toBe(0)
  })

  const parents: [string, (dir: string) => { command: string; args: string[]; cwd?: string }][] = [
    ['by itself', (dir) => ({ command: process.execPath, args: [cliPath, 'up', '--data', dir, '--json'] })],
    [
      'by a shell',
      (dir) => ({ command: 'sh', args: ['-c', `"${process.execPath}" "${cliPath}" up --data "${dir}" --json; true`] })
    ],
    [
      'by npm',
      (dir) => {
        const cwd = `${dir}-npm`
        mkdirSync(cwd)
        dirs.push(cwd)
        const up = `"${process.execPath}" "${cliPath}" up --data "${dir}" --json`
        writeFileSync(join(cwd, 'package.json'), JSON.stringify({ name: 'x', version: '1.0.0', scripts: { up } }))
        return { command: 'npm', args: ['run', '--silent', 'up'], cwd }
      }
    ]
  ]
  it.each(parents)(
    'leaves no node behind when it is killed, started %s, with one node stopped by SIGSTOP',
    async (_, by) => {
      const dir = await preparedDir(2)
      dirs.push(dir)
      const { command, args, cwd } = by(dir)
      const launched = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'], cwd, detached: true })
      const [line] = (await once(launched.stdout.setEncoding('utf8'), 'data')) as [string]
      const nodes = (JSON.parse(line.split('\n')[0] ?? '') as { nodes: ReadyNode[] }).nodes
      const parent = Number(readFileSync(join(dir, '.lock'), 'utf8').split(' ')[0])
      const stopped = nodes.find(({ name }) => name === 'broker-2')?.pid ?? 0
      process.kill(stopped, 'SIGSTOP')

      process.kill(parent, 'SIGKILL')

      await until('no node lives', () => nodes.every(({ pid }) => isDead(pid ?? 0)), 10_000)
      await until('nothing of the folder runs', () => processesOf(dir).length === 0, 10_000)
      const next = await LabCluster.start({ dir })
      expect((await next.stop()).code).toBe(0)
    }
  )

  it('leaves no node behind when it is killed in the middle of starting', async () => {
    const dir = await preparedDir(2)
    dirs.push(dir)
    const recorded = (): number =>
      existsSync(join(dir, 'processes.json'))
        ? (JSON.parse(readFileSync(join(dir, 'processes.json'), 'utf8')) as unknown[]).length
        : 0
    const stages: [string, () => boolean][] = [
      ['one process is recorded', () => recorded() >= 1],
      ['two processes are recorded', () => recorded() >= 2],
      ['three processes are recorded', () => recorded() >= 3],
      ['the member has its folder', () => existsSync(join(dir, 'ensemble-1'))],
      ['a broker has its folder', () => existsSync(join(dir, 'broker-1'))],
      ['a broker has its metadata', () => existsSync(join(dir, 'broker-2', 'meta.properties'))],
      ['the control socket is there', () => existsSync(join(dir, 'lagoon.sock'))]
    ]
    for (const [stage, isReached] of stages) {
      for (const name of ['processes.json', 'lagoon.sock', 'ensemble-1', 'broker-1', 'broker-2'])
        rmSync(join(dir, name), { recursive: true, force: true })
      const child = spawn(process.execPath, [cliPath, 'up', '--data', dir, '--json'], { stdio: 'ignore' })
      await until(stage, isReached)
      child.kill('SIGKILL')
      await once(child, 'exit')
      await until(`nothing is left of a start killed when ${stage}`, () => processesOf(dir).length === 0, 10_000)
    }
  })

  it.each(['broker', 'ensemble'])('a %s whose parent died while it was being loaded ends by itself', async (role) => {
    const dataDir = join(scratch(), role)
    const common = { host: '127.0.0.1', port: 0, dataDir }
    const config =
      role === 'broker'
        ? { ...common, brokerId: 1, ensemble: [{ host: '127.0.0.1', port: 1 }], sessionTimeoutMs: 6000 }
        : { ...common, memberId: 1, sessionTimeoutMinMs: 4000, sessionTimeoutMaxMs: 40_000 }
    const args = [join(bundles, `${role}-process.js`), JSON.stringify(config)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    const exited = once(child, 'exit')
    child.disconnect()
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
    expect(await exited).toEqual([1, null])
    clearTimeout(late)
  })

  it('stops cleanly on SIGTERM too, and in the middle of starting', async () => {
    const dir = await preparedDir(2)
    dirs.push(dir)
    const child = spawn(process.execPath, [cliPath, 'up', '--data', dir, '--json'], { stdio: 'ignore' })
    await until('a node process is there', () => existsSync(join(dir, 'processes.json')))
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(processesOf(dir)).toEqual([])
  })

  it('prints Kafka’s error with 1 for topics', async () => {
    const cluster = await LabCluster.start({ brokers: 1 })
    try {
      await cluster.verb('topic', 'create', 'once', '--partitions', '2', '--config', 'retention.ms=60000')
      const twice = await lagoon(['topic', 'create', 'once', '--data', cluster.dir, '--json'])
      expect(twice).toMatchObject({ code: 1, stdout: '' })
      expect(twice.stderr).toMatch(/^TOPIC_ALREADY_EXISTS: /)
      const large = await lagoon(['topic', 'create', 'x', '--replication-factor', '3', '--data', cluster.dir])
      expect(large.code).toBe(1)
      expect(large.stderr).toMatch(/^INVALID_REPLICATION_FACTOR: /)
      const odd = await lagoon(['topic', 'create', 'x', '--config', 'no.such=1', '--data', cluster.dir])
      expect(odd.stderr).toMatch(/^INVALID_CONFIG: .*no\.such/)

      const produced = await runToEnd(
        process.execPath,
        [cliPath, 'produce', 'once', '--key', 'k', '--partition', '1', '--json', '--data', cluster.dir],
        { input: 'a\nb\n한\n' }
      )
      expect(
        produced.stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown)
      ).toEqual([0, 1, 2].map((offset) => ({ topic: 'once', partition: 1, offset })))
      const described = await cluster.verb<{ topicId: string; configs: unknown; partitions: unknown[] }>(
        'topic',
        'describe',
        'once'
      )
      expect(described.topicId).toMatch(/^[\w-]{22}$/)
      expect(described.partitions[1]).toMatchObject({
        partition: 1,
        leader: 1,
        replicas: [1],
        isr: [1],
        startOffset: 0,
        endOffset: 3
      })
      const consumed = await lagoon([
        'consume',
        'once',
        '--group',
        'g',
        '--max-records',
        '3',
        '--json',
        '--data',
        cluster.dir
      ])
      expect(consumed.code, consumed.stderr).toBe(0)
      const records = consumed.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
      expect(records.map(({ value }) => value)).toEqual(['a', 'b', '한'])
      expect(Object.keys(records[0] ?? {}).sort()).toEqual([
        'headers',
        'key',
        'offset',
        'partition',
        'timestampMs',
        'topic',
        'value'
      ])
      const none = await lagoon([
        'consume',
        'once',
        '--group',
        'g',
        '--poll-timeout-ms',
        '300',
        '--json',
        '--data',
        cluster.dir
      ])
      expect(none).toMatchObject({ code: 0, stdout: '' })
      const group = await cluster.verb<{
        partitions: { partition: number; committedOffset: number; lagRecords: number }[]
      }>('group', 'describe', 'g')
      expect(group.partitions.find(({ partition }) => partition === 1)).toMatchObject({
        committedOffset: 3,
        lagRecords: 0
      })
      await cluster.verb('topic', 'delete', 'once')
      expect((await lagoon(['topic', 'describe', 'once', '--data', cluster.dir])).code).toBe(1)
    } finally {
      await cluster.discard()
    }
  })
})

describe('web mode', () => {
  let cluster: LabCluster
  let url: URL
  let cookie: string

  beforeAll(async () => {
    cluster = await LabCluster.start({ brokers: 1, args: ['--ui'] })
    url = new URL(cluster.ready.uiUrl ?? '')
  })

  afterAll(async () => {
    expect((await cluster.discard()).code).toBe(0)
  })

  interface Answer {
    readonly status: number
    readonly headers: Readonly<Record<string, string | string[] | undefined>>
    readonly body: string
  }
  /** fetch() would not let us lie about the host. */
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const asked = httpRequest({ host: '127.0.0.1', port: url.port, path, method, headers }, (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (text: string) => (body += text))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
      })
      asked.on('error', reject).end()
    })
  const open = (headers: Record<string, string>): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${url.port}/api`, { headers })
      socket.on('open', () => {
        socket.close()
        resolve('open')
      })
      socket.on('error', (error) => resolve(error.message))
    })

  it('swaps its token for a cookie that scripts cannot read, again and again', async () => {
    expect(url.hostname).toBe('127.0.0.1')
    for (let twice = 0; twice < 2; twice++) {
      const answer = await get(`/${url.search}`)
      expect(answer.status).toBe(303)
      expect(answer.headers['location']).toBe('/')
      const [set] = answer.headers['set-cookie'] as string[]
      expect(set).toMatch(/^lagoon-\d+=[\w-]{40,}; HttpOnly; SameSite=Strict; Path=\/$/)
      expect(set).not.toContain(url.searchParams.get('token'))
      cookie = set?.split(';')[0] ?? ''
    }
    const page = await get('/', { cookie })
    expect(page.status).toBe(200)
    const policy = String(page.headers['content-security-policy'])
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? 'none'
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/unsafe|\*/)
    expect(page.body).toContain(nonce)
    expect(String((await get('/', { cookie })).headers['content-security-policy'])).not.toContain(nonce)
  })

  it('lets nobody in without cookie, by another host name, from another page or out of its folder', async () => {
    expect((await get('/')).status).toBe(401)
    expect((await get('/?token=wrong')).status).toBe(401)
    expect((await get('/', { cookie: `${cookie.split('=')[0] ?? ''}=wrong` })).status).toBe(401)
    expect((await get('/', { cookie, host: 'evil.example' })).status).toBe(403)
    expect((await get(`/${url.search}`, { host: `evil.example:${url.port}` })).status).toBe(403)
    expect((await get('/', { cookie, origin: 'http://evil.example' })).status).toBe(403)
    expect((await get('/', { cookie }, 'POST')).status).toBe(405)
    for (const path of ['/../package.json', '/%2e%2e/main/cli.js', '/..%2fmain%2fcli.js', '/assets/../../main/cli.js'])
      expect((await get(path, { cookie })).status, path).toBe(404)
  })

  it('opens a WebSocket only with cookie, own host and own origin', async () => {
    const origin = `http://127.0.0.1:${url.port}`
    expect(await open({ cookie, origin })).toBe('open')
    expect(await open({ origin })).toMatch(/403/)
    expect(await open({ cookie })).toMatch(/403/)
    expect(await open({ cookie, origin: 'http://evil.example' })).toMatch(/403/)
    expect(await open({ cookie, origin, host: 'evil.example' })).toMatch(/403/)
  })
})
