/**
 * Brokers that cannot use some of their logs (KIP-112): each has written a numbered znode. It is asked for all that it holds, and
 * what it refuses then is led by others, as with every refusal.
 */
import type { BrokerId } from '../../kernel/ids'
import { EnsembleError, isPassing } from '../../coordination/ensemble-client'
import { parseLogDirEvent, paths } from '../core/znodes'
import { deleteIfThere, inParts } from './controller-writes'
import type { ControllerTerm } from './controller-term'

/** `changed` is called when one more is written. Of a new term nobody need be asked: everybody is told all. */
export async function readLogFailures(term: ControllerTerm, changed: () => void): Promise<void> {
  const { ports, state, broadcast } = term
  const { ensemble } = ports
  const listed = await ensemble.getChildren(paths.logDirEvents, changed)
  const names = listed?.children ?? []
  if (names.length === 0) return
  const said = await inParts(names, async (name) => {
    const znode = await ensemble.getData(paths.logDirEvent(name))
    return znode === undefined ? undefined : parseLogDirEvent(znode.data)
  })
  await inParts(names, (name) => forgotten(term, name))
  if (!term.isRead) return
  const brokers = new Set<BrokerId>(said.filter((id) => id !== undefined))
  for (const id of brokers) {
    const held = [...state.partitions()].filter(({ replicas }) => replicas.includes(id))
    ports.log('info', 'a broker has logs that failed', { broker: id, asked: held.length })
    broadcast.askAgain(id, held)
  }
}

/** One that cannot be taken away, where the ensemble's disk is full, is no reason to lead nobody: it is looked at again with the next. */
async function forgotten({ ports }: ControllerTerm, name: string): Promise<void> {
  try {
    await deleteIfThere(ports.ensemble, paths.logDirEvent(name))
  } catch (error) {
    if (!(error instanceof EnsembleError) || isPassing(error)) throw error
    ports.log('warn', 'what a broker said of its logs could not be taken away', { name, reason: error.message })
  }
}
