/** The lab cluster of a folder on this machine, as `up` and the app host it: Node adapters, log file, control socket. */
import { basename, join } from 'node:path'
import { childLauncher } from '../adapters/child-launcher'
import { fileLog } from '../adapters/file-log'
import { labRegistry } from '../adapters/lab-registry'
import { nodeClock } from '../adapters/node-clock'
import { nodeDisk } from '../adapters/node-disk'
import { portFinder } from '../adapters/port-finder'
import type { ApiProvider } from '../host/client-session'
import { openControlSocket } from '../host/control-socket'
import { ignore } from '../kernel/errors'
import { LabHost } from '../host/lab-host'
import type { Log } from '../kernel/ports'
import type { AskedCluster } from '../supervisor/supervisor'

export interface Lab {
  readonly host: LabHost
  readonly log: Log
  /** Resolves when every node serves. */
  readonly started: Promise<void>
}

/**
 * Opens the folder and begins to start its nodes; the control socket is open before they are up, so that `status` shows
 * nodes that are starting; `faceOf` is what it speaks to. Throws AppError with one sentence when the folder cannot be used.
 */
export async function openLab(
  dir: string,
  asked: AskedCluster,
  faceOf: (host: LabHost, log: Log) => ApiProvider = (host) => host
): Promise<Lab> {
  const { log, useFile } = fileLog()
  const launcher = childLauncher(import.meta.dirname)
  const ports = {
    clock: nodeClock,
    disk: nodeDisk,
    launcher,
    ports: portFinder,
    labs: labRegistry,
    log,
    cli: cliCommand()
  }
  const host = await LabHost.open(ports, dir, asked)
  useFile(join(dir, 'lagoon.log'))
  const started = host.start()
  started.catch((error: unknown) => ignore(error, 'the caller awaits it too; an early failure is not an unhandled one'))
  const control = await openControlSocket(dir, faceOf(host, log), log)
  host.onStopped(() => control.close())
  return { host, log, started }
}

/** So that a command that the screens offer works where it is pasted, be `lagoon` installed or not. */
function cliCommand(): string {
  // Our wrapper says how it was called; it is how anybody calls it who has it installed.
  const { LAGOON_CLI } = process.env
  if (LAGOON_CLI !== undefined && LAGOON_CLI !== '') return LAGOON_CLI
  if (basename(process.argv[1] ?? '') === 'lagoon') return 'lagoon'
  return `node ${shellWord(join(import.meta.dirname, 'cli.js'))}`
}

function shellWord(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
