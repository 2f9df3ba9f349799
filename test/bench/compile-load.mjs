/** The load of the benchmarks (load.c), made with what Debian has. */
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** @param {string} to where the program is put */
export function compileLoad(to) {
  if (spawnSync('sh', ['-c', 'echo "#include <librdkafka/rdkafka.h>" | gcc -E - >/dev/null 2>&1']).status !== 0) {
    console.error('installing librdkafka-dev')
    execFileSync('sh', ['-c', 'apt-get update -qq && apt-get install -y -qq gcc libc6-dev librdkafka-dev'], {
      stdio: ['ignore', 2, 2]
    })
  }
  execFileSync('gcc', ['-O2', '-Wall', '-o', to, join(import.meta.dirname, 'load.c'), '-lrdkafka'])
}
