/**
 * Searches, tails and exports on a real cluster, records written by a foreign client (kcat) with every codec; and what
 * becomes of them when a broker dies or the topic goes underneath.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JobPush, ScanQuery } from '../../src-main/api/search'
import type { RecordView } from '../../src-main/api/views'
import { ControlClient } from '../../src-main/host/control-client'
import { cliPath, LabCluster, lagoon, nodePath, until } from '../support/lab-cluster'

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const oddValues = ['9223372036854775807', '23958446825181076828', '1.0', '1e400', '-0']

let cluster: LabCluster
let client: ControlClient
let folder: string

beforeAll(async () => {
  cluster = await LabCluster.start({ brokers: 3 })
  client = await ControlClient.connect(cluster.dir)
  folder = mkdtempSync(join(tmpdir(), 'lagoon-search-test-'))
})

afterAll(async () => {
  client.close()
  rmSync(folder, { recursive: true, force: true })
  await cluster.discard()
})

function kcat(args: readonly string[], input: string): void {
  const ended = spawnSync('kcat', ['-b', cluster.bootstrap, ...args], { input, encoding: 'utf8' })
  if (ended.status !== 0) throw new Error(ended.stderr)
}

type SearchPush = Extract<JobPush, { type: 'search' }>
type ExportPush = Extract<JobPush, { type: 'export' }>

interface Searched {
  readonly end: SearchPush
  readonly records: readonly RecordView[]
}

/** To its end; `meanwhile` is called once it is known where each partition begins and ends. */
async function search(
  query: Omit<ScanQuery, 'order'>,
  limit = 100,
  meanwhile = (): void => undefined
): Promise<Searched> {
  const { job } = await client.call('search.open', { order: 'newestFirst', ...query, limit })
  const records: RecordView[] = []
  return await new Promise((resolve) => {
    let isBegun = false
    client.watch(`job:${job}`, (push) => {
      if (push.type !== 'search') return
      records.push(...push.records)
      // Of a partition whose place is not known yet nobody could say how much of it was not read.
      const { partitions } = push.progress
      const isPlaced = partitions.length > 0 && partitions.every(({ untilOffset }) => untilOffset !== null)
      if (isPlaced && !isBegun) {
        isBegun = true
        meanwhile()
      }
      if (push.state !== 'running') resolve({ end: push, records })
    })
  })
}

/** `meanwhile` is called once it has written something. */
async function exportTo(
  path: string,
  query: Omit<ScanQuery, 'order'>,
  format: 'jsonl' | 'csv',
  meanwhile = (): void => undefined
): Promise<ExportPush> {
  const { job } = await client.call('export.open', { order: 'oldestFirst', ...query, format, path })
  return await new Promise((resolve) => {
    let isBegun = false
    client.watch(`job:${job}`, (push) => {
      if (push.type !== 'export') return
      if (push.bytesWritten > 0 && !isBegun) {
        isBegun = true
        meanwhile()
      }
      if (push.state !== 'running') resolve(push)
    })
  })
}

/** Of partitions whose ends are known. */
const namedIn = ({ notRead }: ExportPush['progress']): number =>
  notRead.reduce((sum, { fromOffset, untilOffset }) => sum + (untilOffset ?? 0) - (fromOffset ?? 0), 0)

