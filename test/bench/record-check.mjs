/**
 * What the check of records at produce costs (ADR 16): validateBatchForAppend against the CRC of the same batch, which was
 * nearly all of it before. Batches of 64 KB plain, JSON of 1 KB and of 100 bytes a record. Prints ms per MB of records
 * and the share of each.
 *
 *   node test/bench/record-check.mjs [rounds]
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { gzipSync } from 'node:zlib'
import { createRequire } from 'node:module'
import { rolldown } from 'rolldown'

async function load() {
  const entry = `${import.meta.dirname}/record-check-parts.ts`
  const bundle = await rolldown({ input: entry, platform: 'node', external: [/^node:/, '@node-rs/crc32'] })
  const file = join(import.meta.dirname, '../../node_modules/.cache/bench/record-check-parts.mjs')
  await bundle.write({ file, format: 'esm' })
  return import(file)
}

const { nodeChecksum, nodeCompression, buildBatch, validateBatchForAppend } = await load()
const require = createRequire(import.meta.url)
const { compressSync } = require('snappy')
const { compressFrameSync } = require('lz4-napi')
const rounds = Number(process.argv[2] ?? 7)
const plainBytes = 64 * 1024

const packers = {
  none: undefined,
  gzip: (bytes) => gzipSync(bytes),
  snappy: (bytes) => compressSync(Buffer.from(bytes)),
  lz4: (bytes) => compressFrameSync(Buffer.from(bytes)),
  zstd: (bytes) => execFileSync('zstd', ['-q', '-c'], { input: bytes })
}

function batchOf(recordBytes, codec) {
  const pack = packers[codec]
  const records = Array.from({ length: Math.floor(plainBytes / recordBytes) }, (_, i) => {
    const head = `{"id":${i * 7919},"user":"user-${(i * 31) % 997}","at":"2026-11-28T12:00:${i % 60}Z","note":"`
    const note = Array.from({ length: recordBytes }, (_, j) => 'etaoin shrdlu'[(i * 17 + j * j * 5 + j) % 13]).join('')
    const value = new TextEncoder().encode(`${head}${note}`.slice(0, recordBytes))
    return { timestamp: BigInt(1_700_000_000_000 + i), key: null, value }
  })
  const compressed =
    pack === undefined ? {} : { compressed: { codec: Object.keys(packers).indexOf(codec), compress: pack } }
  return buildBatch(records, nodeChecksum, compressed)
}

const limits = { maxMessageBytes: 1 << 20, segmentBytes: 1 << 30, isZstdAllowed: true, needsKeys: false }
const ports = { checksum: nodeChecksum, compression: nodeCompression }

function msPerMb(work) {
  const times = []
  for (let round = 0; round <= rounds; round++) {
    const start = process.cpuUsage()
    const repeats = 400
    for (let i = 0; i < repeats; i++) work()
    const { user, system } = process.cpuUsage(start)
    if (round > 0) times.push(((user + system) / 1000 / repeats / plainBytes) * 1e6)
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)]
}

console.log('codec   record  packed  CRC ms/MB  whole check ms/MB  records ms/MB')
for (const codec of Object.keys(packers)) {
  for (const recordBytes of [1000, 100]) {
    const batch = batchOf(recordBytes, codec)
    const crc = msPerMb(() => nodeChecksum.crc32c(batch.subarray(21)))
    const whole = msPerMb(() => {
      const refused = validateBatchForAppend(batch, 0, batch.length, limits, ports)
      if (refused !== undefined) throw new Error(refused.message)
    })
    const cells = [
      codec.padEnd(7),
      String(recordBytes).padStart(6),
      `${Math.round((batch.length / plainBytes) * 100)} %`.padStart(7)
    ]
    console.log(
      [
        ...cells,
        crc.toFixed(3).padStart(10),
        whole.toFixed(3).padStart(18),
        (whole - crc).toFixed(3).padStart(14)
      ].join(' ')
    )
  }
}
