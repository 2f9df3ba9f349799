import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { defineConfig } from '@playwright/test'

const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  // Letters as wide as in a window: the shell makes them wider.
  '--font-render-hinting=none',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

// Labs of tests are not to be known among those of the user.
process.env['LAGOON_STATE'] = resolve(import.meta.dirname, 'out/test-state')

/**
 * The same engine with less of a browser around it: a fifth of the processor was Chromium's own pages'. Where Debian
 * does not have it, Chromium does.
 */
const shellPath = '/usr/lib/chromium/chromium-headless-shell'
const chromiumPath = process.env['CHROMIUM_PATH'] ?? (existsSync(shellPath) ? shellPath : '/usr/bin/chromium')
const chromium = {
  browserName: 'chromium',
  headless: true,
  launchOptions: { executablePath: chromiumPath, args: chromiumFlags }
} as const

export default defineConfig({
  testDir: 'test/e2e',
  outputDir: 'out/test-results/e2e',
  workers: 1,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  // A trace costs each test as much as the test itself: LAGOON_TRACE=1 keeps those of failures.
  use: { trace: process.env['LAGOON_TRACE'] === undefined ? 'off' : 'retain-on-failure' },
  projects: [
    { name: 'electron', testMatch: /electron\..*spec\.ts/ },
    {
      name: 'web',
      testMatch: /web(\.clusters|\.messages|\.workloads|\.produce|\.values|\.repair)?\.spec\.ts/,
      use: chromium
    },
    { name: 'installed', testDir: 'test/install' },
    // Every screen of an invented cluster: nothing that another one could disturb.
    { name: 'screens', testMatch: /web\.(screens|keyboard)\.spec\.ts/, fullyParallel: true, use: chromium }
  ]
})
