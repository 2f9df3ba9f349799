// npm test: sets up what the tests need, then runs every suite and closes with `N passed, N failed`.
//   --kafka          only the suite against Apache Kafka's own classes (Java, Maven Central)
//   --ensemble       only the suites beside ZooKeeper's own: kazoo's tests, random programs against Debian's ZooKeeper (Java)
//   --nodes          only a smoke of the built bundles on other releases of Node, and on Electron's
//   --install        builds the package, installs it on this machine, uses it and removes it (root, or a sudo that asks nothing)
//   --only a,b       only these steps (lint, format, types, unit, interop, cost, crash, e2e)
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { build } from './build.mjs'
import { ensureElectron } from './ensure-electron.mjs'
import { ensureSystem } from './ensure-system.mjs'

const root = resolve(import.meta.dirname, '..')
const results = join(root, 'out', 'test-results')
const bin = (name) => join(root, 'node_modules', '.bin', name)
const together = ['lint', 'format', 'types']
/** Browsers that look at screens at the same time. */
const screensAtOnce = 2
/** Nodes that are tried at the same time: their tests wait more than they work. */
const nodesAtOnce = 2
/** Lines of a failure's message that are shown again at the end. */
const messageLines = 12
let passed = 0
let failed = 0
/** What failed, by name, with the first lines of why. Shown at the end, where nobody has to look for it. */
const failures = []

function fail(name, message = '') {
  failed += 1
  failures.push({ name, message: withoutColours(message).split('\n').slice(0, messageLines).join('\n    ') })
}

function withoutColours(text) {
  return text.replace(/\u001b\[[0-9;]*m/g, '')
}

function run(command, args, env = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1
}

/** What was begun beside others: it ends when this ends. */
const running = new Set()
function endAll(signal) {
  for (const child of running) child.kill(signal)
}
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143]
])
  process.on(signal, () => {
    endAll(signal)
    process.exit(code)
  })

/** The same beside others, or after them where it makes room: resolves with how it ended and, where it is not shown at once, with what it said. */
function runBeside(command, args, { env = {}, isShown = false, makesRoom = false } = {}) {
  return new Promise((resolve) => {
    const stdio = isShown ? 'inherit' : ['ignore', 'pipe', 'pipe']
    const child = spawn(command, args, { cwd: root, stdio, env: { ...process.env, ...env } })
    running.add(child)
    if (makesRoom && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL)
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += chunk))
    child.on('error', (error) => (said += error.message))
    child.on('close', (code) => {
      running.delete(child)
      resolve({ code: code ?? 1, said })
    })
  })
}

/** Steps that are one test each: one passes when its command does. They run side by side; what each says is shown whole. */
function checks(names) {
  const of = {
    lint: [bin('eslint'), '.', '--max-warnings', '0', '--cache', '--cache-location', 'node_modules/.cache/eslint/'],
    format: [bin('prettier'), '--check', '--log-level', 'warn', '.'],
    types: [bin('vue-tsc'), '-b']
  }
  return Promise.all(
    names.map(async (name) => {
      const [command, ...args] = of[name]
      const { code, said } = await runBeside(command, args)
      console.log(`\n── ${name}${said === '' ? '' : `\n${said}`}`)
      if (code === 0) passed += 1
      else fail(name, said)
    })
  )
}

/** Counts of a JSON report; a run that left none, or ended badly for a reason that is in none of its tests, has failed as a whole. */
function count(name, report, status, resultsOf) {
  if (!existsSync(report)) return fail(`${name}: left no report`)
  const found = resultsOf(JSON.parse(readFileSync(report, 'utf8')))
  passed += found.passed
  for (const failure of found.failures) fail(failure.name, failure.message)
  if (found.failures.length > 0) return
  if (status !== 0) fail(`${name}: ended with ${status}`)
  if (found.passed === 0) fail(`${name}: ran no test`)
}

