// npm start: builds, then opens the window; without a display it runs web mode and says why there is no window.
// What is missing is named with the line that fixes it; there is no stack trace on either road.
import { spawn, spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { build } from './build.mjs'
import { ensureElectron } from './ensure-electron.mjs'
import { ensureSystem, missingLibraries } from './ensure-system.mjs'
import { whenLaunchersEnd } from './launchers.mjs'

const root = resolve(import.meta.dirname, '..')
const nodeMin = [20, 19]
const given = process.argv.slice(2)

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > nodeMin[0] || (major === nodeMin[0] && minor >= nodeMin[1])) return
  throw new Error(`Lagoon needs Node ${nodeMin.join('.')} or newer; this is ${process.versions.node}.`)
}

function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
}

async function webMode(reason) {
  console.error(`[start] ${reason} Web mode instead: open the address below in a browser on this machine.`)
  process.argv.splice(1, process.argv.length, join(root, 'out/main/cli.js'), 'up', '--ui', ...given)
  // In this very process: a kill of it takes the cluster along.
  await import('../out/main/cli.js')
}

function hasPdeathsig() {
  return process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'TERM', 'true']).status === 0
}

function openWindow() {
  console.error('[start] looking for Electron')
  const electron = ensureElectron()
  if (missingLibraries(electron.execPath).length > 0) ensureSystem(['electron'])
  const missing = missingLibraries(electron.execPath)
  if (missing.length > 0)
    throw new Error(`Electron lacks shared libraries: ${missing.join(', ')}. Install the packages that hold them.`)
  const env = { ...process.env, ...electron.env }
  delete env.ELECTRON_RUN_AS_NODE
  const command = [electron.execPath, ...electron.flags, root, ...given]
  if (hasPdeathsig()) command.unshift('setpriv', '--pdeathsig', 'TERM')
  console.error('[start] opening the window')
  const app = spawn(command[0], command.slice(1), { stdio: 'inherit', env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => app.kill(signal))
  app.on('error', (error) => fail(error))
  app.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)))
}

function fail(error) {
  console.error(error.message)
  process.exit(1)
}

// The cluster's end is clean whoever ends us: npm dies of a signal alone and tells nobody.
whenLaunchersEnd(() => process.kill(process.pid, 'SIGTERM'))
try {
  checkNode()
  build()
  if (hasDisplay()) openWindow()
  else await webMode('There is no window because neither DISPLAY nor WAYLAND_DISPLAY is set.')
} catch (error) {
  fail(error)
}
