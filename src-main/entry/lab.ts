/** The lab cluster of a folder on this machine, as `up` and the app host it: Node adapters, log file, control socket. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { childLauncher } from '../adapters/child-launcher'
import { fileLog } from '../adapters/file-log'
import { lockHolder } from '../adapters/folder-lock'
import { labRegistry } from '../adapters/lab-registry'
import { nodeClock } from '../adapters/node-clock'
import { nodeDisk } from '../adapters/node-disk'
import { nodeRandom } from '../adapters/node-random'
import { portFinder } from '../adapters/port-finder'
import { portHolder } from '../adapters/port-holder'
import type { ApiProvider } from '../host/client-session'
import { ownDir } from './home'
import { openControlSocket } from '../host/control-socket'
import { ignore } from '../kernel/errors'
import { LabHost } from '../host/lab-host'
import type { Log } from '../kernel/ports'
import { specFile } from '../supervisor/cluster-folder'
import type { AskedCluster } from '../supervisor/supervisor'

export interface Lab {
  readonly host: LabHost
  readonly log: Log
  /** Resolves when every node serves. */
  readonly started: Promise<void>
}

/**
 * Opens the folder and begins to start its nodes; the control socket is open before they are up, so that `status` shows
 * nodes that are starting; `faceOf` is what it speaks to. Throws AppError with one sentence when
 * the folder cannot be used; nothing runs then.
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
    random: nodeRandom,
    ports: portFinder,
    labs: labRegistry,
    log,
    cli: cliCommand()
  }
  const host = await LabHost.open(ports, dir, withDefaults(dir, asked))
  useFile(join(dir, 'lagoon.log'))
  const started = host.start()
  started.catch((error: unknown) => ignore(error, 'the caller awaits it too; an early failure is not an unhandled one'))
  try {
    const control = await openControlSocket(dir, faceOf(host, log), log)
    host.onStopped(() => control.close())
  } catch (error) {
    // Nobody would own the nodes that have begun to start, nor let go of the folder.
    await host.stop()
    throw error
  }
  return { host, log, started }
}

/** What of this machine the clusters need beside their hosts. */
export const machine = {
  clock: nodeClock,
  disk: nodeDisk,
  ports: portFinder,
  labs: labRegistry,
  lockHolder,
  portHolder,
  root: join(homedir(), 'Lagoon'),
  ownDir
}

/** A new cluster has as many brokers as the user has chosen, unless it is told. */
function withDefaults(dir: string, asked: AskedCluster): AskedCluster {
  const brokers = asked.brokers ?? (existsSync(join(dir, specFile)) ? undefined : labRegistry.newBrokers())
  return brokers === undefined ? asked : { ...asked, brokers }
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
