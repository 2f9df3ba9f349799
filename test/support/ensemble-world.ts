/** What tests of the control plane run on: simulated time, network and chance, and logs that nobody reads. */
import type { Log } from '../../src-main/kernel/ports'

export { nodeChecksum } from '../../src-main/adapters/node-checksum'
export { SimClock } from '../simulation/world/sim-clock'
export { SimNetwork } from '../simulation/world/sim-network'
export { SimRandom } from '../simulation/world/sim-random'

export const silent: Log = () => undefined
