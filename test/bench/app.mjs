// npm run bench:app: prints the table of the app (docs/benchmarks.md): the built bundle on Electron and in Chromium.
//   --only a,b        rows by name (all)
//   --rounds N        starts, openings, keystrokes (5)
//   --tail-seconds N  of the live tail (300)
//   --records N       of 1 KB that are searched (1000000); ten times as many of 100 B
//   --topics N        of the long list (10000)
//   --groups N        of the other (2500)
//   --quick           fewer and shorter, for a look while something else runs
// One row after the other; the load average stands beside each, as figures of a busy machine are upper bounds.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from '../../scripts/build.mjs'
import { memoryRow, startRow } from './app/electron.mjs'
import { root } from './app/lab.mjs'
import { lagRow } from './app/lag.mjs'
import { closeBig, groupsRow, overviewRow, partitionsRow, tailRow, topicsRow, updatesRow } from './app/screens.mjs'
import { searchRows } from './app/search.mjs'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string' },
    'tail-seconds': { type: 'string' },
    records: { type: 'string' },
    topics: { type: 'string' },
    groups: { type: 'string' },
    quick: { type: 'boolean', default: false }
  }
})
const measures = {
  start: startRow,
  memory: memoryRow,
  lag: lagRow,
  updates: updatesRow,
  overview: overviewRow,
  partitions: partitionsRow,
  tail: tailRow,
  groups: groupsRow,
  topics: topicsRow,
  search: searchRows
}
const names = values.only?.split(',') ?? Object.keys(measures)
const unknown = names.find((name) => measures[name] === undefined)
if (unknown !== undefined) throw new Error(`There is no row ${unknown}; rows: ${Object.keys(measures).join(', ')}`)

// Electron needs a screen.
if (process.platform === 'linux' && process.env.DISPLAY === undefined && process.env.WAYLAND_DISPLAY === undefined) {
  const screen = ['-a', '-s', '-screen 0 1600x1000x24']
  const again = spawnSync('xvfb-run', [...screen, process.execPath, ...process.argv.slice(1)], { stdio: 'inherit' })
  process.exit(again.status ?? 1)
}

const { quick } = values
const work = mkdtempSync(join(tmpdir(), 'lagoon-app-'))
process.env.LAGOON_STATE = join(work, 'state')
const options = {
  work,
  quick,
  rounds: Number(values.rounds ?? (quick ? 3 : 5)),
  tailSeconds: Number(values['tail-seconds'] ?? (quick ? 20 : 300)),
  records: Number(values.records ?? (quick ? 100_000 : 1_000_000)),
  groupCount: Number(values.groups ?? (quick ? 500 : 2500)),
  topicCount: Number(values.topics ?? (quick ? 3000 : 10_000)),
  watchSeconds: quick ? 15 : 40,
  settleSeconds: quick ? 15 : 60
}
const git = (...args) => execFileSync('git', args, { encoding: 'utf8', cwd: root }).trim()
const startedMs = Date.now()
let failed = 0
try {
  build()
  const machine = `${cpus().length} × ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GB`
  console.log(
    `${machine}, Node ${process.versions.node}, commit ${git('rev-parse', '--short', 'HEAD')}; median (min–max)\n`
  )
  console.log('| what | must | aim | measured | load |\n| --- | --- | --- | --- | --- |')
  for (const name of names) {
    try {
      for (const { what, must, aim, measured } of await measures[name](options)) {
        console.log(`| ${what} | ${must} | ${aim} | ${measured} | ${loadavg()[0].toFixed(1)} |`)
      }
    } catch (error) {
      failed++
      console.error(`${name}: ${error.stack ?? error}`)
    }
  }
  console.log(`\n${Math.round((Date.now() - startedMs) / 1000)} s in all`)
} finally {
  await closeBig()
  rmSync(work, { recursive: true, force: true })
}
process.exit(failed === 0 ? 0 : 1)
