/**
 * This broker's ephemeral znode (Kafka's KafkaZkClient.registerBroker). When the znode of an earlier process is still there, it is taken away
 * if its session is one that this very folder recorded: we hold the folder's lock, so that process is dead
 * (KAFKA-1387, KAFKA-7165). A znode of anybody else is waited for until its session ends.
 */
import { brokerEpochOf, type BrokerEpoch, type SessionId } from '../kernel/ids'
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
export async function register(ports: RegistrationPorts, broker: BrokerRegistration): Promise<BrokerEpoch> {
  const { ensemble } = ports
  const previous = previousSession(ports)
  const path = paths.broker(broker.id)
  // One watcher for as long as it takes: each that is armed anew would stay with the others until the znode goes.
  const wake: WakeUp = { told: () => undefined, watcher: () => wake.told() }
  for (;;) {
    try {
      const { stat } = await ensemble.create(path, brokerData(broker), { ephemeral: true })
      await recordSession(ports)
      return brokerEpochOf(stat.czxid)
    } catch (error) {
      if (!(error instanceof EnsembleError) || error.code !== 'NODEEXISTS') throw error
      ignore(error, 'looked at next')
    }
    const holder = await ensemble.exists(path)
    if (holder === undefined) continue
    if (holder.ephemeralOwner === ensemble.sessionId) return brokerEpochOf(holder.czxid)
    if (holder.ephemeralOwner === previous) await takeAway(ports, path, previous)
    else await untilGone(ports, path, wake)
  }
}

/** Only saves the next process a wait: a full disk is no reason not to serve. */
async function recordSession({ ensemble, disk, dir, log }: RegistrationPorts): Promise<void> {
  const path = disk.join(dir, sessionFile)
  try {
    await disk.replace(path, dataOf(`${ensemble.sessionId}\n`))
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'DISK_FULL') throw error
    log('warn', 'the session could not be recorded', { path, reason: error.message })
  }
}

function previousSession({ disk, dir, log }: RegistrationPorts): SessionId | undefined {
  const path = disk.join(dir, sessionFile)
  if (!disk.exists(path)) return undefined
  // With its end: half a number is another session's.
  const text = textOf(disk.read(path))
  if (/^-?\d{1,20}\n$/.test(text)) return BigInt(text.trim())
  log('warn', 'the recorded session cannot be read and is ignored', { path })
  return undefined
}

async function takeAway({ ensemble, log }: RegistrationPorts, path: string, previous: SessionId): Promise<void> {
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

interface WakeUp {
  told: () => void
  readonly watcher: () => void
}

async function untilGone(ports: RegistrationPorts, path: string, wake: WakeUp): Promise<void> {
  const { ensemble, clock, log, waiting } = ports
  log('info', 'waiting for the session of an earlier process to end', { path })
  waiting()
  await new Promise<void>((resolve) => {
    const timer = clock.after(recheckMs, resolve)
    wake.told = () => {
      timer.cancel()
      resolve()
    }
    ensemble.exists(path, wake.watcher).then(
      (stat) => {
        if (stat === undefined) wake.told()
      },
      (error: unknown) => {
        ignore(error, 'the next create says the same')
        wake.told()
      }
    )
  })
}
