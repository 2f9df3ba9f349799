// Installs Debian packages that are missing, when it may, and says so; else names the line that does. One apt run.
import { spawnSync } from 'node:child_process'

/** What each thing needs. A name with | lists alternatives of different Debian releases, the first that exists counts. */
export const packagesFor = {
  electron: ['libgtk-3-0|libgtk-3-0t64', 'libnss3', 'libasound2|libasound2t64', 'libgbm1'],
  // Pages are tested in the shell, which takes a fifth less of the processor; Chromium does as well, and soak and bench want it.
  e2e: ['xvfb', 'xauth', 'chromium', 'chromium-headless-shell|chromium', 'fonts-noto-cjk'],
  clients: ['kcat', 'python3-kafka', 'python3-confluent-kafka', 'python3-kazoo'],
  zookeeper: [
    ...['default-jre-headless', 'zookeeper', 'python3-kazoo', 'python3-pytest', 'python3-mock', 'python3-objgraph'],
    ...['python3-gevent', 'python3-eventlet', 'python3-pure-sasl']
  ]
}

const log = (text) => console.error(`[ensure-system] ${text}`)
const run = (command, args, options = {}) => spawnSync(command, args, { encoding: 'utf8', ...options })

function isInstalled(name) {
  const { status, stdout } = run('dpkg-query', ['-W', '-f', '${Status}', name])
  return status === 0 && stdout.includes('install ok installed')
}

/** How this user runs apt: as root, through a sudo that asks nothing, or not at all. */
function privileged() {
  if (process.getuid?.() === 0) return []
  return run('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined
}

function exists(name) {
  return run('apt-cache', ['show', name]).status === 0
}

/** Throws an Error whose message is the line that helps. */
export function ensureSystem(kinds) {
  if (process.platform !== 'linux') return
  const wanted = kinds.flatMap((kind) => packagesFor[kind])
  if (run('dpkg-query', ['--version']).status !== 0) {
    log(`this is no Debian; please have these yourself: ${wanted.join(' ')}`)
    return
  }
  const missing = wanted.filter((name) => !name.split('|').some(isInstalled))
  if (missing.length === 0) return
  const prefix = privileged()
  const firstNames = missing.map((name) => name.split('|')[0])
  const line = `apt-get update && apt-get install -y --no-install-recommends ${firstNames.join(' ')}`
  if (prefix === undefined)
    throw new Error(`Missing packages that only root may install. Run this, then try again:\n  sudo sh -c '${line}'`)
  log(`installing ${missing.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args) => {
    const [command, ...rest] = [...prefix, 'apt-get', ...args]
    return run(command, rest, { stdio: ['ignore', 2, 2], env })
  }
  if (apt('update', '-qq').status !== 0) throw new Error(`apt-get update failed. Run this, then try again:\n  ${line}`)
  const names = missing.map((name) => name.split('|').find(exists) ?? name.split('|')[0])
  if (apt('install', '-y', '-qq', '--no-install-recommends', ...names).status !== 0) {
    throw new Error(`apt-get install failed. Run this, then try again:\n  ${line}`)
  }
}

/** Shared libraries that a binary lacks. */
export function missingLibraries(binary) {
  if (process.platform !== 'linux') return []
  return run('ldd', [binary])
    .stdout.split('\n')
    .filter((line) => line.includes('not found'))
    .map((line) => line.trim().split(' ')[0])
}
