/** Runs scenarios of test/interop/ensemble-kazoo.py under Debian's Python with Debian's kazoo. */
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { resolve } from 'node:path'

const python = '/usr/bin/python3'
const script = resolve(import.meta.dirname, '../interop/ensemble-kazoo.py')

const hasKazoo = (): boolean => spawnSync(python, ['-c', 'import kazoo'], { stdio: 'ignore' }).status === 0

/** Installs it when it may; otherwise fails with the line to type. */
export function ensureKazoo(): void {
  if (hasKazoo()) return
  spawnSync('apt-get', ['install', '-y', 'python3-kazoo'], { stdio: 'ignore' })
  if (!hasKazoo()) throw new Error('kazoo is missing. Install it: apt-get install -y python3-kazoo')
}

/**
 * The scenario's last line of output, parsed. A line `?name` of the script asks for something between two of its
 * steps: `steps` does it, then the script goes on.
 */
export async function kazoo(
  scenario: string,
  port: number,
  steps: Readonly<Record<string, () => Promise<unknown>>> = {}
): Promise<unknown> {
  const child = spawn(python, [script, scenario, `127.0.0.1:${port}`], { stdio: ['pipe', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  const exited = new Promise<number | null>((done) => child.on('close', done))
  let last = 'null'
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('?')) {
      last = line
      continue
    }
    const step = steps[line.slice(1)]
    if (step === undefined) throw new Error(`the scenario asks for ${line}`)
    await step()
    child.stdin.write('\n')
  }
  const code = await exited
  if (code !== 0) throw new Error(`kazoo scenario ${scenario} failed (${code}):\n${complaint}`)
  return JSON.parse(last)
}
