/**
 * Kafka's own command-line tools, run from the classes that Maven Central publishes: proof that what we write is what
 * they read. The class path is resolved once with Maven and remembered under node_modules/.cache.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { until } from './lab-cluster'

export const kafkaVersion = '3.9.1'

const run = promisify(execFile)
const cache = resolve(import.meta.dirname, '../../node_modules/.cache/kafka', kafkaVersion)

/** Only warnings, on stderr. There once the class path is known. */
export const kafkaLog4j = join(cache, 'log4j.properties')

const pom = `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>lagoon.test</groupId><artifactId>kafka-tools</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${kafkaVersion}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${kafkaVersion}</version></dependency>
  </dependencies>
</project>
`

const log4j = `log4j.rootLogger=WARN, E
log4j.appender.E=org.apache.log4j.ConsoleAppender
log4j.appender.E.Target=System.err
log4j.appender.E.layout=org.apache.log4j.PatternLayout
log4j.appender.E.layout.ConversionPattern=%p %m (%c)%n
`

/** Maven has never needed so long; whoever holds the lock for longer is dead. */
const lockedMaxMs = 600_000

/** Needs mvn, java and, the first time, Maven Central: asked by one process at a time, since its cache is everybody's. */
export async function kafkaClassPath(): Promise<string> {
  const known = knownClassPath()
  if (known !== undefined) return known
  mkdirSync(cache, { recursive: true })
  const lock = join(cache, 'lock')
  await until('Maven is free', () => isTaken(lock), 2 * lockedMaxMs)
  try {
    return knownClassPath() ?? (await resolveClassPath())
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

function isTaken(lock: string): boolean {
  try {
    mkdirSync(lock)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const heldMs = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
  if (heldMs > lockedMaxMs) rmSync(lock, { recursive: true, force: true })
  return false
}

function knownClassPath(): string | undefined {
  const path = join(cache, 'classpath.txt')
  if (!existsSync(path)) return undefined
  const known = readFileSync(path, 'utf8').trim()
  return known.split(delimiter).every((jar) => existsSync(jar)) ? known : undefined
}

async function resolveClassPath(): Promise<string> {
  const path = join(cache, 'classpath.txt')
  writeFileSync(join(cache, 'pom.xml'), pom)
  writeFileSync(kafkaLog4j, log4j)
  const draft = `${path}.${process.pid}`
  const goals = ['-q', '-B', 'dependency:build-classpath', `-Dmdep.outputFile=${draft}`, '-DincludeScope=runtime']
  await run('mvn', goals, { cwd: cache, timeout: 500_000 })
  renameSync(draft, path)
  return readFileSync(path, 'utf8').trim()
}

export interface ToolOutput {
  readonly stdout: string
  readonly stderr: string
}

/** kafka-consumer-groups gives up after 5 s by itself, which a Java process on a busy machine may need to begin. */
export const groupToolPatience = ['--timeout', '60000'] as const
export const groupTool = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand'

/** Runs a class with a main method; rejects when it exits with another code than 0. */
export async function runKafkaTool(mainClass: string, args: readonly string[]): Promise<ToolOutput> {
  const classPath = await kafkaClassPath()
  const jvm = ['-Xmx256m', '-XX:TieredStopAtLevel=1', `-Dlog4j.configuration=file:${kafkaLog4j}`]
  try {
    const command = [
      ...jvm,
      '-cp',
      classPath,
      mainClass,
      ...args,
      ...(mainClass === groupTool ? groupToolPatience : [])
    ]
    const { stdout, stderr } = await run('java', command, { timeout: 300_000, maxBuffer: 256 * 1024 * 1024 })
    return { stdout, stderr }
  } catch (error) {
    // The message of the original holds the whole class path and nothing else.
    const { stdout = '', stderr = '', code } = error as { stdout?: string; stderr?: string; code?: unknown }
    throw new Error(`${mainClass} ${args.join(' ')} ended with ${String(code)}\n${stderr}\n${stdout.slice(-2_000)}`, {
      cause: code
    })
  }
}

/** kafka-dump-log */
export const dumpLog = (files: readonly string[], ...options: readonly string[]): Promise<ToolOutput> =>
  runKafkaTool('kafka.tools.DumpLogSegments', [...options, '--files', files.join(',')])
