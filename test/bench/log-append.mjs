/**
 * What the log costs over its floor: appendAsLeader against "CRC-32C, then writeSync" of the same batches, alternated in
 * one run, first round dropped. Prints CPU-seconds per GB and their ratio.
 *
 *   node test/bench/log-append.mjs [rounds] [MB per round]
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setImmediate } from 'node:timers/promises'
import { rolldown } from 'rolldown'

/** Bundled as the product is: a loader's getters would cost more than what is measured. */
async function load() {
  const entry = `${import.meta.dirname}/log-append-parts.ts`
  const bundle = await rolldown({ input: entry, platform: 'node', external: [/^node:/, '@node-rs/crc32'] })
  const file = join(import.meta.dirname, '../../node_modules/.cache/bench/log-append-parts.mjs')
  await bundle.write({ file, format: 'esm' })
  return import(file)
}

const { nodeDisk, nodeChecksum, nodeClock, buildBatch, PartitionLog, DeferredRemovals, defaultLogConfig } = await load()

const rounds = Number(process.argv[2] ?? 6)
const roundBytes = Number(process.argv[3] ?? 256) * 1_000_000

function batchOf(recordBytes, batchBytes) {
  const value = new Uint8Array(recordBytes).fill(120)
  const records = Array.from({ length: Math.floor(batchBytes / recordBytes) }, (_, i) => ({
    timestamp: BigInt(Date.now() + i),
    key: null,
    value
  }))
  return buildBatch(records, nodeChecksum)
}

function openLog(folder) {
  const log = () => undefined
  const ports = {
    disk: nodeDisk,
    clock: nodeClock,
    checksum: nodeChecksum,
    compression: undefined,
    random: undefined,
    log
  }
  const removals = new DeferredRemovals(nodeClock, nodeDisk, log)
  const failed = (error) => {
    throw error
  }
  nodeDisk.makeDirectory(folder)
  const context = { ports, folder, removals, scratch: new Uint8Array(4096), failed, config: defaultLogConfig }
  const options = {
    topic: 't',
    partition: 0,
    topicId: undefined,
    isClean: true,
    recoveryPoint: 0,
    logStartOffset: 0,
    highWatermark: 0
  }
  return PartitionLog.open(context, options)
}

/** CPU seconds per GB of `append` over one round; each call gets the batch as a client sent it. */
async function measure(batch, header, append) {
  const count = Math.ceil(roundBytes / batch.length)
  const before = process.cpuUsage()
  for (let i = 0; i < count; i++) {
    batch.set(header)
    append(batch)
    // As between reads of a socket; background fdatasyncs come to their end.
    if (i % 16 === 15) await setImmediate()
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6 / ((count * batch.length) / 1e9)
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]

for (const [recordBytes, batchBytes] of [
  [1024, 65_536],
  [1024, 16_384],
  [100, 16_384],
  [100, 1_000]
]) {
  const batch = batchOf(recordBytes, batchBytes)
  const header = batch.slice(0, 16)
  const results = { floor: [], ours: [] }
  for (let round = 0; round < rounds; round++) {
    const dir = mkdtempSync(join(tmpdir(), 'lagoon-bench-'))
    const file = openSync(join(dir, 'floor'), 'w')
    const floor = await measure(batch, header, (bytes) => {
      nodeChecksum.crc32c(bytes.subarray(21))
      writeSync(file, bytes, 0, bytes.length)
    })
    closeSync(file)
    const log = openLog(join(dir, 'log-0'))
    const options = { leaderEpoch: 0 }
    const ours = await measure(batch, header, (bytes) => {
      const result = log.appendAsLeader(bytes, options)
      if (result.type !== 'appended') throw new Error(JSON.stringify(result))
    })
    await log.close()
    rmSync(dir, { recursive: true })
    if (round === 0) continue
    results.floor.push(floor)
    results.ours.push(ours)
  }
  const [floor, ours] = [median(results.floor), median(results.ours)]
  const ratio = median(results.ours.map((value, i) => value / results.floor[i]))
  console.log(
    `${recordBytes} B records, ${batch.length} B batches: floor ${floor.toFixed(3)}, ours ${ours.toFixed(3)} CPU-s/GB, ratio ${ratio.toFixed(2)}`
  )
}
