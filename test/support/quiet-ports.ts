/**
 * Ports for the clusters of tests that run at the same time: each process of tests takes blocks of its own, by a file that only one can
 * make, so that none takes a port between another one's look and its use. Away from 9092 and from the ports of outgoing connections: a node
 * that is down keeps its port for itself.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '../../src-main/adapters/process-liveness'

const portMin = 20_000
const blockPorts = 40
const blocks = 200
const folder = join(tmpdir(), 'lagoon-test-ports')

let next = 0
let end = 0

/** So many that nobody listens on, and no other test takes while this process lives. */
export async function quietPorts(count: number): Promise<number[]> {
  const found: number[] = []
  while (found.length < count) {
    if (next >= end) {
      next = portMin + takeBlock() * blockPorts
      end = next + blockPorts
    }
    const port = next++
    if (await isFree(port)) found.push(port)
  }
  return found
}

function takeBlock(): number {
  mkdirSync(folder, { recursive: true })
  const first = Math.floor(Math.random() * blocks)
  for (let i = 0; i < blocks; i++) {
    const block = (first + i) % blocks
    const path = join(folder, String(block))
    if (!takes(path)) continue
    process.once('exit', () => rmSync(path, { force: true }))
    return block
  }
  throw new Error(`All ports of tests are taken. When no tests run: rm -r ${folder}`)
}

/** True when the block is ours now. One of somebody who is gone is free again: test processes are killed, and leave theirs. */
function takes(path: string): boolean {
  if (creates(path)) return true
  const pid = Number(contentOf(path))
  // Empty: it is being made just now.
  if (pid === 0 || isAlive({ pid, startedAt: '' })) return false
  rmSync(path, { force: true })
  return creates(path)
}

/** False when it is there. */
function creates(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** Empty when it has just gone. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return ''
    throw error
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const bound = new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  const free = await bound
  if (free) await new Promise((resolve) => server.close(resolve))
  return free
}
