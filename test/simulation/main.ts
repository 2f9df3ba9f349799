/** `npm run simulate`: see scripts/simulate.mjs. */
import { parseArgs } from 'node:util'
import { runCluster, type SimResult } from './cluster/run-cluster'

const usage = `npm run simulate -- --scenario cluster --seed N [--trace]
npm run simulate -- --scenario cluster --first-seed N --seeds K`

function wholeNumber(text: string | undefined, name: string): number {
  if (text !== undefined && /^\d{1,10}$/.test(text)) return Number(text)
  console.error(`--${name} is a whole number from 0.\n${usage}`)
  process.exit(2)
}

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', default: 'cluster' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    'first-seed': { type: 'string', default: '1' },
    seeds: { type: 'string' },
    'until-found': { type: 'boolean', default: false }
  }
})
if (values.scenario !== 'cluster') {
  console.error(`There is no scenario ${values.scenario}. There is: cluster.\n${usage}`)
  process.exit(2)
}

const tell = ({ options, violations, ...figures }: SimResult): void => {
  console.log(`seed ${options.seed}: ${violations.length === 0 ? 'no violation' : violations[0]}`)
  console.log(JSON.stringify(figures))
}

// Errors are ordinary in it, and where one came from is not: a violation's seed tells that with --trace.
if (!values.trace) Error.stackTraceLimit = 0

if (values.seeds === undefined) {
  const line = values.trace ? (text: string) => console.log(text) : undefined
  const result = await runCluster(
    wholeNumber(values.seed ?? '1', 'seed'),
    line === undefined ? {} : { line, stopsAtFirst: true }
  )
  tell(result)
  process.exit(result.violations.length === 0 ? 0 : 1)
}

const [first, count] = [wholeNumber(values['first-seed'], 'first-seed'), wholeNumber(values.seeds, 'seeds')]
const beganMs = performance.now()
let violations = 0
for (let seed = first; seed < first + count; seed++) {
  const result = await runCluster(seed)
  if (result.violations.length === 0) continue
  violations += 1
  console.log(`seed ${seed}: ${result.violations[0]?.split('\n')[0]}`)
  if (values['until-found']) process.exit(1)
}
const perMinute = (count / (performance.now() - beganMs)) * 60_000
console.log(`${count} seeds, ${violations} violations, ${Math.round(perMinute)} seeds/min`)
process.exit(violations === 0 ? 0 : 1)
