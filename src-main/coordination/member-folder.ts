/**
 * The data folder of a member: whose it is, and that only one process has it. Names in it: member.json, lock, log.*,
 * snapshot.*. A folder with other things in it and no member.json is somebody else's: it is not touched.
 */
import { AppError } from '../kernel/errors'
import type { Disk, FolderLock } from '../kernel/ports'

const identityName = 'member.json'
const lockName = 'lock'
const format = 'lagoon-ensemble'

interface Identity {
  readonly format: string
  readonly version: number
  readonly memberId: number
}

/** Makes a new folder ours or finds that it is; throws FOREIGN_FOLDER or LOCKED, and then has written nothing. */
export async function openMemberFolder(disk: Disk, directory: string, memberId: number): Promise<FolderLock> {
  disk.makeDirectory(directory)
  checkOwner(disk, directory, memberId)
  const lock = disk.lock(disk.join(directory, lockName))
  try {
    if (!checkOwner(disk, directory, memberId)) {
      const identity: Identity = { format, version: 1, memberId }
      const bytes = new TextEncoder().encode(`${JSON.stringify(identity)}\n`)
      await disk.replace(disk.join(directory, identityName), bytes)
    }
    return lock
  } catch (error) {
    lock.release()
    throw error
  }
}

/** False when the folder is new. */
function checkOwner(disk: Disk, directory: string, memberId: number): boolean {
  const path = disk.join(directory, identityName)
  if (!disk.exists(path)) {
    const other = disk.list(directory).find(({ name }) => !name.startsWith(lockName) && !name.startsWith(identityName))
    if (other === undefined) return false
    throw foreign(directory, `it holds ${other.name} and no ${identityName}`)
  }
  const identity = parseIdentity(disk.read(path))
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
