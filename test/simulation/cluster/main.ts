/** `npm run simulate -- --scenario cluster`: see scripts/simulate.mjs. */
import { runSeeds } from '../run-seeds'
import { runCluster } from './run-cluster'

await runSeeds((seed, options) => runCluster(seed, { stopsAtFirst: true, ...options }))
