import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const alias = {
  '@': resolve(import.meta.dirname, 'src-renderer'),
  '@api': resolve(import.meta.dirname, 'src-main/api')
}

/** They put others in the place of modules (vi.mock), which holds only for what is loaded after that: each has a process of its own. */
const mocks = 'test/unit/src-renderer/**/*.mocks.test.ts'
/** From Node 25 on a store of Node's own, of which nothing is kept, stands where the window's should. */
const execArgv = Number(process.versions.node.split('.')[0]) >= 25 ? ['--no-experimental-webstorage'] : []
const afterEachTest = 'test/unit/src-renderer/support/after-each.ts'

export default defineConfig({
  resolve: { alias },
  test: {
    // Labs of tests are not to be known among those of the user.
    env: { LAGOON_STATE: resolve(import.meta.dirname, 'out/test-state') },
    // One core is left idle by default, and of two that is half.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/unit/{src-main,simulation}/**/*.test.ts', 'test/transcripts/**/*.test.ts'],
          // None of them measures time; a machine that does other things as well is no error.
          testTimeout: 30_000,
          // One process for many files: half the time, since none of them leaves anything behind.
          isolate: false
        }
      },
      {
        extends: true,
        test: { name: 'tidy', environment: 'node', include: ['test/tidy/**/*.test.ts'], testTimeout: 120_000 }
      },
      {
        extends: true,
        test: {
          name: 'interop',
          environment: 'node',
          include: ['test/interop/**/*.test.ts'],
          exclude: ['test/interop/**/*-cost*.test.ts'],
          // Twice what the longest takes where ten others want its core.
          testTimeout: 240_000,
          hookTimeout: 120_000,
          // Each file has clusters of its own; four at a time, since most of them wait for others.
          maxWorkers: 4
        }
      },
      {
        extends: true,
        test: {
          name: 'cost',
          environment: 'node',
          include: ['test/interop/**/*-cost*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Measured: nothing else may run beside them.
          fileParallelism: false
        }
      },
      {
        extends: true,
        test: {
          name: 'crash',
          environment: 'node',
          include: ['test/crash/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 120_000,
          // Two at a time take longer: both want the disk.
          fileParallelism: false
        }
      },
      {
        extends: true,
        test: {
          name: 'kafka',
          environment: 'node',
          include: ['test/kafka/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          // As in interop: clusters and tools of its own for each file.
          maxWorkers: 2
        }
      },
      {
        extends: true,
        test: {
          name: 'ensemble',
          environment: 'node',
          include: ['test/ensemble/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 120_000,
          // Each has an ensemble of its own, and time is of no account in one of them.
          maxWorkers: 2
        }
      },
      {
        extends: true,
        plugins: [vue()],
        test: {
          name: 'renderer',
          environment: './test/support/shared-window.ts',
          include: ['test/unit/src-renderer/**/*.test.ts'],
          exclude: [mocks],
          setupFiles: [afterEachTest],
          execArgv,
          // As of unit: lint and the crash tests run beside them; most of their time went into loading the same modules for each file.
          testTimeout: 30_000,
          isolate: false
        }
      },
      {
        extends: true,
        plugins: [vue()],
        test: {
          name: 'renderer-mocks',
          environment: 'happy-dom',
          include: [mocks],
          setupFiles: [afterEachTest],
          execArgv,
          testTimeout: 30_000
        }
      }
    ]
  }
})