describe('the commits of a group', () => {
  it('are where a page and a search begin; a group that is not there begins neither', async () => {
    await cluster.call('topic.create', { topic: 'committed', partitions: 2, replicationFactor: 1 })
    for (const partition of ['0', '1']) kcat(['-P', '-t', 'committed', '-p', partition], 'v0\nv1\nv2\nv3\nv4\n')
    const topics = [{ topic: 'committed', partitions: [0] }]
    await client.call('group.reset', { groupId: 'half', to: { type: 'offset', offset: 3 }, topics })
    const from = (groupId: string) => ({ type: 'group', groupId }) as const
    const query = { topic: 'committed', criteria: [{ type: 'text', text: 'v' }] } satisfies Omit<ScanQuery, 'order'>
    const page = await client.call('records.from', { topic: 'committed', from: from('half'), limit: 100 })
    const { end, records } = await search({ ...query, from: from('half') })

    const wanted = ['0:3', '0:4']
    expect(page.records.map(({ partition, offset }) => `${partition}:${offset}`)).toEqual(wanted)
    expect(page.places).toEqual([{ partition: 1, askedOffset: null, startOffset: 0, endOffset: 5 }])
    expect(records.map(({ partition, offset }) => `${partition}:${offset}`).toSorted()).toEqual(wanted)
    expect(end.progress.notRead).toMatchObject([{ partition: 1, fromOffset: 0, untilOffset: 5 }])
    const gone = { code: 'NOT_FOUND', kafkaError: 'GROUP_ID_NOT_FOUND' }
    await expect(client.call('records.from', { ...query, from: from('typo'), limit: 100 })).rejects.toMatchObject(gone)
    await expect(search({ ...query, from: from('typo') })).rejects.toMatchObject(gone)
  })
})

describe('a search', () => {
  it('finds one record among many over partitions and codecs, and has looked at each of them once', async () => {
    await cluster.call('topic.create', { topic: 'many', partitions: 6, replicationFactor: 1 })
    for (const codec of codecs) {
      const lines = Array.from(
        { length: 4000 },
        (_, i) => `${codec}-${i}:{"order":{"total":${i / 10}},"codec":"${codec}"}`
      )
      kcat(['-P', '-t', 'many', '-K', ':', '-z', codec, '-H', 'trace=a', '-H', `trace=${codec}`], lines.join('\n'))
    }

    const byText = await search({ topic: 'many', criteria: [{ type: 'key', text: 'zstd-1234', isWhole: true }] })
    const byField = await search({
      topic: 'many',
      criteria: [
        { type: 'field', expression: 'order.total == 123.40' },
        { type: 'header', name: 'trace', value: 'lz4' }
      ]
    })
    const byPattern = await search({ topic: 'many', criteria: [{ type: 'regex', pattern: '^snappy-399[89]$' }] }, 1)

    expect(byText.end.progress).toMatchObject({ found: 1, recordsScanned: 20_000, recordsTotal: 20_000, notRead: [] })
    expect(byText.records).toMatchObject([{ key: 'zstd-1234', batch: { codec: 'zstd', timestampType: 'CreateTime' } }])
    expect(byField.records).toMatchObject([{ key: 'lz4-1234' }])
    expect(byPattern.end.progress.found).toBe(2)
    expect(byPattern.records).toHaveLength(1)
  })

  it('keeps to its partitions, offsets and times', async () => {
    const all = await search({ topic: 'many', criteria: [{ type: 'text', text: 'codec' }] }, 10_000)
    const some = await search(
      {
        topic: 'many',
        partitions: [1, 4],
        from: { type: 'offset', offset: 10 },
        to: { type: 'offset', offset: 20 },
        criteria: [{ type: 'text', text: 'codec' }]
      },
      1000
    )
    const times = all.records.map(({ timestampMs }) => Number(timestampMs)).sort((a, b) => a - b)
    const middle = times[Math.floor(times.length / 2)] ?? 0
    const later = await search({
      topic: 'many',
      from: { type: 'time', timestampMs: middle },
      criteria: [{ type: 'text', text: 'codec' }]
    })
    const earlier = await search({
      topic: 'many',
      to: { type: 'time', timestampMs: middle },
      criteria: [{ type: 'text', text: 'codec' }]
    })

    expect(some.records.map(({ partition, offset }) => `${partition}:${offset}`).sort()).toEqual(
      [1, 4].flatMap((partition) => Array.from({ length: 10 }, (_, i) => `${partition}:${10 + i}`))
    )
    expect(some.end.progress.recordsScanned).toBe(20)
    expect(later.end.progress.found + earlier.end.progress.found).toBe(20_000)
    expect(earlier.end.progress.found).toBeGreaterThan(0)
  })

  it('is refused in a sentence when it cannot be read, or there is no such topic', async () => {
    const broken = search({ topic: 'many', criteria: [{ type: 'regex', pattern: '(' }] })

    await expect(broken).rejects.toThrow(/^The pattern cannot be read: /)
    const { end } = await search({ topic: 'nosuch', criteria: [{ type: 'text', text: 'x' }] })
    expect(end).toMatchObject({ state: 'failed', error: 'There is no topic nosuch.' })
  })

  it('stops when it is told to, and says how far it came', async () => {
    const { job } = await client.call('search.open', {
      topic: 'many',
      order: 'newestFirst',
      criteria: [{ type: 'text', text: 'codec' }],
      limit: 10
    })
    const ended = new Promise<SearchPush>((resolve) => {
      client.watch(`job:${job}`, (push) => {
        if (push.type === 'search' && push.state !== 'running') resolve(push)
      })
    })
    await client.call('job.close', { job })

    expect(await ended).toMatchObject({ state: 'stopped', error: null })
  })
})

