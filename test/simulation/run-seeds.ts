/** One seed of a scenario and its story, or many and a last line: what `npm run simulate` says. Ends the process. */
import { parseArgs } from 'node:util'

export interface SeedResult {
  readonly options: { readonly seed: number }
  readonly violations: readonly string[]
}

type RunSeed = (seed: number, options: { readonly line?: (line: string) => void }) => Promise<SeedResult>

const usage = `npm run simulate -- --scenario cluster|ensemble --seed N [--trace]
npm run simulate -- --scenario cluster|ensemble --first-seed N --seeds K`

export async function runSeeds(run: RunSeed): Promise<never> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      trace: { type: 'boolean', default: false },
      'first-seed': { type: 'string', default: '1' },
      seeds: { type: 'string' },
      'until-found': { type: 'boolean', default: false }
    }
  })
  // Errors are ordinary in it, and where one came from is not: a violation's seed tells that with --trace.
  if (!values.trace) Error.stackTraceLimit = 0
  if (values.seeds === undefined) {
    const line = (text: string): void => console.log(text)
    const result = await run(wholeNumber(values.seed ?? '1', 'seed'), values.trace ? { line } : {})
    tell(result)
    process.exit(result.violations.length === 0 ? 0 : 1)
  }
  const [first, count] = [wholeNumber(values['first-seed'], 'first-seed'), wholeNumber(values.seeds, 'seeds')]
  process.exit(await many(run, first, count, values['until-found']))
}

async function many(run: RunSeed, first: number, count: number, endsWhenFound: boolean): Promise<number> {
  const beganMs = performance.now()
  let violations = 0
  for (let seed = first; seed < first + count; seed++) {
    const result = await run(seed, {})
    if (result.violations.length === 0) continue
    violations += 1
    console.log(`seed ${seed}: ${result.violations[0]?.split('\n')[0]}`)
    if (endsWhenFound) return 1
  }
  const perMinute = (count / (performance.now() - beganMs)) * 60_000
  console.log(`${count} seeds, ${violations} violations, ${Math.round(perMinute)} seeds/min`)
  return violations === 0 ? 0 : 1
}

function tell({ options, violations, ...figures }: SeedResult): void {
  console.log(`seed ${options.seed}: ${violations.length === 0 ? 'no violation' : violations[0]}`)
  console.log(JSON.stringify(figures))
}

function wholeNumber(text: string | undefined, name: string): number {
  if (text !== undefined && /^\d{1,10}$/.test(text)) return Number(text)
  console.error(`--${name} is a whole number from 0.\n${usage}`)
  process.exit(2)
}
