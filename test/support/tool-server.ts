/**
 * Kafka's command-line tools in one JVM that is kept (test/kafka/ToolServer.java), for tests that ask them often: a tool
 * of its own costs a second or two, one of these some ten milliseconds.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { kafkaClassPath, kafkaLog4j, type ToolOutput } from './kafka-tools'

const source = resolve(import.meta.dirname, '../kafka/ToolServer.java')
const jvm = ['-Xmx256m', '-XX:TieredStopAtLevel=1', `-Dlog4j.configuration=file:${kafkaLog4j}`]

const word = (text: string): string => `=${Buffer.from(text).toString('base64')}`
const text = (given: string | undefined): string => Buffer.from((given ?? '=').slice(1), 'base64').toString()

export class ToolServer {
  readonly #child: ChildProcess
  readonly #classes: string
  readonly #waiting: ((line: string) => void)[] = []
  #complaint = ''

  private constructor(child: ChildProcess, classes: string) {
    this.#child = child
    this.#classes = classes
    if (child.stdout !== null)
      createInterface({ input: child.stdout }).on('line', (line) => this.#waiting.shift()?.(line))
    child.stderr?.setEncoding('utf8').on('data', (said: string) => (this.#complaint += said))
    child.once('exit', () => {
      for (const answer of this.#waiting.splice(0)) answer(`-1 = ${word(`the JVM ended\n${this.#complaint}`)}`)
    })
  }

  static async start(): Promise<ToolServer> {
    const classPath = await kafkaClassPath()
    const classes = mkdtempSync(join(tmpdir(), 'lagoon-java-'))
    await promisify(execFile)('javac', ['-cp', classPath, '-d', classes, source])
    const command = [...jvm, '-cp', [classes, classPath].join(delimiter), 'ToolServer']
    return new ToolServer(spawn('java', command, { stdio: 'pipe' }), classes)
  }

  /** Rejects when the tool ends with another code than 0. */
  async run(mainClass: string, ...args: readonly string[]): Promise<ToolOutput> {
    const line = await new Promise<string>((resolve) => {
      this.#waiting.push(resolve)
      this.#child.stdin?.write(`${[mainClass, ...args].map(word).join(' ')}\n`)
    })
    const [code, stdout, stderr] = line.split(' ')
    const said = { stdout: text(stdout), stderr: text(stderr) }
    if (code === '0') return said
    throw new Error(`${mainClass} ${args.join(' ')} ended with ${String(code)}\n${said.stderr}\n${said.stdout}`)
  }

  async end(): Promise<void> {
    const gone = once(this.#child, 'exit')
    this.#child.stdin?.end()
    await gone
    rmSync(this.#classes, { recursive: true, force: true })
  }
}