describe('what is odd', () => {
  it('comes out of search, export and CSV as it went in, repeated headers in their order', async () => {
    await cluster.call('topic.create', { topic: 'odd' })
    for (const value of oddValues) {
      kcat(['-P', '-t', 'odd', '-k', value, '-H', 'n=1', '-H', `n=${value}`, '-H', 'n=1'], `{"n":${value}}`)
    }
    kcat(['-P', '-t', 'odd', '-k', 'a,"b"\r\n', '-D', '\u0001'], 'line 1\nline "2", end')

    for (const value of oddValues) {
      const { records } = await search({ topic: 'odd', criteria: [{ type: 'field', expression: `n == ${value}` }] })
      expect(records).toMatchObject([
        {
          key: value,
          value: `{"n":${value}}`,
          headers: [
            { key: 'n', value: '1' },
            { key: 'n', value },
            { key: 'n', value: '1' }
          ]
        }
      ])
    }
    const consumed = await lagoon(['consume', 'odd', '--json', '--poll-timeout-ms', '500', '--data', cluster.dir])
    const exported = await lagoon(['export', 'odd', '--format', 'jsonl', '--data', cluster.dir])
    expect(exported).toMatchObject({ code: 0, stdout: consumed.stdout, stderr: '' })
    const csv = await lagoon(['export', 'odd', '--format', 'csv', '--data', cluster.dir])
    const python = spawnSync(
      'python3',
      ['-c', 'import csv,json,sys;print(json.dumps(list(csv.DictReader(sys.stdin))))'],
      {
        input: csv.stdout,
        encoding: 'utf8'
      }
    )
    const rows = JSON.parse(python.stdout) as Record<string, string>[]
    expect(rows.map(({ key }) => key)).toEqual([...oddValues, 'a,"b"\r\n'])
    expect(rows.at(-1)).toMatchObject({ value: 'line 1\nline "2", end', valueEncoding: 'text', headers: '[]' })
    expect(JSON.parse(rows[0]?.['headers'] ?? '')).toHaveLength(3)
  })
})

