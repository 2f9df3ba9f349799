/** `npm start`, ended as systemd, CI, `timeout` or an IDE ends it: by a signal to npm, which npm tells nobody of. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from '@playwright/test'

/** Every process with the folder in its arguments, npm and the shells left out. */
function processesOf(dir: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      const isZombie = /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
      return !isZombie && args.some((arg) => arg.includes(dir)) && !/npm|^(sh|bash)$/.test(args[0] ?? '')
    } catch {
      return false
    }
  })
}

for (const mode of ['a window', 'a browser']) {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`npm start with ${mode}, ended by ${signal} to npm, ends its cluster cleanly`, async () => {
      const dir = join(mkdtempSync(join(tmpdir(), 'lagoon-npm-')), 'cluster')
      // A profile of its own: on the user's there may be an app, which would open the folder.
      const XDG_CONFIG_HOME = join(dir, '..', 'config')
      const env = { ...process.env, XDG_CONFIG_HOME, LAGOON_NO_DIALOG: '1', npm_lifecycle_event: undefined }
      const shown = mode === 'a window' ? env : { ...env, DISPLAY: undefined, WAYLAND_DISPLAY: undefined }
      const npm = spawn('npm', ['start', '--', '--data', dir], {
        cwd: resolve(import.meta.dirname, '../..'),
        env: shown,
        stdio: ['ignore', 'pipe', 'pipe']
      })
      const exited = new Promise((done) => npm.once('exit', done))
      try {
        // In no order; a broker that was told to stop before it had a folder leaves none. The socket is there as soon as the
        // cluster can be asked.
        for (const broker of ['broker-1', 'broker-2', 'broker-3'])
          await expect.poll(() => existsSync(join(dir, broker, 'meta.properties')), { timeout: 60_000 }).toBe(true)
        await expect.poll(() => existsSync(join(dir, 'lagoon.sock')), { timeout: 60_000 }).toBe(true)

        npm.kill(signal)
        await exited

        await expect.poll(() => processesOf(dir), { timeout: 30_000 }).toEqual([])
        expect(existsSync(join(dir, 'lagoon.sock'))).toBe(false)
        expect(existsSync(join(dir, '.lock'))).toBe(false)
        for (const broker of ['broker-1', 'broker-2', 'broker-3'])
          expect(existsSync(join(dir, broker, '.kafka_cleanshutdown')), broker).toBe(true)
      } finally {
        for (const pid of processesOf(dir)) process.kill(Number(pid), 'SIGKILL')
        rmSync(join(dir, '..'), { recursive: true, force: true })
      }
    })
  }
}
