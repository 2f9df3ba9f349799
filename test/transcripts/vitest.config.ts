import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

/** Recording is by hand (`npm run record:kafka`), never part of a test run. */
export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: { environment: 'node', include: ['test/transcripts/record-*.ts'] }
})