describe('an export', () => {
  it('ends where the topic ended, takes only what is asked for, and fails in a sentence', async () => {
    const grep = await lagoon(['export', 'many', '--format', 'jsonl', '--grep', 'gzip-77', '--data', cluster.dir])
    const part = await lagoon([
      ...['export', 'many', '--format', 'jsonl', '--partition', '2', '--from', '5', '--to', '8', '--data', cluster.dir]
    ])
    const missing = await cluster.fails('export', 'nosuch', '--format', 'csv')

    expect(grep.stdout.trim().split('\n')).toHaveLength(11)
    expect(
      part.stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as RecordView).offset)
    ).toEqual([5, 6, 7])
    expect(missing).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'UNKNOWN_TOPIC_OR_PARTITION: There is no topic nosuch.\n'
    })
    expect((await cluster.fails('export', 'many')).code).toBe(2)
    expect((await cluster.fails('export', 'many', '--format', 'csv', '--partition', '6')).code).toBe(1)
  })

  it('holds little for a reader that stands still, and ends quietly with one that goes', async () => {
    await cluster.call('topic.create', { topic: 'large', replicationFactor: 1 })
    kcat(['-P', '-t', 'large', '-X', 'linger.ms=20'], `${'x'.repeat(1000)}\n`.repeat(100_000))
    const child = spawn(nodePath, [cliPath, 'export', 'large', '--format', 'jsonl', '--data', cluster.dir])
    let stderr = ''
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
    const residentMb = (): number =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024
    await once(child.stdout, 'readable')
    // Nothing is read: it stands still once the pipe is full, and its memory with it.
    let before = 0
    await until('its memory stands', async () => {
      const now = residentMb()
      const stands = Math.abs(now - before) < 0.5
      before = now
      await new Promise((resolve) => setTimeout(resolve, 250))
      return stands
    })
    const held = residentMb()
    child.stdout.destroy()
    const [code] = (await once(child, 'close')) as [number | null]

    expect(held).toBeLessThan(250)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('to a file is there whole or not at all, and leaves what is there', async () => {
    const path = join(folder, 'many.csv')
    const query = { topic: 'many', criteria: [] }
    const done = await exportTo(path, query, 'csv')
    const again = await exportTo(path, query, 'csv')
    const nowhere = await exportTo(join(folder, 'none', 'x.csv'), query, 'csv')
    const relative = await exportTo('x.csv', query, 'csv')

    expect(done).toMatchObject({ state: 'done', path, bytesWritten: readFileSync(path).length })
    expect(readFileSync(path, 'utf8').split('\r\n')).toHaveLength(20_002)
    expect(again).toMatchObject({ state: 'failed', error: `${path} exists already.` })
    expect(nowhere).toMatchObject({ state: 'failed', error: `The folder ${join(folder, 'none')} does not exist.` })
    expect(relative.error).toMatch(/^Give the whole path/)
    expect(readdirSync(folder)).toEqual(['many.csv'])
  })

  it('to a full disk leaves no file and says so', async () => {
    const mount = mkdtempSync(join(tmpdir(), 'lagoon-full-'))
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount])
    if (mounted.status !== 0) throw new Error('a tmpfs cannot be mounted here: run as root, or under unshare -rm')
    try {
      const ended = await exportTo(join(mount, 'many.jsonl'), { topic: 'many', criteria: [] }, 'jsonl')

      expect(ended.state).toBe('failed')
      expect(ended.error).toMatch(/^The disk is full: .* Free some space, then try again\.$/)
      expect(readdirSync(mount)).toEqual([])
    } finally {
      spawnSync('umount', [mount])
      rmSync(mount, { recursive: true, force: true })
    }
  })

  it('to a folder that may not be written leaves no file and says so', async () => {
    const mount = mkdtempSync(join(tmpdir(), 'lagoon-forbidden-'))
    // Read-only: modes do not keep root out.
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', mount])
    if (mounted.status !== 0) throw new Error('a tmpfs cannot be mounted here: run as root, or under unshare -rm')
    try {
      const ended = await exportTo(join(mount, 'many.csv'), { topic: 'many', criteria: [] }, 'csv')

      expect(ended).toMatchObject({ state: 'failed', path: null })
      expect(ended.error).toMatch(/ cannot be written: it is on a read-only file system\. Choose another folder\.$/)
      expect(readdirSync(mount)).toEqual([])
    } finally {
      spawnSync('umount', [mount])
      rmSync(mount, { recursive: true, force: true })
    }
  })

  it('of a record saves its bytes as they are', async () => {
    const bytes = Buffer.from([0, 255, 10, 13, 0xc3])
    writeFileSync(join(folder, 'value.bin'), bytes)
    await cluster.call('topic.create', { topic: 'bytes' })
    kcat(['-P', '-t', 'bytes', '-k', 'k', join(folder, 'value.bin')], '')
    const path = join(folder, 'saved.bin')
    const saved = await client.call('record.save', { topic: 'bytes', partition: 0, offset: 0, part: 'value', path })

    expect(saved).toEqual({ path, sizeBytes: 5 })
    expect(readFileSync(path)).toEqual(bytes)
    chmodSync(path, 0o600)
  })
})

