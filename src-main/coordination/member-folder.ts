/**
 * The data folder of a member: whose it is, and that only one process has it. Names in it: member.json, lock, hard-state, log.*,
 * snapshot.*. A folder with other things in it and no member.json is somebody else's: it is not touched.
 *
 * Version 1 knew no hard state, and does not read the log of version 2: it refuses a folder whose member.json says 2. Nor does
 * version 2 read that of version 3, in which the log says who asks.
 */
import { AppError, ignore } from '../kernel/errors'
import type { Disk, FolderLock, Log } from '../kernel/ports'
import { isRemnantOf } from '../kernel/remnant'
import { said } from '../kernel/said'

const identityName = 'member.json'
const lockName = 'lock'
const format = 'lagoon-ensemble'
const version = 3
const versionWithoutIdentities = 2
const versionWithoutHardState = 1

interface Identity {
  readonly format: string
  readonly version: number
  readonly memberId: number
  /** Of a member of several. */
  readonly ensembleId?: string
}

/** Whose folder it is to be. */
export interface Owner {
  readonly memberId: number
  /** Absent: of a member that has no others. */
  readonly ensembleId?: string
}

interface FolderPorts {
  readonly disk: Disk
  readonly log: Log
  /** Resolves when a start that found no room is to look again. */
  readonly whenFull: () => Promise<void>
}

export interface MemberFolder {
  readonly lock: FolderLock
  /** An earlier version wrote it, or it is not known which: there may be entries and no hard state. */
  readonly isFirstVersion: boolean
}

/**
 * Makes a new folder ours or finds that it is; throws FOREIGN_FOLDER or LOCKED, and then has written nothing. On a full
 * disk it waits for room.
 */
export async function openMemberFolder(ports: FolderPorts, directory: string, owner: Owner): Promise<MemberFolder> {
  const { disk } = ports
  disk.makeDirectory(directory)
  checkOwner(ports, directory, owner)
  const lock = disk.lock(disk.join(directory, lockName))
  try {
    const found = checkOwner(ports, directory, owner)
    if (found === 'new') await writeIdentity(ports, directory, owner, version)
    if (found === versionWithoutIdentities) await writeIdentity(ports, directory, owner, version)
    if (found === 'remnant') await writeIdentity(ports, directory, owner, versionWithoutHardState)
    return { lock, isFirstVersion: found === 'remnant' || found === versionWithoutHardState }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** From now on an earlier version refuses it. On a full disk it waits for room. */
export function folderHasHardState(ports: FolderPorts, directory: string, owner: Owner): Promise<void> {
  return writeIdentity(ports, directory, owner, version)
}

async function writeIdentity(ports: FolderPorts, directory: string, owner: Owner, as: number): Promise<void> {
  const { disk, whenFull } = ports
  await whenRoom(() => disk.replace(disk.join(directory, identityName), identityBytes(owner, as)), whenFull)
}

/** Again and again while the disk is full. */
export async function whenRoom(write: () => Promise<void>, whenFull: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await write()
      return
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'DISK_FULL') throw error
      ignore(error, 'tried again when there may be room')
      await whenFull()
    }
  }
}

function identityBytes(owner: Owner, as: number): Uint8Array {
  const identity: Identity = { format, version: as, ...owner }
  return new TextEncoder().encode(`${JSON.stringify(identity)}\n`)
}

/** The version that wrote it; `remnant`: ours, without an identity that could be read. */
function checkOwner({ disk, log }: FolderPorts, directory: string, owner: Owner): number | 'new' | 'remnant' {
  const path = disk.join(directory, identityName)
  if (!disk.exists(path)) {
    const other = disk.list(directory).find(({ name }) => !name.startsWith(lockName) && !name.startsWith(identityName))
    if (other === undefined) return 'new'
    throw foreign(directory, said`it holds ${other.name} and no ${identityName}`)
  }
  const bytes = disk.read(path)
  if (
    [version, versionWithoutIdentities, versionWithoutHardState].some((one) =>
      isRemnantOf(bytes, identityBytes(owner, one))
    )
  ) {
    log('warn', `${identityName} was lost in a power cut and is written anew`, { path })
    return 'remnant'
  }
  const identity = parseIdentity(bytes)
  if (identity?.format !== format) throw foreign(directory, said`its ${identityName} is not an ensemble member's`)
  if (identity.version > version) throw foreign(directory, said`a newer version (${identity.version}) wrote it`)
  if (identity.memberId !== owner.memberId) throw foreign(directory, said`it belongs to member ${identity.memberId}`)
  if (identity.ensembleId !== owner.ensembleId)
    throw foreign(directory, said`it belongs to a member of another ensemble`)
  return identity.version
}

function foreign(directory: string, why: string): AppError {
  return new AppError(
    'FOREIGN_FOLDER',
    said`${directory} is not the folder of this ensemble member: ${why}. Choose another folder.`,
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
  const { format, version, memberId, ensembleId } = value as Record<string, unknown>
  if (ensembleId !== undefined && typeof ensembleId !== 'string') return false
  return typeof format === 'string' && typeof version === 'number' && typeof memberId === 'number'
}
