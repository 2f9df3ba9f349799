/**
 * `lagoon produce` and `consume` at the ends of pipes: what is committed has come out, what goes in comes out byte for
 * byte, and neither a slow reader nor a line without end costs more than its limit.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cliPath, lagoon, LabCluster, nodePath, runToEnd, until } from '../support/lab-cluster'
import { residentBytes } from '../support/resident-bytes'

let lab: LabCluster
beforeAll(async () => {
  lab = await LabCluster.start({ brokers: 1 })
})
afterAll(async () => {
  await lab.discard()
})

const mb = 1024 * 1024
const records = 60_000
const value = (i: number): string => `${i} ${'x'.repeat(200)}`

interface GroupRow {
  readonly partitions: readonly { readonly topic: string; readonly partition: number; committedOffset: number }[]
}

async function committed(group: string): Promise<number> {
  const { partitions } = await lab.verb<GroupRow>('group', 'describe', group)
  return partitions.reduce((total, { committedOffset }) => total + committedOffset, 0)
}

function consume(...args: string[]): ChildProcess & { stdout: NodeJS.ReadableStream } {
  const child = spawn(nodePath, [cliPath, 'consume', ...args, '--data', lab.dir], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  return child
}

/** Until a process has used no processor for a while: what it waits for does not come. */
async function untilIdle(pid: number | undefined): Promise<void> {
  let ticks = ''
  let looks = 0
  await until('it stands still', () => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(' ')
    const now = `${fields[13] ?? ''} ${fields[14] ?? ''}`
    looks = now === ticks ? looks + 1 : 0
    ticks = now
    return looks > 40
  })
}

async function produceLines(topic: string, input: string): Promise<void> {
  const ended = await lagoon(['produce', topic, '--data', lab.dir], { input })
  expect(ended.stderr).toBe('')
}

describe('consume into a reader that is slow', () => {
  beforeAll(async () => {
    await lab.verb('topic', 'create', 'many', '--partitions', '2')
    await produceLines('many', Array.from({ length: records }, (_, i) => value(i)).join('\n'))
  })

  it.each(['auto', 'each'])('commits (%s) what came out and no more, when it is interrupted', async (mode) => {
    const child = consume('many', '--group', `slow-${mode}`, '--commit', mode)
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      child.stdout.pause()
      setTimeout(() => child.stdout.resume(), 5)
    })
    await until('some records', () => out.length > 300_000 && out.length < records * 200)
    child.kill('SIGINT')
    const [code] = (await once(child, 'close')) as [number]

    const lines = out.split('\n').length - 1
    expect(code).toBe(0)
    expect(out.endsWith('\n')).toBe(true)
    expect(lines).toBeLessThan(records)
    expect(await committed(`slow-${mode}`)).toBe(lines)
  })

  it('commits nothing for a reader that takes nothing, holds little, and says so when it is interrupted', async () => {
    const child = consume('many', '--group', 'still')
    let complaint = ''
    child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
    await once(child.stdout, 'readable')
    await untilIdle(child.pid)
    const before = residentBytes(child.pid)
    const ended = once(child, 'close')
    child.once('exit', () => child.stdout.resume())
    child.kill('SIGINT')
    await ended

    expect(child.exitCode).toBe(1)
    expect(complaint).toContain('Nobody reads this output')
    expect(before).toBeLessThan(150 * mb)
    expect(await committed('still')).toBeLessThan(5000)
  })

  it('ends well when its reader has seen enough', async () => {
    const command = `"${nodePath}" "${cliPath}" consume many --group enough --data "${lab.dir}" | head -n 5`
    const ended = await runToEnd('/bin/bash', ['-o', 'pipefail', '-c', command])

    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout.split('\n')).toHaveLength(6)
  })
})

