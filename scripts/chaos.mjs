// Chaos with real processes and real clients (docs/reliability.md). Bundled first, as the simulator is.
//   npm run chaos -- [--seconds 60 | --minutes 60] [--seed N] [--rate N] [--without-java] [--keep]
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { build as bundle } from 'vite'
import { build } from './build.mjs'
import { ensureSystem } from './ensure-system.mjs'

const root = resolve(import.meta.dirname, '..')
const outDir = join(root, 'out', 'chaos')

build()
ensureSystem(['clients'])
await bundle({
  root,
  configFile: false,
  logLevel: 'error',
  build: {
    ssr: 'test/chaos/main.ts',
    outDir,
    emptyOutDir: false,
    target: 'node20',
    minify: false,
    rollupOptions: { output: { entryFileNames: 'main.mjs' } }
  }
})
const args = ['--max-old-space-size=6000', join(outDir, 'main.mjs'), '--root', root, ...process.argv.slice(2)]
// Labs of tests are not to be known among those of the user.
const env = { ...process.env, LAGOON_STATE: join(root, 'out', 'test-state') }
process.exit(spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env }).status ?? 1)
