/**
 * After a failed fdatasync the system may take for written what the disk never got, and no later one would tell (Linux marks the
 * pages clean). So what no sync has vouched for is written once more, into files that take the place of the old ones.
 */
import type { Offset } from '../kernel/ids'
import type { Clock, Disk } from '../kernel/ports'
import { offsetOfName } from './core/file-names'
import { giveWay } from './in-turns'

const chunkBytes = 262_144

/** All segments that may hold something at or above the recovery point. Rejects with DISK_FULL or DISK_FAILED, nothing lost. */
export async function rewriteUnsafe(
  { disk, clock }: { readonly disk: Disk; readonly clock: Clock },
  folder: string,
  recoveryPoint: Offset
): Promise<void> {
  const bases = disk
    .list(folder)
    .flatMap(({ name }) => offsetOfName(name, '.log') ?? [])
    .sort((a, b) => a - b)
  const first = bases.findLast((base) => base <= recoveryPoint) ?? -1
  for (const { name } of disk.list(folder)) {
    const base = offsetOfName(name, '.log')
    if (base !== undefined && base >= first) await rewrite({ disk, clock }, disk.join(folder, name))
  }
  await disk.syncDirectory(folder)
}

async function rewrite({ disk, clock }: { readonly disk: Disk; readonly clock: Clock }, path: string): Promise<void> {
  // The next opening removes what is left of it.
  const draft = `${path}.tmp`
  disk.remove(draft)
  const from = disk.open(path, 'read')
  try {
    const to = disk.open(draft, 'create')
    try {
      const chunk = new Uint8Array(chunkBytes)
      for (let position = 0; ;) {
        const filled = from.readAt(position, chunk)
        if (filled === 0) break
        to.append(chunk.subarray(0, filled))
        position += filled
        await giveWay(clock)
      }
      await to.sync()
    } finally {
      to.close()
    }
  } finally {
    from.close()
  }
  disk.rename(draft, path)
}
