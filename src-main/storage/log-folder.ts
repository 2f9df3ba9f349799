/**
 * The folder of one log: which files are in it, and when their names are safe from a power cut. What an interrupted stop has
 * left behind is tidied away before anything is looked at.
 */
import type { Offset } from '../kernel/ids'
import { deletedSuffix, offsetName, offsetOfName, segmentSuffixes, snapshotSuffix } from './core/file-names'
import type { LogContext } from './log-context'

interface FilesOfLog {
  readonly segments: readonly { readonly baseOffset: Offset; readonly sizeBytes: number }[]
  /** Offsets of the .snapshot files. */
  readonly snapshots: readonly Offset[]
}

export const noFiles: FilesOfLog = { segments: [], snapshots: [] }

export class LogFolder {
  readonly #context: LogContext
  /** Files came or went since the folder itself was last synced: a power cut could forget their names. */
  #isDirty = true

  constructor(context: LogContext) {
    this.#context = context
  }

  #path(offset: Offset, suffix: string): string {
    return this.#context.ports.disk.join(this.#context.folder, offsetName(offset) + suffix)
  }

  /** What is there, ascending. */
  files(): FilesOfLog {
    const { disk } = this.#context.ports
    const names = disk.list(this.#context.folder).map(({ name }) => name)
    for (const name of names.filter(isLeftOver)) disk.remove(disk.join(this.#context.folder, name))
    const bases = offsetsOf(names, '.log')
    this.#removeOrphans(names, new Set(bases))
    return {
      segments: bases.map((baseOffset) => ({
        baseOffset,
        sizeBytes: disk.sizeOf(this.#path(baseOffset, '.log')) ?? 0
      })),
      snapshots: offsetsOf(names, snapshotSuffix)
    }
  }

  /** An index whose log is gone. */
  #removeOrphans(names: readonly string[], bases: ReadonlySet<Offset>): void {
    for (const suffix of segmentSuffixes)
      for (const base of offsetsOf(names, suffix))
        if (!bases.has(base)) this.#context.ports.disk.remove(this.#path(base, suffix))
  }

  /** A file came into it or left it. */
  changed(): void {
    this.#isDirty = true
  }

  /** Makes the names in it safe, and partition.metadata with them. Rejects with DISK_FAILED. */
  async sync(): Promise<void> {
    if (!this.#isDirty) return
    this.#isDirty = false
    const { identityPath, folder, ports } = this.#context
    if (identityPath !== undefined && ports.disk.exists(identityPath)) {
      const identity = ports.disk.open(identityPath, 'append')
      try {
        await identity.sync()
      } finally {
        identity.close()
      }
    }
    await ports.disk.syncDirectory(folder)
  }
}

function offsetsOf(names: readonly string[], suffix: string): readonly Offset[] {
  return names
    .map((name) => offsetOfName(name, suffix))
    .filter((offset) => offset !== undefined)
    .sort((a, b) => a - b)
}

/** Deletions and replacements that a stop has interrupted. */
function isLeftOver(name: string): boolean {
  return name.endsWith(deletedSuffix) || name.endsWith('.cleaned') || name.endsWith('.tmp')
}
