/**
 * The cluster that is meant where none is named: --data, else $LAGOON_DATA, else the user's own, which is made in
 * ~/Lagoon/local-lab and found wherever it has been moved to. The same for the app and the command line.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { homePath, labRegistry } from '../adapters/lab-registry'
import { realFolder } from '../host/control-path'
import { AppError } from '../kernel/errors'
import type { OwnCluster } from '../kernel/ports'
import { said } from '../kernel/said'
import type { AskedCluster } from '../supervisor/supervisor'

export interface MeantCluster {
  /** One folder has one name, its real one. */
  readonly dir: string
  /** Of one that has been moved there must be something: nothing is made anew where it was. */
  readonly asked: AskedCluster
}

export const ownDir = join(homedir(), 'Lagoon', 'local-lab')

/** Throws AppError when it was moved, and where to cannot be read. */
export function meantCluster(
  given: string | undefined,
  own: Pick<OwnCluster, 'home'> = labRegistry,
  named = process.env['LAGOON_DATA']
): MeantCluster {
  const dir = [given, named].find((one) => one !== undefined && one !== '')
  if (dir !== undefined) return { dir: realFolder(dir), asked: {} }
  const home = own.home()
  return { dir: realFolder(home ?? ownDir), asked: home === undefined ? {} : { isKnown: true } }
}

/** Nobody is left in front of a start that can only fail. */
export function withWayOut(error: unknown, { asked }: MeantCluster): unknown {
  if (asked.isKnown !== true || !(error instanceof AppError) || error.code !== 'NOT_FOUND') return error
  const message = said`${error.message} It is your own cluster, which was moved there. Bring that disk or folder back, name another cluster with --data, or remove ${homePath()} to begin anew in ${ownDir}.`
  return new AppError('NOT_FOUND', message, { cause: error })
}
