// Builds out/ when something it is made of is newer than it.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const stamp = join(root, 'out', '.built')
const sources = ['src-main', 'src-renderer', 'electron.vite.config.ts', 'package.json', 'package-lock.json']

function newest(path) {
  const { mtimeMs, isDirectory } = { mtimeMs: statSync(path).mtimeMs, isDirectory: statSync(path).isDirectory() }
  if (!isDirectory) return mtimeMs
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}

export function isBuilt() {
  if (!existsSync(stamp)) return false
  return Math.max(...sources.map((name) => newest(join(root, name)))) <= statSync(stamp).mtimeMs
}

/** Throws an Error with the builder's own words when it fails. */
export function build() {
  if (isBuilt()) return
  console.error('[build] building the app (some seconds, once)')
  rmSync(stamp, { force: true })
  const vite = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
  if (!existsSync(vite)) throw new Error('The dependencies are not installed. Run: npm ci')
  const startedMs = Date.now()
  const built = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: root, encoding: 'utf8' })
  if (built.status !== 0) throw new Error(`The build failed.\n${built.stdout}${built.stderr}`)
  writeFileSync(stamp, `${new Date(startedMs).toISOString()}\n`)
  console.error(`[build] done in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`)
}

if (process.argv[1] === import.meta.filename) build()