describe('produce from standard input', () => {
  const odd = [
    Buffer.from('latin1 \xe9\xff', 'latin1'),
    Buffer.from([0xc7, 0xd1, 0xb1, 0xdb]), // Hangul in CP949
    Buffer.from('cut 한').subarray(0, -1),
    Buffer.from('a\rb\r'),
    Buffer.from('u\u2028v\u2029w\u0085x'),
    Buffer.from('\ufeffmark'),
    Buffer.from(''),
    Buffer.from([0, 1, 2])
  ]

  it('keeps the bytes of every line, which ends at LF only', async () => {
    await lab.verb('topic', 'create', 'bytes')
    const child = spawn(nodePath, [cliPath, 'produce', 'bytes', '--data', lab.dir], { stdio: 'pipe' })
    child.stdin.end(Buffer.concat(odd.flatMap((line) => [line, Buffer.from('\n')])))
    child.stdout.resume()
    await once(child, 'close')

    const read = await lagoon(['consume', 'bytes', '--json', '--max-records', String(odd.length), '--data', lab.dir])
    const values = read.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { value: string | { base64: string } }).value)
    expect(
      values.map((one) => (typeof one === 'string' ? Buffer.from(one) : Buffer.from(one.base64, 'base64')))
    ).toEqual(odd)
  })

  it('writes all of its input, also when nobody reads where it went', async () => {
    await lab.verb('topic', 'create', 'all')
    const command = `seq 5000 | "${nodePath}" "${cliPath}" produce all --data "${lab.dir}" | head -n 1`
    const ended = await runToEnd('/bin/bash', ['-o', 'pipefail', '-c', command])

    expect(ended).toMatchObject({ code: 0, stderr: '', stdout: 'all-0 0\n' })
    const { partitions } = await lab.verb<{ partitions: { endOffset: number }[] }>('topic', 'describe', 'all')
    expect(partitions[0]?.endOffset).toBe(5000)
  })

  it('says so when the output cannot be written', async () => {
    const command = `"${nodePath}" "${cliPath}" topic list --data "${lab.dir}" > /dev/full`

    expect(await runToEnd('/bin/bash', ['-c', command])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot be written') as string
    })
  })

  it('takes a value and a group with line separators in them', async () => {
    await lab.verb('topic', 'create', 'separators')
    await lab.verb('produce', 'separators', '--value', 'a\u2028b\u2029c')
    const group = 'g\u2028h'
    const read = await lagoon([
      'consume',
      'separators',
      '--json',
      '--max-records',
      '1',
      '--group',
      group,
      '--data',
      lab.dir
    ])

    expect((JSON.parse(read.stdout) as { value: string }).value).toBe('a\u2028b\u2029c')
    expect(await committed(group)).toBe(1)
  })

  it('refuses an argument whose bytes would be lost', async () => {
    await lab.verb('topic', 'create', 'arguments')
    const command = `"${nodePath}" "${cliPath}" produce arguments --data "${lab.dir}" --value $'caf\\xe9'`
    const ended = await runToEnd('/bin/bash', ['-c', command])

    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('standard input') })
    await lab.verb('produce', 'arguments', '--value', 'really \ufffd')
  })

  it('refuses a line without end by its number, after the lines before it, in bounded memory', async () => {
    await lab.verb('topic', 'create', 'endless')
    const child = spawn(nodePath, [cliPath, 'produce', 'endless', '--data', lab.dir], { stdio: 'pipe' })
    let [out, complaint] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
    child.stdin.on('error', () => undefined)
    const ended = once(child, 'close')
    let peak = 0
    child.stdin.write('one\ntwo\n')
    const piece = Buffer.alloc(mb, 'a')
    for (let i = 0; i < 700 && child.exitCode === null && !child.stdin.destroyed; i++) {
      peak = Math.max(peak, residentBytes(child.pid))
      await new Promise<void>((resolve) => child.stdin.write(piece, () => resolve()))
    }
    child.stdin.destroy()
    await ended

    expect(child.exitCode).toBe(2)
    expect(out).toBe('endless-0 0\nendless-0 1\n')
    expect(complaint).toMatch(/^Line 3 of the input is longer than \d+ bytes/)
    expect(peak).toBeLessThan(300 * mb)
  })
})
