// The simulator: production modules in one thread (docs/adr/0037). Bundled first, which makes it several times as fast.
//   npm run simulate -- --scenario cluster|ensemble (--seed N --trace | --first-seed N --seeds K)
//   npm run simulate -- --mutant NAME --seed N --trace      the same with one planted error
//   npm run simulate -- --mutants [--find K] [--mutant NAME | --scenario NAME]   each planted error by its recorded seed, or by
//                                                           the first of K
//   npm run simulate -- --mutants --record                  the same, and each that its seed no longer finds gets one that does
//   npm run test:simulation [-- --seeds K]                  planted errors and K new seeds of both, as a test: N passed, N failed;
//                                                           a run of thousands that was ended goes on where it was
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import { ensembleMutants } from '../test/simulation/ensemble/mutants.mjs'
import { mutants as clusterMutants } from '../test/simulation/mutants.mjs'
import { seedLots } from './seed-lots.mjs'

const root = resolve(import.meta.dirname, '..')
const outDir = join(root, 'out', 'simulate')
const workers = 2
/** From so many on a run is cut into lots, and tells how far it is. */
const longRunSeeds = 2_000
const scenarios = ['cluster', 'ensemble']
/** Of the ensemble seeds are shorter, and errors rarer. */
const seedsForAnError = { cluster: 600, ensemble: 2_000 }
/** Where the planted errors of each are listed. */
const listOf = { cluster: 'test/simulation/mutants.mjs', ensemble: 'test/simulation/ensemble/mutants.mjs' }
const mutants = [
  ...clusterMutants.map((mutant) => ({ scenario: 'cluster', ...mutant })),
  ...ensembleMutants.map((mutant) => ({ scenario: 'ensemble', ...mutant }))
]

/** The bundle of a scenario with that error in it, or with none. */
async function bundle(scenario, mutant) {
  const file = mutant === undefined ? undefined : join(root, mutant.file)
  const name = mutant?.name ?? scenario
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'planted-error',
        enforce: 'pre',
        load(id) {
          if (file === undefined || id !== file) return null
          const source = readFileSync(file, 'utf8')
          if (source.split(mutant.from).length !== 2)
            throw new Error(`${mutant.name}: its place is not there, or not once, in ${mutant.file}`)
          return source.replace(mutant.from, () => mutant.to)
        }
      }
    ],
    build: {
      ssr: `test/simulation/${scenario}/main.ts`,
      outDir: join(outDir, name),
      emptyOutDir: true,
      target: 'node20',
      minify: false,
      rollupOptions: { output: { entryFileNames: 'main.mjs' } }
    }
  })
  return join(outDir, name, 'main.mjs')
}

/**
 * Nearly all that a seed makes is gone when it ends: with room for several seeds less is copied, and on one core threads that help
 * the collector only cost what they are.
 */
const nodeFlags = ['--min-semi-space-size=64', '--max-semi-space-size=64', '--single-threaded-gc']

const run = (file, args, stdio = 'inherit') =>
  spawnSync(process.execPath, [...nodeFlags, file, ...args], { stdio, encoding: 'utf8', maxBuffer: 1 << 28 })

/** The value after an option, which is taken out of the arguments. */
function taken(args, option) {
  const at = args.indexOf(option)
  return at < 0 ? undefined : args.splice(at, 2)[1]
}

/** What it said, and how it ended. */
const ran = (file, args) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [...nodeFlags, file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text) => (said += text))
    child.on('close', (status) => resolve({ status, said }))
  })

/** Everything, on both cores; in the order of the list. */
async function allOf(jobs) {
  const results = []
  const left = [...jobs.entries()]
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) results[next[0]] = await next[1]()
  }
  await Promise.all(Array.from({ length: workers }, work))
  return results
}

const recorded = () => mutants.filter(({ seed }) => seed !== null)

/** So many seeds in one process: what they found wrong, in lines. */
async function failuresOf(scenario, file, first, seeds) {
  const { status, said } = await ran(file, ['--first-seed', String(first), '--seeds', String(seeds)])
  const bad = said.split('\n').filter((line) => line.startsWith('seed '))
  if (status !== 0 && bad.length === 0)
    bad.push(`the simulator ended with ${status} in seeds ${first} to ${first + seeds - 1}`)
  return bad.map((line) => `${scenario}, ${line}`)
}

/** New seeds of a scenario, half of them on each core (a process is fast only after its first seeds). */
async function newSeeds(scenario, first, count) {
  const file = await bundle(scenario)
  if (count >= longRunSeeds) return manySeeds(scenario, file, first, count)
  const seedsAtOnce = Math.ceil(count / workers)
  return Array.from({ length: Math.ceil(count / seedsAtOnce) }, (_, i) => async () => {
    const [from, seeds] = [first + i * seedsAtOnce, Math.min(seedsAtOnce, count - i * seedsAtOnce)]
    const failures = await failuresOf(scenario, file, from, seeds)
    return { passed: seeds - failures.length, failures }
  })
}

/** The same in lots, less those that a run before has done. */
function manySeeds(scenario, file, first, count) {
  const { lots, done } = seedLots(join(outDir, 'done'), scenario, file, first, count)
  let [seedsDone, wrong] = [0, 0]
  const counted = ({ seeds, failures }) => {
    seedsDone += seeds
    wrong += failures.length
    return { passed: seeds - failures.length, failures }
  }
  const kept = lots.filter(({ failures }) => failures !== undefined).map(counted)
  const tell = (more = '') => console.log(`${scenario}: ${seedsDone} of ${count} seeds, ${wrong} violations${more}`)
  if (kept.length > 0) tell(', as the run before had found')
  const left = lots.filter(({ failures }) => failures === undefined)
  return [
    ...kept.map((result) => () => Promise.resolve(result)),
    ...left.map((lot) => async () => {
      const found = { ...lot, failures: await failuresOf(scenario, file, lot.first, lot.seeds) }
      done(found)
      for (const failure of found.failures) console.log(failure)
      const result = counted(found)
      tell()
      return result
    })
  ]
}

