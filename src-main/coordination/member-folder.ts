/**
 * The data folder of a member: whose it is, and that only one process has it. Names in it: member.json, lock, log.*,
 * snapshot.*. A folder with other things in it and no member.json is somebody else's: it is not touched.
 */
import { AppError, ignore } from '../kernel/errors'
import type { Disk, FolderLock, Log } from '../kernel/ports'
import { isRemnantOf } from '../kernel/remnant'

const identityName = 'member.json'
const lockName = 'lock'
const format = 'lagoon-ensemble'

interface Identity {
  readonly format: string
  readonly version: number
  readonly memberId: number
}

interface FolderPorts {
  readonly disk: Disk
  readonly log: Log
  /** Resolves when a start that found no room is to look again. */
  readonly whenFull: () => Promise<void>
}

/**
 * Makes a new folder ours or finds that it is; throws FOREIGN_FOLDER or LOCKED, and then has written nothing. On a full
 * disk it waits for room.
 */
export async function openMemberFolder(ports: FolderPorts, directory: string, memberId: number): Promise<FolderLock> {
  const { disk } = ports
  disk.makeDirectory(directory)
  checkOwner(ports, directory, memberId)
  const lock = disk.lock(disk.join(directory, lockName))
  try {
    if (!checkOwner(ports, directory, memberId)) await writeIdentity(ports, directory, memberId)
    return lock
  } catch (error) {
    lock.release()
    throw error
  }
}

async function writeIdentity({ disk, whenFull }: FolderPorts, directory: string, memberId: number): Promise<void> {
  for (;;) {
    try {
      await disk.replace(disk.join(directory, identityName), identityBytes(memberId))
      return
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'DISK_FULL') throw error
      ignore(error, 'tried again when there may be room')
      await whenFull()
    }
  }
}

function identityBytes(memberId: number): Uint8Array {
  const identity: Identity = { format, version: 1, memberId }
  return new TextEncoder().encode(`${JSON.stringify(identity)}\n`)
}

/** False when the folder is new, or ours without an identity that could be read: it is to be written. */
function checkOwner({ disk, log }: FolderPorts, directory: string, memberId: number): boolean {
  const path = disk.join(directory, identityName)
  if (!disk.exists(path)) {
    const other = disk.list(directory).find(({ name }) => !name.startsWith(lockName) && !name.startsWith(identityName))
    if (other === undefined) return false
    throw foreign(directory, `it holds ${other.name} and no ${identityName}`)
  }
  const bytes = disk.read(path)
  if (isRemnantOf(bytes, identityBytes(memberId))) {
    log('warn', `${identityName} was lost in a power cut and is written anew`, { path })
    return false
  }
  const identity = parseIdentity(bytes)
  if (identity?.format !== format) throw foreign(directory, `its ${identityName} is not an ensemble member's`)
  if (identity.version !== 1) throw foreign(directory, `a newer version (${identity.version}) wrote it`)
  if (identity.memberId !== memberId) throw foreign(directory, `it belongs to member ${identity.memberId}`)
  return true
}

function foreign(directory: string, why: string): AppError {
  return new AppError(
    'FOREIGN_FOLDER',
    `${directory} is not the folder of this ensemble member: ${why}. Choose another folder.`,
    {
      details: { directory }
    }
  )
}

function parseIdentity(bytes: Uint8Array): Identity | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return isIdentity(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function isIdentity(value: unknown): value is Identity {
  if (typeof value !== 'object' || value === null) return false
  const { format, version, memberId } = value as Record<string, unknown>
  return typeof format === 'string' && typeof version === 'number' && typeof memberId === 'number'
}
