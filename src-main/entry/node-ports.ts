/** The ports of a broker's or a member's process: those of this machine, with the faults that it was told to have. */
import { faultyClock } from '../adapters/faulty-clock'
import { faultyDisk } from '../adapters/faulty-disk'
import { faultyNetwork } from '../adapters/faulty-network'
import { nodeChecksum } from '../adapters/node-checksum'
import { nodeClock } from '../adapters/node-clock'
import { nodeDisk, volume } from '../adapters/node-disk'
import { nodeNetwork } from '../adapters/node-network'
import { nodeRandom } from '../adapters/node-random'
import { watchedDisk } from '../adapters/watched-disk'
import type { FaultSwitch } from '../kernel/node-faults'
import { processLog, tellEvent } from './node-process'

export function nodePorts(
  dataDir: string,
  faults: FaultSwitch,
  { refusesWhoeverConnects }: { readonly refusesWhoeverConnects: boolean }
) {
  const room = (path: string) => {
    const known = volume(path)
    return known !== undefined && faults.now.isDiskFull ? { ...known, usableBytes: 0 } : known
  }
  return {
    clock: faultyClock(nodeClock, faults),
    random: nodeRandom,
    disk: watchedDisk(faultyDisk(nodeDisk, faults, nodeClock), {
      dir: dataDir,
      clock: nodeClock,
      usableBytes: () => room(dataDir)?.usableBytes,
      told: (problem) => tellEvent('disk', { isFull: problem !== undefined, problem: problem ?? null })
    }),
    network: faultyNetwork(nodeNetwork, { faults, clock: nodeClock, random: nodeRandom, refusesWhoeverConnects }),
    checksum: nodeChecksum,
    log: processLog,
    volume: room
  }
}
