/**
 * A member of the ensemble as a process of its own. Configuration: JSON in argv[2]. To the parent: ready, problem
 * (before a failing exit), log, event. From the parent: {type: 'stop'}; SIGTERM and SIGINT mean the same.
 *
 * Exit codes: 0 stopped; 1 a problem with the machine, said in one sentence; 2 no usable configuration; 70 a broken
 * invariant, after its state was logged. When the channel to the parent breaks, the parent is dead: exit at once,
 * nothing that was answered is lost by that.
 */
import { nodeChecksum } from '../adapters/node-checksum'
import { nodeClock } from '../adapters/node-clock'
import { nodeDisk } from '../adapters/node-disk'
import { nodeNetwork } from '../adapters/node-network'
import { nodeRandom } from '../adapters/node-random'
import { EnsembleNode } from '../coordination/ensemble-node'
import { AppError, messageOf } from '../kernel/errors'
import type { Log } from '../kernel/ports'

interface Configuration {
  readonly memberId: number
  readonly host: string
  readonly port: number
  readonly dataDir: string
  readonly sessionTimeoutMinMs: number
  readonly sessionTimeoutMaxMs: number
  /** Bounds of recovery; absent: the node's own. */
  readonly snapshotEntriesMax?: number
  readonly snapshotBytesMax?: number
}

const exitCodes = { problem: 1, usage: 2, brokenInvariant: 70 } as const

function tell(message: Readonly<Record<string, unknown>>): void {
  if (process.send !== undefined && process.connected) process.send(message)
}

const log: Log = (level, message, fields) => {
  if (process.send === undefined) process.stderr.write(`${level} ${message} ${JSON.stringify(fields ?? {})}\n`)
  else tell({ type: 'log', level, message, fields: fields ?? {} })
}

/** A parent that stands still does not take the message: then we go without. */
const lastMessageTimeoutMs = 2_000

/** Ends the process after the message has left. */
function exitWith(code: number, message: Readonly<Record<string, unknown>>): void {
  const exit = (): never => process.exit(code)
  if (process.send === undefined || !process.connected) exit()
  else process.send(message, undefined, {}, exit)
  setTimeout(exit, lastMessageTimeoutMs)
}

let node: EnsembleNode | undefined
let isEnding = false

function fail(error: unknown): void {
  if (isEnding) return
  isEnding = true
  if (error instanceof AppError) {
    process.stderr.write(`${error.message}\n`)
    exitWith(exitCodes.problem, { type: 'problem', code: error.code, message: error.message })
    return
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const state = JSON.stringify(node?.inspect() ?? {}, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value
  )
  process.stderr.write(`${stack}\nstate: ${state}\n`)
  log('error', 'broken invariant', { error: stack, state })
  exitWith(exitCodes.brokenInvariant, { type: 'problem', code: 'FAILED', message: messageOf(error) })
}

function stop(): void {
  if (isEnding) return
  isEnding = true
  const stopped = node?.stop() ?? Promise.resolve()
  stopped.then(
    () => exitWith(0, { type: 'event', name: 'stopped' }),
    (error: unknown) => {
      isEnding = false
      fail(error)
    }
  )
}

function configuration(text: string | undefined): Configuration | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return isConfiguration(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function isConfiguration(value: unknown): value is Configuration {
  if (typeof value !== 'object' || value === null) return false
  const fields = value as Record<string, unknown>
  const numbers = ['memberId', 'port', 'sessionTimeoutMinMs', 'sessionTimeoutMaxMs']
  return (
    numbers.every((name) => Number.isSafeInteger(fields[name])) &&
    typeof fields['host'] === 'string' &&
    typeof fields['dataDir'] === 'string'
  )
}

async function main(): Promise<void> {
  const config = configuration(process.argv[2])
  if (config === undefined) {
    process.stderr.write(
      'usage: ensemble-process {"memberId","host","port","dataDir","sessionTimeoutMinMs","sessionTimeoutMaxMs"}\n'
    )
    process.exit(exitCodes.usage)
  }
  node = new EnsembleNode({
    memberId: config.memberId,
    address: { host: config.host, port: config.port },
    dataDir: config.dataDir,
    sessionTimeouts: { minMs: config.sessionTimeoutMinMs, maxMs: config.sessionTimeoutMaxMs },
    ...(config.snapshotEntriesMax === undefined ? {} : { snapshotEntriesMax: config.snapshotEntriesMax }),
    ...(config.snapshotBytesMax === undefined ? {} : { snapshotBytesMax: config.snapshotBytesMax }),
    clock: nodeClock,
    random: nodeRandom,
    disk: nodeDisk,
    network: nodeNetwork,
    checksum: nodeChecksum,
    log,
    failed: fail,
    sessionExpired: (sessionId) =>
      tell({ type: 'event', name: 'sessionExpired', sessionId: `0x${sessionId.toString(16)}` })
  })
  const address = await node.start()
  tell({ type: 'ready', port: address.port })
}

process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)
process.on('disconnect', () => process.exit(exitCodes.problem))
process.on('message', (message: unknown) => {
  if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'stop') stop()
})
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
main().catch(fail)
