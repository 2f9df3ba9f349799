/**
 * `lagoon up`: hosts the folder's cluster in the foreground. SIGINT or SIGTERM stops every node cleanly; a second one
 * kills what is left. The first line of --json is the `ready` message; later lines are events.
 */
import { join } from 'node:path'
import { portTaken } from '../../adapters/port-holder'
import { ClusterFace } from '../../host/cluster-face'
import { Clusters } from '../../host/clusters'
import type { LabHost } from '../../host/lab-host'
import type { WebServer } from '../../host/web-server'
import { AppError } from '../../kernel/errors'
import type { Log } from '../../kernel/ports'
import { meantCluster, withWayOut } from '../home'
import * as lab from '../lab'
import { exitCodes, failWith } from './exit'
import type { CommonOptions } from './options'
import { printJson, printLine, statusText } from './output'

export interface UpOptions extends CommonOptions {
  readonly brokers?: number
  readonly ensemble?: number
  readonly brokerConfig?: Readonly<Record<string, string>>
  /** `none` takes it away. */
  readonly superDigest?: string
  readonly ui?: boolean
  readonly uiPort?: number
}

/** What hosts clusters on this machine. */
export type UpPorts = Pick<typeof lab, 'machine' | 'openLab'>

export async function up(options: UpOptions, { machine, openLab }: UpPorts = lab): Promise<void> {
  const { brokers, ensemble, brokerConfig, superDigest } = options
  const asked = {
    ...(brokers === undefined ? {} : { brokers }),
    ...(ensemble === undefined ? {} : { ensemble }),
    ...(brokerConfig === undefined ? {} : { brokerConfigs: brokerConfig }),
    ...(superDigest === undefined ? {} : { superDigest: superDigest === 'none' ? null : superDigest })
  }
  const interruption = new Interruption()
  const opened: { log: Log; screens?: WebServer } = { log: () => undefined }
  const starts = new WeakMap<LabHost, Promise<void>>()
  const clusters = new Clusters({
    ...machine,
    endsWithHome: 'lagoon up',
    open: async (dir, wanted) => {
      const opening = await openLab(dir, wanted)
      opened.log = opening.log
      starts.set(opening.host, opening.started)
      return opening
    }
  })
  const meant = meantCluster(options.data)
  const { host } = await clusters.open(meant.dir, { ...asked, ...meant.asked }).catch((error: unknown) => {
    throw withWayOut(error, meant)
  })
  /** What was opened from the screens ends with what serves them. */
  const end = async (failure?: unknown): Promise<void> => {
    let why = failure
    try {
      await clusters.stopAll()
    } catch (error) {
      why ??= error
    }
    await opened.screens?.close()
    if (why === undefined) process.exit(exitCodes.done)
    failWith(why)
  }
  interruption.ends(end)
  if (options.ui === true) opened.screens = await openUiOrStop(clusters, host, opened.log, options.uiPort)
  clusters.onEnded(async (id, failure) => {
    if (id === clusters.home) await end(failure)
  })
  let isReady = false
  const tellWhenReady = async (served: LabHost): Promise<void> => {
    try {
      await starts.get(served)
    } catch (error) {
      // Reset while it started: the one that is opened then is told when it serves.
      if (error instanceof AppError && error.code === 'ABORTED') return
      throw error
    }
    isReady = true
    tellReady(served, options, opened.screens?.url)
  }
  clusters.onHosted((again, id) => {
    if (id !== clusters.home) return
    if (opened.screens !== undefined) again.screensAt(opened.screens.url)
    if (!isReady) tellWhenReady(again).catch(failWith)
    else if (options.json === true) tellEvents(again)
  })
  await tellWhenReady(host)
}

/** The cluster has begun to start by then: it is stopped before the command ends. */
async function openUiOrStop(clusters: Clusters, host: LabHost, log: Log, port: number | undefined): Promise<WebServer> {
  try {
    return await openUi(clusters, host, log, port)
  } catch (error) {
    await host.stop()
    throw error
  }
}

async function openUi(clusters: Clusters, host: LabHost, log: Log, port: number | undefined): Promise<WebServer> {
  // Loaded when asked for: a cluster without screens starts without it.
  const { openWebServer } = await import('../../host/web-server')
  const web = await openWebServer(
    (cluster) => new ClusterFace(clusters, cluster),
    join(import.meta.dirname, '../renderer'),
    log,
    port,
    host.dir
  ).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' || port === undefined) throw error
    throw portTaken({ host: '127.0.0.1', port }, 'choose another with --ui-port', error)
  })
  host.screensAt(web.url)
  return web
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
  tellEvents(host)
}

/** What happens from now on. */
function tellEvents(host: LabHost): void {
  let hasSkippedPast = false
  host.watch('events', ({ events }) => {
    if (hasSkippedPast) for (const event of events) printJson({ type: 'event', ...event })
    hasSkippedPast = true
  })
}

/** Signals count from the first moment on: one that comes while the folder is opened is obeyed when it is open. */
class Interruption {
  #signals = 0
  #end: (() => Promise<void>) | undefined

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.#signalled())
  }

  /** `end` ends the process, also while the cluster is being reset and would not be heard to end. */
  ends(end: () => Promise<void>): void {
    this.#end = end
    if (this.#signals > 0) end().catch(failWith)
  }

  #signalled(): void {
    this.#signals += 1
    if (this.#signals > 1) process.exit(exitCodes.failed)
    this.#end?.().catch(failWith)
  }
}
