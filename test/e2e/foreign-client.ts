/** A client of somebody else, as its own process: started, spoken to by lines, ended with the test. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { join } from 'node:path'

export class ForeignClient {
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly #exited: Promise<void>
  #wake: () => void = () => undefined

  constructor(script: string, args: readonly string[]) {
    this.#child = spawn('/usr/bin/python3', [join(import.meta.dirname, 'clients', script), ...args], {
      stdio: ['pipe', 'pipe', 'inherit']
    })
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => {
        resolve()
        this.#wake()
      })
    })
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        this.#lines.push(line)
        this.#wake()
      })
    }
  }

  /** The first line that begins so; rejects when the client ends without it. */
  async line(beginning: string): Promise<string> {
    for (;;) {
      const found = this.#lines.find((line) => line.startsWith(beginning))
      if (found !== undefined) return found
      if (this.#child.exitCode !== null) throw new Error(`the client ended; it said: ${this.#lines.join(' | ')}`)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  tell(): void {
    this.#child.stdin?.write('\n')
  }

  async end(): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL')
    await this.#exited
  }
}
