/**
 * Which clusters there are on this machine and how each is found: those that this process hosts, those that the registry
 * knows, and those that were opened here should the registry not be there. Looks, and changes no folder.
 */
import { basename } from 'node:path'
import { expectAppError, expectSystemError, ignore } from '../kernel/errors'
import type { KnownLabs, LabRegistry, OwnCluster } from '../kernel/ports'
import { lookAtFolder, type FolderLook } from './cluster-folders'
import { realFolder } from './control-path'

export interface Place {
  readonly id: string
  readonly dir: string
  readonly name: string
}

export interface KnownPlacesPorts {
  readonly labs: LabRegistry & KnownLabs & Pick<OwnCluster, 'home'>
  readonly lockHolder: (path: string) => number | undefined
  readonly ownDir: string
}

interface HostedPlace {
  readonly id: string
  readonly dir: string
  readonly host: { readonly name: string }
}

export class KnownPlaces {
  readonly #ports: KnownPlacesPorts
  readonly #hosted: () => Iterable<HostedPlace>
  readonly #opened = new Map<string, string>()

  constructor(ports: KnownPlacesPorts, hosted: () => Iterable<HostedPlace>) {
    this.#ports = ports
    this.#hosted = hosted
  }

  opened(id: string, dir: string): void {
    this.#opened.set(id, dir)
  }

  /** It is no longer there. */
  left(id: string): void {
    this.#opened.delete(id)
  }

  /** Hosted ones first, so that they are never among those that are left out. */
  places(): readonly Place[] {
    const places = new Map<string, Place>()
    for (const { id, dir, host } of this.#hosted()) places.set(id, { id, dir, name: host.name })
    for (const { id, dir, name } of this.#ports.labs.list())
      if (!places.has(id)) places.set(id, { id, dir, name: name ?? basename(dir) })
    for (const [id, dir] of this.#opened) if (!places.has(id)) places.set(id, { id, dir, name: basename(dir) })
    return [...places.values()]
  }

  /** The lock of one that is opened or closed here at this moment is ours: that is no other process. */
  look({ dir }: Pick<Place, 'dir'>): FolderLook {
    const look = this.#found(dir)
    return look.pid === process.pid ? { ...look, state: 'stopped', pid: null } : look
  }

  /** One folder that cannot be looked at, whatever is wrong with it, takes none of the others out of sight. */
  #found(dir: string): FolderLook {
    try {
      return lookAtFolder(dir, this.#ports.lockHolder)
    } catch (error) {
      expectSystemError(error)
      ignore(error, 'told by its state')
      return { state: 'damaged', spec: undefined, pid: null }
    }
  }

  /** The one that is meant where none is named; when that is not known, none is. */
  isOwn(dir: string): boolean {
    const { labs, ownDir } = this.#ports
    try {
      return dir === realFolder(labs.home() ?? ownDir)
    } catch (error) {
      expectAppError(error)
      ignore(error, 'whoever starts Lagoon without naming a cluster is told')
      return false
    }
  }

  remember(dir: string, name: string): void {
    const { spec } = this.#found(dir)
    this.#ports.labs.remember(dir, spec?.nodes.map(({ port }) => port) ?? [], name)
  }
}