/**
 * The seed that finds a planted error: the recorded one, or another of the first, since any change of the source makes other
 * runs of all seeds. Undefined: none of them.
 */
async function seedThatFinds(mutant, first = seedsForAnError[mutant.scenario]) {
  const bundled = await bundle(mutant.scenario, mutant)
  if ((await ran(bundled, ['--seed', String(mutant.seed)])).status === 1) return mutant.seed
  const { status, said } = await ran(bundled, ['--seeds', String(first), '--until-found'])
  return status === 1 ? Number(/^seed (\d+): /m.exec(said)?.[1]) : undefined
}

/** Looking for another seed costs a hundred times what the recorded one does: it is said, and --record puts that right. */
async function plantedError(mutant) {
  const { scenario, name, seed } = mutant
  const found = await seedThatFinds(mutant)
  if (found === undefined)
    return {
      passed: 0,
      failures: [`${name} is found neither by seed ${seed} nor by the first ${seedsForAnError[scenario]}`]
    }
  if (found !== seed)
    console.log(`${name} is found by seed ${found}, no longer by ${seed}: npm run simulate -- --mutants --record`)
  return { passed: 1, failures: [] }
}

function rewrite(file, pattern, replacement) {
  const source = readFileSync(join(root, file), 'utf8')
  if (!pattern.test(source)) throw new Error(`${file} has nothing like ${pattern}`)
  writeFileSync(join(root, file), source.replace(pattern, replacement))
}

/** Writes down the seeds that find what the recorded ones no longer do, in the lists and in the table of the document. */
async function recordMutants(isTried) {
  const results = await allOf(
    recorded()
      .filter(isTried)
      .map((mutant) => async () => [mutant, await seedThatFinds(mutant)])
  )
  const lost = results.filter(([, found]) => found === undefined)
  for (const [{ name }] of lost) console.log(`MISSED ${name}`)
  for (const [{ scenario, name, seed }, found] of results) {
    if (found === undefined || found === seed) continue
    rewrite(listOf[scenario], new RegExp(`(name: '${name}'.*?seed: )${seed}\\b`, 's'), `$1${found}`)
    rewrite(
      'docs/reliability.md',
      new RegExp(`^(\\| ${name} .*\\| )${seed} *\\|$`, 'm'),
      `$1${String(found).padEnd(4)} |`
    )
    console.log(`${name}: ${found} instead of ${seed}`)
  }
  return lost.length === 0 ? 0 : 1
}

/** New seeds of both scenarios, then planted errors of both. */
async function test(count) {
  // In simulated time nothing is late: what runs beside it has its timeouts.
  setPriority(constants.priority.PRIORITY_LOW)
  // Others each day, and the same again for whoever looks into what a day's have found.
  const first = Math.floor(Date.now() / 60_000)
  const seeds = await Promise.all(scenarios.map((scenario) => newSeeds(scenario, first, count)))
  const results = await allOf([...seeds.flat(), ...recorded().map((mutant) => () => plantedError(mutant))])
  const failures = results.flatMap((one) => one.failures)
  if (failures.length > 0) console.log(`What failed:\n${failures.map((one) => `  ✗ ${one}`).join('\n')}`)
  console.log(`${results.reduce((sum, { passed }) => sum + passed, 0)} passed, ${failures.length} failed`)
  return failures.length === 0 ? 0 : 1
}

/** Each by its recorded seed; with `find` each by the first of so many seeds that finds it; those of `isTried` alone. */
async function replayMutants(find, isTried) {
  const tried = (find === undefined ? recorded() : mutants).filter(isTried)
  const found = await allOf(
    tried.map((mutant) => async () => {
      const file = await bundle(mutant.scenario, mutant)
      const args = find === undefined ? ['--seed', String(mutant.seed)] : ['--seeds', find, '--until-found']
      const { status, said } = await ran(file, args)
      const isFound = status === 1
      const story = said.split('\n').find((line) => line.startsWith('seed ')) ?? ''
      console.log(
        `${isFound ? 'found ' : 'MISSED'} ${mutant.name}: ${isFound ? story : said.trim().split('\n').at(-1)}`
      )
      return isFound
    })
  )
  const missed = found.filter((isFound) => !isFound).length
  console.log(`${tried.length - missed} of ${tried.length} planted errors found`)
  return missed === 0 ? 0 : 1
}

const args = process.argv.slice(2)
if (args.includes('--test')) process.exit(await test(Number(taken(args, '--seeds') ?? 300)))
const name = taken(args, '--mutant')
const mutant = mutants.find((one) => one.name === name)
if (name !== undefined && mutant === undefined) {
  console.error(`There is no planted error ${name}. There are: ${mutants.map((one) => one.name).join(', ')}`)
  process.exit(2)
}
const asked = taken(args, '--scenario')
if (asked !== undefined && !scenarios.includes(asked)) {
  console.error(`There is no scenario ${asked}. There are: ${scenarios.join(', ')}`)
  process.exit(2)
}
const isTried = (one) => (name === undefined || one.name === name) && (asked === undefined || one.scenario === asked)
if (args.includes('--record')) process.exit(await recordMutants(isTried))
if (args.includes('--mutants')) process.exit(await replayMutants(taken(args, '--find'), isTried))
process.exit(run(await bundle(mutant?.scenario ?? asked ?? 'cluster', mutant), args).status ?? 1)
