/**
 * What broker and member processes share: configuration as JSON in argv[2], messages to and from the parent, and how
 * they end. To the parent: ready, problem (before a failing exit), log, event, faultsObeyed. From it: {type: 'faults'}, all
 * that is to go wrong from then on, {type: 'repair'}, answered by {type: 'repaired'}, and {type: 'stop'}; SIGTERM and SIGINT mean
 * the same.
 *
 * Exit codes: 0 stopped; 1 a problem with the machine, said in one sentence; 2 no usable configuration; 70 a broken
 * invariant, after its state was logged. When the channel to the parent breaks the parent is dead: exit at once.
 */
import { giveMemoryBackWhenIdle, type IdleMemoryLimits } from '../adapters/idle-memory'
import { nodeClock } from '../adapters/node-clock'
import { AppError, messageOf } from '../kernel/errors'
import { FaultSwitch, noFaults, type NodeFaults } from '../kernel/node-faults'
import type { AskedRepair, Repaired } from '../kernel/log-repair'
import type { Log } from '../kernel/ports'
import { said } from '../kernel/said'

const exitCodes = { problem: 1, usage: 2, brokenInvariant: 70 } as const

export interface NodeProcess {
  /** Resolves with the port once the node serves. */
  readonly start: () => Promise<number>
  readonly stop: () => Promise<void>
  readonly inspect: () => Readonly<Record<string, unknown>>
  /** Absent: it has no logs that could be. Rejects with AppError. */
  readonly repair?: (asked: AskedRepair) => Promise<Repaired>
}

function tell(message: Readonly<Record<string, unknown>>): void {
  if (process.send !== undefined && process.connected) process.send(message)
}

export const processLog: Log = (level, message, fields) => {
  if (process.send === undefined) process.stderr.write(`${level} ${message} ${JSON.stringify(fields ?? {})}\n`)
  else if (level !== 'debug') tell({ type: 'log', level, message, fields: fields ?? {} })
}

export function tellEvent(name: string, fields: Readonly<Record<string, unknown>>): void {
  tell({ type: 'event', name, fields })
}

/** Ends the process after the message has left. */
function exitWith(code: number, message: Readonly<Record<string, unknown>>): void {
  const exit = (): never => process.exit(code)
  if (process.send === undefined || !process.connected) exit()
  else process.send(message, undefined, {}, exit)
}

function asText(state: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(state, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
}

/** The configuration, or undefined when it is none (the process then exits by itself). */
export function configurationFrom<T>(
  usage: string,
  isConfiguration: (fields: Readonly<Record<string, unknown>>) => boolean
): T {
  try {
    const value: unknown = JSON.parse(process.argv[2] ?? '')
    if (typeof value === 'object' && value !== null && isConfiguration(value as Record<string, unknown>))
      return value as T
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  process.stderr.write(`usage: ${usage}\n`)
  process.exit(exitCodes.usage)
}

/** What is to go wrong in this process: as it was launched, then as the parent says. */
export function faultsOf({ faults }: { readonly faults?: NodeFaults }): FaultSwitch {
  const now = new FaultSwitch(faults ?? noFaults)
  process.on('message', (message: unknown) => {
    if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== 'faults') return
    const told = message as unknown as { readonly serial: number; readonly faults: NodeFaults }
    now.set(told.faults)
    tell({ type: 'faultsObeyed', serial: told.serial })
  })
  return now
}

/** Runs the node until it stops or fails. `make` gets what to call when an invariant broke or the disk failed. */
export function runNode(make: (failed: (error: unknown) => void) => NodeProcess, memory?: IdleMemoryLimits): void {
  let isEnding = false
  const fail = (error: unknown): void => {
    if (isEnding) return
    isEnding = true
    if (error instanceof AppError) {
      process.stderr.write(`${error.message}\n`)
      exitWith(exitCodes.problem, { type: 'problem', code: error.code, message: error.message })
      return
    }
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const state = asText(node.inspect())
    process.stderr.write(`${stack}\nstate: ${state}\n`)
    processLog('error', 'broken invariant', { error: stack, state })
    exitWith(exitCodes.brokenInvariant, { type: 'problem', code: 'FAILED', message: messageOf(error) })
  }
  const stop = (): void => {
    if (isEnding) return
    isEnding = true
    node.stop().then(
      () => exitWith(0, { type: 'event', name: 'stopped', fields: {} }),
      (error: unknown) => {
        isEnding = false
        fail(error)
      }
    )
  }
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)
  process.on('disconnect', () => process.exit(exitCodes.problem))
  // The parent may have died while we were being loaded: that event is over, and the kernel tells nobody of a parent that
  // was dead before we asked to be told.
  if (process.send !== undefined && !process.connected) process.exit(exitCodes.problem)
  process.on('message', (message: unknown) => {
    if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'stop') stop()
  })
  process.on('message', (message: unknown) => {
    if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== 'repair') return
    const { serial, asked } = message as unknown as { readonly serial: number; readonly asked: AskedRepair }
    const refused = new AppError('USAGE', said`This node has no logs of partitions.`)
    ;(node.repair?.(asked) ?? Promise.reject(refused)).then(
      (done) => tell({ type: 'repaired', serial, done }),
      (error: unknown) => {
        if (!(error instanceof AppError)) return fail(error)
        tell({ type: 'repaired', serial, refused: { code: error.code, message: error.message } })
      }
    )
  })
  process.on('SIGTERM', stop)
  // Ctrl+C in a terminal reaches the whole process group; with a parent it is the parent's to say when to stop.
  process.on('SIGINT', () => {
    if (process.send === undefined) stop()
  })
  const node = make(fail)
  giveMemoryBackWhenIdle(nodeClock, memory)
  node.start().then((port) => tell({ type: 'ready', port }), fail)
}
