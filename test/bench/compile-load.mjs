/** The loads of the benchmarks (load.c, zookeeper-load.c), made with what Debian has. */
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** @param {string} to where the program is put */
export function compileLoad(to) {
  compile(to, 'load.c', { header: 'librdkafka/rdkafka.h', pkg: 'librdkafka-dev' }, ['-lrdkafka'])
}

/** @param {string} to where the program is put */
export function compileZooKeeperLoad(to) {
  const library = { header: 'zookeeper/zookeeper.h', pkg: 'libzookeeper-mt-dev' }
  compile(to, 'zookeeper-load.c', library, ['-DTHREADED', '-lzookeeper_mt', '-lpthread'])
}

function compile(to, source, { header, pkg }, flags) {
  if (spawnSync('sh', ['-c', `echo "#include <${header}>" | gcc -E - >/dev/null 2>&1`]).status !== 0) {
    console.error(`installing ${pkg}`)
    execFileSync('sh', ['-c', `apt-get update -qq && apt-get install -y -qq gcc libc6-dev ${pkg}`], {
      stdio: ['ignore', 2, 2]
    })
  }
  execFileSync('gcc', ['-O2', '-Wall', '-o', to, join(import.meta.dirname, source), ...flags])
}
