/**
 * What one page speaks to: the clusters of this machine, and the one of them that it looks at, be it hosted by this
 * process or, through its control socket, by another. Watches are held over its restarts; while it does not run, what is
 * asked of it is refused in a sentence.
 */
import { ApiError } from '../api/api'
import type { ClustersCommand } from '../api/clusters'
import type { CommandInput, CommandName, CommandOutput } from '../api/commands'
import { BROWSER } from '../api/desktop'
import type { WatchKey, WatchValue } from '../api/watch'
import { expectAppError, ignore } from '../kernel/errors'
import { said } from '../kernel/said'
import type { ApiProvider } from './client-session'
import type { Clusters } from './clusters'
import { ControlClient } from './control-client'

interface Held {
  readonly key: WatchKey
  readonly changed: (value: never) => void
  readonly refused: ((error: ApiError) => void) | undefined
  end: (() => void) | undefined
}

interface Source {
  readonly api: ApiProvider
  /** Of another process. */
  readonly client?: ControlClient
}

export interface PageFace extends ApiProvider {
  /** When its page is gone. */
  close(): void
}

export class ClusterFace implements PageFace {
  readonly #clusters: Clusters
  readonly #id: string | undefined
  readonly #held = new Set<Held>()
  readonly #unlisten: () => void
  #source: Source | undefined
  #connecting: Promise<void> | undefined
  #isClosed = false

  /** Without an id it looks at the first cluster, whichever that is. */
  constructor(clusters: Clusters, id: string | undefined) {
    this.#clusters = clusters
    this.#id = id
    this.#unlisten = clusters.listen(() => this.#settle())
    this.#settle()
  }

  get id(): string {
    return this.#id ?? this.#clusters.home
  }

  get dir(): string | undefined {
    return this.#clusters.dirOf(this.id)
  }

  async run<Name extends CommandName>(name: Name, input: CommandInput<Name>): Promise<CommandOutput<Name>> {
    if (isOfClusters(name)) return await this.#clusters.run(name, input as never)
    if (name.startsWith('app.')) throw noWindow()
    const value = await (this.#source ?? (await this.#connected())).api.run(name, input)
    // Scripts of a page are told no address with a token in it: only the control socket is.
    if (name === 'cluster.status') delete (value as { uiUrl?: string }).uiUrl
    return value
  }

  watch<Key extends WatchKey>(
    key: Key,
    changed: (value: WatchValue<Key>) => void,
    refused?: (error: ApiError) => void
  ): () => void {
    if (key === 'clusters') return this.#clusters.watch(() => this.id, changed as (value: unknown) => void)
    if (key === 'app') {
      changed(BROWSER as WatchValue<Key>)
      return () => undefined
    }
    const held: Held = { key, changed: changed, refused, end: undefined }
    this.#held.add(held)
    this.#hold(held)
    return () => {
      this.#held.delete(held)
      held.end?.()
    }
  }

  /**
   * A host of this process stays: what its page has opened, or is still opening, is closed through it after the page has
   * gone. One of another process closes by itself what came through the connection that ends here.
   */
  close(): void {
    this.#isClosed = true
    this.#unlisten()
    for (const held of this.#held) held.end?.()
    this.#held.clear()
    if (this.#source?.client !== undefined) this.#attach(undefined)
  }

  async #connected(): Promise<Source> {
    await this.#connecting
    if (this.#source === undefined) throw notRunning()
    return this.#source
  }

  #hold(held: Held): void {
    held.end = this.#source?.api.watch(held.key, held.changed as (value: unknown) => void, held.refused)
  }

  #settle(): void {
    if (this.#isClosed) return
    const host = this.#clusters.hosted(this.id)
    if (host !== undefined) this.#attach({ api: host })
    else if (this.#source?.client === undefined || !this.#clusters.isElsewhere(this.id)) {
      // A killed host is seen to be gone by its lock, perhaps before its connection ends: whoever is told that the
      // cluster has stopped is also answered so.
      this.#attach(undefined)
      this.#connect()
    }
  }

  #attach(source: Source | undefined): void {
    if (this.#source?.api === source?.api) return
    const before = this.#source
    this.#source = source
    for (const held of this.#held) held.end?.()
    before?.client?.close()
    for (const held of this.#held) this.#hold(held)
  }

  /** Tried whenever something has changed: whoever hosts it has a socket in its folder. */
  #connect(): void {
    const { id } = this
    if (this.#connecting !== undefined || !this.#clusters.isElsewhere(id)) return
    const dir = this.#clusters.dirOf(id)
    if (dir === undefined) return
    this.#connecting = ControlClient.connect(dir)
      .then((client) => {
        if (this.#isClosed || this.#clusters.hosted(id) !== undefined) return client.close()
        this.#attach({ api: remote(client), client })
        client.onClose(() => {
          if (this.#source?.client === client) this.#attach(undefined)
        })
      })
      .catch((error: unknown) => {
        expectAppError(error)
        ignore(error, 'it is tried again at the next look')
      })
      .finally(() => (this.#connecting = undefined))
  }
}

function remote(client: ControlClient): ApiProvider {
  return {
    run: (name, input) => client.call(name, input),
    watch: (key, changed, refused) => {
      client.watch(key, changed, refused ?? (() => undefined))
      return () => client.unwatch(key)
    }
  }
}

const isOfClusters = (name: CommandName): name is ClustersCommand => name.startsWith('clusters.')

function notRunning(): ApiError {
  const message = said`This cluster is not running. Start it in Lab, Cluster.`
  return new ApiError({ code: 'NOT_RUNNING', message })
}

export function noWindow(): ApiError {
  const message = said`These screens are in no window of the app: only the app has one.`
  return new ApiError({ code: 'NOT_RUNNING', message })
}
