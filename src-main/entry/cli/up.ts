/**
 * `lagoon up`: hosts the folder's cluster in the foreground. SIGINT or SIGTERM stops every node cleanly; a second one
 * kills what is left. The first line of --json is the `ready` message; later lines are events.
 */
import { join } from 'node:path'
import { childLauncher } from '../../adapters/child-launcher'
import { fileLog } from '../../adapters/file-log'
import { nodeClock } from '../../adapters/node-clock'
import { nodeDisk } from '../../adapters/node-disk'
import { portFinder } from '../../adapters/port-finder'
import { openControlSocket } from '../../host/control-socket'
import { LabHost } from '../../host/lab-host'
import type { WebServer } from '../../host/web-server'
import { exitCodes, failWith } from './exit'
import { dataFolder, type CommonOptions } from './options'
import { printJson, printLine, statusText } from './output'

export interface UpOptions extends CommonOptions {
  readonly brokers?: number
  readonly ensemble?: number
  readonly ui?: boolean
  readonly uiPort?: number
}

export async function up(options: UpOptions): Promise<void> {
  const dir = dataFolder(options.data)
  const { log, useFile } = fileLog()
  const ports = {
    clock: nodeClock,
    disk: nodeDisk,
    launcher: childLauncher(import.meta.dirname),
    ports: portFinder,
    log
  }
  const host = await LabHost.open(ports, dir, sizesOf(options))
  useFile(join(dir, 'lagoon.log'))
  const stopOnSignal = stopper(host)
  process.on('SIGINT', stopOnSignal)
  process.on('SIGTERM', stopOnSignal)
  process.on('SIGHUP', stopOnSignal)
  const starting = host.start()
  // Both roads in are open before the cluster is: `status` shows nodes that are starting.
  const [control, web] = await Promise.all([
    openControlSocket(dir, host, log),
    options.ui === true ? openUi(host, options.uiPort) : undefined
  ])
  host.onStopped(() => {
    void Promise.all([control.close(), web?.close()]).then(() => process.exit(exitCodes.done))
  })
  await starting
  tellReady(host, options, web?.url)
}

function sizesOf({ brokers, ensemble }: UpOptions): { brokers?: number; ensemble?: number } {
  return { ...(brokers === undefined ? {} : { brokers }), ...(ensemble === undefined ? {} : { ensemble }) }
}

async function openUi(host: LabHost, port: number | undefined): Promise<WebServer> {
  // Loaded when asked for: a cluster without screens starts without it.
  const { openWebServer } = await import('../../host/web-server')
  const { log } = fileLog()
  return openWebServer(host, join(import.meta.dirname, '../renderer'), log, port)
}

function tellReady(host: LabHost, options: UpOptions, uiUrl: string | undefined): void {
  const status = host.status()
  if (options.json !== true) {
    printLine(statusText(status))
    if (uiUrl !== undefined) printLine(`\n${uiUrl}`)
    return
  }
  const nodes = status.nodes.map(({ name, pid, port, dataDir }) => ({ name, pid, port, dataDir }))
  const { bootstrapServers, ensemble } = status
  const startMs = Math.round(performance.now())
  printJson({ type: 'ready', bootstrapServers, ensemble, startMs, ...(uiUrl === undefined ? {} : { uiUrl }), nodes })
  let hasSkippedPast = false
  host.watch('events', ({ events }) => {
    if (hasSkippedPast) for (const event of events) printJson({ type: 'event', ...event })
    hasSkippedPast = true
  })
}

function stopper(host: LabHost): () => void {
  let signals = 0
  return () => {
    signals += 1
    if (signals > 1) process.exit(exitCodes.failed)
    host.stop().catch(failWith)
  }
}
