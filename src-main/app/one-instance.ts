/**
 * One app a profile: a second launch hands what it was started for to the first, and ends. Electron's lock is a file in the
 * profile; where it cannot be had because the profile cannot be written (a full disk), the launch goes on without it.
 */
import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { app } from 'electron'
import { z } from 'zod'
import { ignore } from '../kernel/errors'

/** Chromium's, a link to `host-pid` (process_singleton_posix.cc). */
const lockName = 'SingletonLock'

const launchSchema = z.object({ dir: z.string().min(1).max(4096).nullable(), isKnown: z.boolean() })
/** What a launch was for: a cluster's folder (null where that cannot be told), and whether there must be a cluster in it. */
export type Launch = z.infer<typeof launchSchema>

/** False: another one runs on this profile, and has been told. Before the app is ready. */
export function isOnlyInstance(launch: Launch, onLaunch: (launch: Launch) => void): boolean {
  if (!app.requestSingleInstanceLock(launch)) return !isProfileHeld()
  app.on('second-instance', (_event, _argv, _cwd, given) => {
    onLaunch(launchSchema.safeParse(given).data ?? { dir: null, isKnown: false })
  })
  return true
}

function isProfileHeld(): boolean {
  // There it is no file.
  if (process.platform === 'win32') return true
  try {
    const holder = readlinkSync(join(app.getPath('userData'), lockName))
    const at = holder.lastIndexOf('-')
    if (holder.slice(0, at) !== hostname()) return true
    process.kill(Number(holder.slice(at + 1)), 0)
    return true
  } catch (error) {
    ignore(
      error,
      'there is no such lock, or no such process: the profile cannot be locked, which is no reason not to start'
    )
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