describe('a live tail', () => {
  it('counts every record that came, shown or skipped, and what waited while it was paused', async () => {
    await cluster.call('topic.create', { topic: 'tailed', partitions: 3, replicationFactor: 1 })
    const { job } = await client.call('tail.open', { topic: 'tailed', criteria: [] })
    let last: Extract<JobPush, { type: 'tail' }> | undefined
    let shown = 0
    client.watch(`job:${job}`, (push) => {
      if (push.type !== 'tail') return
      last = push
      shown += push.records.length
    })
    await until('it has begun', () => last !== undefined)
    kcat(['-P', '-t', 'tailed'], 'one\ntwo\n')
    await until('both are shown', () => shown === 2)
    await client.call('tail.pause', { job, isPaused: true })
    await until('it is paused', () => last?.isPaused === true)
    kcat(['-P', '-t', 'tailed'], 'x\n'.repeat(5000))
    await until('all wait', () => last?.waiting === 5000)
    expect(shown).toBe(2)
    await client.call('tail.pause', { job, isPaused: false })
    await until('they are skipped', () => last?.skipped === 5000)
    kcat(['-P', '-t', 'tailed'], 'y\n'.repeat(20_000))
    await until('all have come', () => last?.arrived === 25_002)
    await until('all are accounted for', () => shown + (last?.skipped ?? 0) === 25_002)

    await cluster.verb('topic', 'delete', 'tailed')
    await until('it ends with its topic', () => last?.state === 'failed')
    expect(last?.error).toBe('Topic tailed was deleted.')
  })

  it.each([
    ['nothing', []],
    ['what all of them fit', [{ type: 'text', text: 'z' }]]
  ] as const)('that looks for %s counts all that one partition is written meanwhile', async (_what, criteria) => {
    const topic = `tailed-${criteria.length}`
    await cluster.call('topic.create', { topic, partitions: 1, replicationFactor: 1 })
    const { job } = await client.call('tail.open', { topic, criteria: [...criteria] })
    let last: Extract<JobPush, { type: 'tail' }> | undefined
    const shown: number[] = []
    client.watch(`job:${job}`, (push) => {
      if (push.type !== 'tail') return
      last = push
      shown.push(...push.records.map(({ offset }) => offset))
    })
    await until('it has begun', () => last !== undefined)
    // Faster than it looks: most of a look's records come between the end that it is told and the answer.
    kcat(['-P', '-t', topic], 'z\n'.repeat(300_000))
    await until('all have come', () => last?.arrived === 300_000)
    await until('all are accounted for', () => shown.length + (last?.skipped ?? 0) === 300_000)

    expect(new Set(shown).size).toBe(shown.length)
    expect(shown.at(-1)).toBe(299_999)
    await client.call('job.close', { job })
  })
})