/** The tests of Playwright's report, however deep in describes. */
function specsOf(suite) {
  return [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specsOf)]
}

/** The oldest release that we run on, and one of each later line that is maintained; from the registry, kept in out/. */
const nodeReleases = ['20.19.3', '22.22.3', '24.19.0', '26.12.1']

function nodes() {
  const platform = `node-${process.platform}-${process.arch}`
  const releases = nodeReleases.map((release) => {
    const dir = join(root, 'out', 'nodes', release)
    const path = join(dir, 'node_modules', platform, 'bin', 'node')
    mkdirSync(dir, { recursive: true })
    const install = ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', dir, `${platform}@${release}`]
    if (!existsSync(path) && run('npm', install) !== 0)
      throw new Error(`Node ${release} could not be had: npm ${install.join(' ')}`)
    return [`Node ${release}`, path]
  })
  const electron = ensureElectron()
  return [...releases, [`Electron ${electron.version} as Node`, electron.execPath]]
}

/** Vitest's command for projects, or files of them, and where it leaves its report. */
function vitestRun(projects, name, files = []) {
  const report = join(results, `vitest-${name}.json`)
  rmSync(report, { force: true })
  const chosen = projects.flatMap((project) => ['--project', project])
  const args = ['run', ...files, ...chosen, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  return { args, report }
}

function countVitest(name, report, status) {
  count(name, report, status, ({ numPassedTests, testResults }) => ({
    passed: numPassedTests,
    failures: testResults.flatMap((file) => {
      const name = relative(root, file.name)
      const tests = file.assertionResults.filter((test) => test.status === 'failed')
      // A file that could not be collected has no tests to fail.
      if (tests.length === 0) return file.status === 'failed' ? [{ name, message: file.message }] : []
      return tests.map((test) => ({ name: `${name} › ${test.fullName}`, message: test.failureMessages.join('\n') }))
    })
  }))
}

/** What it says is shown at once, or whole when it has ended. */
async function vitest(projects, isShown = true) {
  const title = `\n── ${projects.join(', ')}`
  if (isShown) console.log(title)
  const { args, report } = vitestRun(projects, projects[0])
  const { code, said } = await runBeside(bin('vitest'), args, { isShown })
  if (!isShown) console.log(`${title}\n${said}`)
  countVitest(projects.join(', '), report, code)
}

/** The smoke of the bundles on one Node; what it says is shown whole when it has ended. */
async function smoke([name, path]) {
  const id = name.replace(/[^\w.]+/g, '-')
  const { args, report } = vitestRun(['interop'], id, ['cli-pipes', 'unreadable-records'])
  const env = { LAGOON_TEST_NODE: path, ELECTRON_RUN_AS_NODE: '1' }
  const { code, said } = await runBeside(bin('vitest'), args, { env })
  console.log(`\n── on ${name}\n${said}`)
  countVitest(`on ${name}`, report, code)
}

/** Of what was begun and is waited for later: that it could not be done is one failure more. */
const told = (work) => work.catch((error) => fail(error.message))

/** Tests on real clusters one after the other; those that only look at screens side by side, and they make room. */
async function playwright(projects, workers, isShown = true) {
  const electron = ensureElectron()
  const report = join(results, `playwright-${projects.join('-')}.json`)
  rmSync(report, { force: true })
  const chosen = projects.map((project) => `--project=${project}`)
  const command = [bin('playwright'), 'test', '--reporter=list,json', `--workers=${workers}`, ...chosen]
  // What one of them leaves is not swept away by the other.
  command.push(`--output=${join(results, `e2e-${projects.join('-')}`)}`)
  const hasWindow = !projects.includes('screens')
  if (!process.env.DISPLAY && hasWindow) command.unshift('xvfb-run', '-a', '-s', '-screen 0 1600x1000x24')
  const env = { ...electron.env, PLAYWRIGHT_JSON_OUTPUT_NAME: report }
  if (isShown) console.log(`\n── e2e: ${projects.join(', ')}`)
  const { code: status, said } = await runBeside(command[0], command.slice(1), {
    env,
    isShown,
    makesRoom: !hasWindow
  })
  if (!isShown) console.log(`\n── e2e: ${projects.join(', ')}\n${said}`)
  count(`e2e: ${projects.join(', ')}`, report, status, ({ stats, suites, errors }) => ({
    passed: stats.expected,
    failures: [
      ...errors.map((error) => ({ name: `e2e: ${projects.join(', ')}`, message: error.message })),
      ...suites
        .flatMap(specsOf)
        .flatMap((spec) => spec.tests.map((test) => ({ spec, test })))
        .filter(({ test }) => test.status !== 'expected')
        .map(({ spec, test }) => ({
          name: `${spec.file} › ${spec.title} (${test.projectName}, ${test.status})`,
          message: test.results.flatMap((result) => result.errors.map((error) => error.message)).join('\n')
        }))
    ]
  }))
}

const asked = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1].split(',') : undefined
/** Tests on real processes wait more than they work, for disks and for each other: what only works runs beside them. */
const besides = { crash: 'unit' }
const isAsked = (name) => asked === undefined || asked.includes(name)
/** It runs beside another step, which is asked for, too. */
const isBeside = (name) => besides[name] !== undefined && isAsked(besides[name])

