/**
 * This broker's ephemeral znode (kafka.md 6.1). When the znode of an earlier process is still there, it is taken away
 * if its session is one that this very folder recorded: we hold the folder's lock, so that process is dead
 * (KAFKA-1387, KAFKA-7165). A znode of anybody else is waited for until its session ends.
 */
import { AppError, ignore } from '../kernel/errors'
import type { Clock, Disk, Log } from '../kernel/ports'
import { EnsembleError, type EnsembleClient } from '../coordination/ensemble-client'
import { brokerData, paths, textOf, dataOf, type BrokerRegistration } from './core/znodes'

const sessionFile = 'ensemble-session'
/** How long a vanished watch may go unnoticed. */
const recheckMs = 1000

export interface RegistrationPorts {
  readonly ensemble: EnsembleClient
  readonly disk: Disk
  readonly clock: Clock
  readonly log: Log
  readonly dir: string
  readonly waiting: () => void
}

/** The czxid of the registration: the broker epoch. Rejects with EnsembleError when the session ends meanwhile. */
export async function register(ports: RegistrationPorts, broker: BrokerRegistration): Promise<bigint> {
  const { ensemble } = ports
  const previous = previousSession(ports)
  const path = paths.broker(broker.id)
  for (;;) {
    try {
      const { stat } = await ensemble.create(path, brokerData(broker), { ephemeral: true })
      recordSession(ports)
      return stat.czxid
    } catch (error) {
      if (!(error instanceof EnsembleError) || error.code !== 'NODEEXISTS') throw error
      ignore(error, 'looked at next')
    }
    const holder = await ensemble.exists(path)
    if (holder === undefined) continue
    if (holder.ephemeralOwner === ensemble.sessionId) return holder.czxid
    if (holder.ephemeralOwner === previous) await takeAway(ports, path, previous)
    else await untilGone(ports, path)
  }
}

/** Only saves the next process a wait: a full disk is no reason not to serve. */
function recordSession({ ensemble, disk, dir, log }: RegistrationPorts): void {
  const path = disk.join(dir, sessionFile)
  try {
    disk.replaceUnsynced(path, dataOf(`${ensemble.sessionId}\n`))
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'DISK_FULL') throw error
    log('warn', 'the session could not be recorded', { path, reason: error.message })
  }
}

function previousSession({ disk, dir, log }: RegistrationPorts): bigint | undefined {
  const path = disk.join(dir, sessionFile)
  if (!disk.exists(path)) return undefined
  const text = textOf(disk.read(path)).trim()
  if (/^-?\d{1,20}$/.test(text)) return BigInt(text)
  log('warn', 'the recorded session cannot be read and is ignored', { path })
  return undefined
}

async function takeAway({ ensemble, log }: RegistrationPorts, path: string, previous: bigint): Promise<void> {
  log('info', 'taking away the registration of our own dead process', { path })
  for (const owned of [path, paths.controller]) {
    const stat = await ensemble.exists(owned)
    if (stat?.ephemeralOwner !== previous) continue
    try {
      await ensemble.delete(owned)
    } catch (error) {
      if (!(error instanceof EnsembleError) || error.code !== 'NONODE') throw error
      ignore(error, 'its session ended in between')
    }
  }
}

async function untilGone({ ensemble, clock, log, waiting }: RegistrationPorts, path: string): Promise<void> {
  log('info', 'waiting for the session of an earlier process to end', { path })
  waiting()
  let isGone = false
  const watched = new Promise<void>((resolve) => {
    ensemble
      .exists(path, () => resolve())
      .then(
        (stat) => {
          if (stat === undefined) resolve()
        },
        (error: unknown) => {
          ignore(error, 'the next create says the same')
          resolve()
        }
      )
    clock.after(recheckMs, () => {
      if (!isGone) resolve()
    })
  })
  await watched
  isGone = true
}