describe('underneath a search', () => {
  it('a broker dies: what was found stays, and what was not read is named', async () => {
    await cluster.call('topic.create', { topic: 'broken', partitions: 3, replicationFactor: 1 })
    // Each its share: left alone, kcat may put nearly all of it on the partition that is lost.
    for (const partition of ['0', '1', '2'])
      kcat(['-P', '-t', 'broken', '-p', partition, '-X', 'linger.ms=20'], `${'y'.repeat(1000)}\n`.repeat(10_000))
    await cluster.call('node.kill', { node: 'broker-2' })
    const { end, records } = await search({ topic: 'broken', criteria: [{ type: 'text', text: 'yyy' }] }, 50)

    const lost = end.progress.notRead
    expect(end.state).toBe('done')
    expect(lost).toHaveLength(1)
    expect(lost[0]?.reason).toMatch(/leader|listens|answer/)
    expect(records, JSON.stringify(end.progress)).toHaveLength(50)
    expect(end.progress.partitions.filter(({ state }) => state === 'done')).toHaveLength(2)
    const exported = await cluster.fails('export', 'broken', '--format', 'jsonl', '--grep', 'yyy')
    expect(exported.code).toBe(1)
    expect(exported.stderr).toMatch(/^broken-\d was not read: /)
    expect(exported.stdout.trim().split('\n')).toHaveLength(end.progress.found)
    const path = join(folder, 'broken.jsonl')
    const saved = await exportTo(path, { topic: 'broken', criteria: [] }, 'jsonl')
    expect(saved).toMatchObject({ state: 'done', path, error: null })
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(end.progress.found)
    expect(saved.progress.notRead).toMatchObject([{ partition: lost[0]?.partition }])
    await cluster.call('node.start', { node: 'broker-2' })
  })

  it('the topic is deleted: what was found stays, and the rest is named', async () => {
    await cluster.call('topic.create', { topic: 'going', partitions: 3, replicationFactor: 1 })
    kcat(
      ['-P', '-t', 'going', '-z', 'zstd', '-X', 'linger.ms=20'],
      `${JSON.stringify({ text: 'z'.repeat(900) })}\n`.repeat(20_000)
    )
    let deleting: Promise<unknown> = Promise.resolve()
    const { end } = await search(
      { topic: 'going', criteria: [{ type: 'regex', pattern: '[xz]{20}w?$|zzz"' }] },
      10,
      () => {
        deleting = client.call('topic.delete', { topic: 'going' })
      }
    )
    await deleting

    const { found, recordsScanned } = end.progress
    expect(end.state).toBe('done')
    expect(found).toBe(recordsScanned)
    expect(found + namedIn(end.progress)).toBe(20_000)
  })

  it('the topic is deleted: an export keeps what it read, names the rest, and has no half line', async () => {
    await cluster.call('topic.create', { topic: 'leaving', partitions: 3, replicationFactor: 1 })
    const record = JSON.stringify({ text: 'z'.repeat(900) })
    for (const partition of ['0', '1', '2'])
      kcat(['-P', '-t', 'leaving', '-p', partition, '-X', 'linger.ms=20'], `${record}\n`.repeat(30_000))
    let deleting: Promise<unknown> = Promise.resolve()
    const path = join(folder, 'leaving.jsonl')
    // Matches all, and slowly enough that the topic goes first.
    const all = { type: 'regex', pattern: '[xz]{20}w?$|zzz"' } as const
    const saved = await exportTo(path, { topic: 'leaving', criteria: [all] }, 'jsonl', () => {
      deleting = client.call('topic.delete', { topic: 'leaving' })
    })
    await deleting

    expect(saved).toMatchObject({ state: 'done', path, error: null })
    expect(saved.progress.notRead).not.toEqual([])
    // Of a partition that went before its end was known nothing was read.
    const named = saved.progress.notRead.map(
      ({ fromOffset, untilOffset }) => (untilOffset ?? 30_000) - (fromOffset ?? 0)
    )
    expect(saved.progress.found + named.reduce((sum, count) => sum + count, 0)).toBe(90_000)
    const lines = readFileSync(path, 'utf8').split('\n')
    expect(lines.pop()).toBe('')
    expect(lines).toHaveLength(saved.progress.found)
    expect(lines.every((line) => (JSON.parse(line) as RecordView).value === record)).toBe(true)
  })
})
