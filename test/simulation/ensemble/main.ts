/** `npm run simulate -- --scenario ensemble`: see scripts/simulate.mjs. */
import { runSeeds } from '../run-seeds'
import { runEnsemble } from './run-ensemble'

await runSeeds(runEnsemble)