/** Beside `checks`. */
const steps = {
  unit: () => vitest(['unit', 'renderer', 'renderer-mocks', 'tidy']),
  interop: () => vitest(['interop']),
  // Of these some are timed: nothing runs beside them.
  cost: () => vitest(['cost']),
  crash: () => vitest(['crash'], !isBeside('crash')),
  // The first two wait for clusters, each its own, more than they work.
  e2e: () =>
    Promise.all([
      playwright(['electron'], 1),
      playwright(['web'], 1, false),
      playwright(['screens'], screensAtOnce, false)
    ])
}

async function main() {
  mkdirSync(results, { recursive: true })
  if (process.argv.includes('--kafka')) {
    ensureSystem(['clients', 'e2e'])
    build()
    await vitest(['kafka'])
    return
  }
  if (process.argv.includes('--ensemble')) {
    ensureSystem(['zookeeper'])
    build()
    await vitest(['ensemble'])
    return
  }
  if (process.argv.includes('--nodes')) {
    build()
    const waiting = nodes()
    const takeNext = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await smoke(next)
    }
    await Promise.all(Array.from({ length: nodesAtOnce }, takeNext))
    return
  }
  if (process.argv.includes('--install')) {
    ensureSystem(['electron', 'e2e', 'clients'])
    if (run(process.execPath, [join(root, 'scripts', 'dist.mjs')]) !== 0) throw new Error('npm run dist failed')
    await playwright(['installed'], 1)
    return
  }
  const only = asked ?? [...together, ...Object.keys(steps)]
  if (only.includes('e2e')) ensureSystem(['electron', 'e2e'])
  if (['interop', 'cost', 'crash', 'e2e'].some((name) => only.includes(name))) ensureSystem(['clients'])
  build()
  // Lint takes a core for minutes: it begins at once, and has ended before anything that is timed.
  const checked = told(checks(only.filter((name) => together.includes(name))))
  if (!only.includes('interop')) await checked
  for (const name of only) {
    if (isBeside(name)) continue
    const others = Object.keys(besides).filter((one) => besides[one] === name && isAsked(one))
    const step = steps[name]?.()
    await Promise.all([step, ...others.map((one) => steps[one]()), ...(name === 'interop' ? [checked] : [])])
  }
}

try {
  await main()
} catch (error) {
  fail(error.message)
  endAll('SIGTERM')
}
if (failures.length > 0) console.log('\nWhat failed:')
for (const { name, message } of failures) console.log(`  ✗ ${name}${message === '' ? '' : `\n    ${message}`}`)
console.log(`\n${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
