/**
 * `lagoon up`: hosts the folder's cluster in the foreground. SIGINT or SIGTERM stops every node cleanly; a second one
 * kills what is left. The first line of --json is the `ready` message; later lines are events.
 */
import { join } from 'node:path'
import { portTaken } from '../../adapters/port-holder'
import type { ApiProvider } from '../../host/client-session'
import type { LabHost } from '../../host/lab-host'
import type { Log } from '../../kernel/ports'
import { openLab } from '../lab'
import { exitCodes, failWith } from './exit'
import { dataFolder, type CommonOptions } from './options'
import { printJson, printLine, statusText } from './output'

export interface UpOptions extends CommonOptions {
  readonly brokers?: number
  readonly ensemble?: number
  readonly brokerConfig?: Readonly<Record<string, string>>
  readonly ui?: boolean
  readonly uiPort?: number
}

export async function up(options: UpOptions): Promise<void> {
  const { brokers, ensemble, brokerConfig } = options
  const asked = {
    ...(brokers === undefined ? {} : { brokers }),
    ...(ensemble === undefined ? {} : { ensemble }),
    ...(brokerConfig === undefined ? {} : { brokerConfigs: brokerConfig })
  }
  const interruption = new Interruption()
  const { host, log, started } = await openLab(dataFolder(options.data), asked)
  interruption.stops(host)
  const uiUrl = options.ui === true ? await openUiOrStop(host, log, options.uiPort) : undefined
  host.onStopped((failure) => (failure === undefined ? process.exit(exitCodes.done) : failWith(failure)))
  await started
  tellReady(host, options, uiUrl)
}

/** The cluster has begun to start by then: it is stopped before the command ends. */
async function openUiOrStop(host: LabHost, log: Log, port: number | undefined): Promise<string> {
  try {
    return await openUi(host, log, port)
  } catch (error) {
    await host.stop()
    throw error
  }
}

async function openUi(host: LabHost, log: Log, port: number | undefined): Promise<string> {
  // Loaded when asked for: a cluster without screens starts without it.
  const { openWebServer } = await import('../../host/web-server')
  const web = await openWebServer(
    withoutAddress(host),
    join(import.meta.dirname, '../renderer'),
    log,
    port,
    host.dir
  ).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' || port === undefined) throw error
    throw portTaken({ host: '127.0.0.1', port }, 'choose another with --ui-port', error)
  })
  host.onStopped(() => web.close())
  host.screensAt(web.url)
  return web.url
}

/** Scripts of a page are told no address with a token in it: only the control socket is. */
function withoutAddress(host: LabHost): ApiProvider {
  return {
    watch: (key, changed, refused) => host.watch(key, changed, refused),
    run: async (name, input) => {
      const value = await host.run(name, input)
      if (name === 'cluster.status') delete (value as { uiUrl?: string }).uiUrl
      return value
    }
  }
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

/** Signals count from the first moment on: one that comes while the folder is opened is obeyed when it is open. */
class Interruption {
  #signals = 0
  #host: LabHost | undefined

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.#signalled())
  }

  stops(host: LabHost): void {
    this.#host = host
    if (this.#signals > 0) host.stop().catch(failWith)
  }

  #signalled(): void {
    this.#signals += 1
    if (this.#signals > 1) process.exit(exitCodes.failed)
    this.#host?.stop().catch(failWith)
  }
}
