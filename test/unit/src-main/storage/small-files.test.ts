/** What a power cut may leave of each small file of a broker: nothing, zeros, or its beginning. */
import { describe, expect, it } from 'vitest'
import { AppError } from '../../../../src-main/kernel/errors'
import { isRemnantOf } from '../../../../src-main/kernel/remnant'
import { defaultLogConfig } from '../../../../src-main/storage/log-types'
import type { MemoryDisk } from '../../../support/memory-disk'
import { sequencedBatch } from '../../../support/record-samples'
import { fetchValues, fixture, openManager } from '../../../support/storage-fixture'

const topicId = 'q9Xj2bJ2TzK0Zc1lq2mJ_g'

/** A log directory with two epochs and a producer, flushed in the middle; stopped cleanly or not. */
async function written(isClean: boolean): Promise<MemoryDisk> {
  const one = fixture()
  const manager = await openManager(one)
  const log = await manager.create('orders', 0, topicId, { ...defaultLogConfig, indexIntervalBytes: 100 })
  for (let i = 0; i < 8; i++) log.appendAsLeader(sequencedBatch(7, 0, i, [`v${i}`]), { leaderEpoch: i < 4 ? 12 : 345 })
  await manager.upkeep.checkpointRecoveryPoints()
  await manager.upkeep.checkpointOffsets()
  for (let i = 8; i < 12; i++) log.appendAsLeader(sequencedBatch(7, 0, i, [`v${i}`]), { leaderEpoch: 345 })
  if (isClean) await manager.close(31)
  else one.disk.kill()
  return one.disk.copy()
}

/** Every remnant: cut after each byte, zeros of each length. */
function* remnants(bytes: Uint8Array): Generator<readonly [string, Uint8Array]> {
  for (let length = 0; length < bytes.length; length++) {
    yield [`the first ${length} bytes`, bytes.slice(0, length)]
    const torn = bytes.slice()
    torn.fill(0, length)
    yield [`zeros from byte ${length} on`, torn]
  }
}

const smallFiles = [
  'meta.properties',
  'recovery-point-offset-checkpoint',
  'replication-offset-checkpoint',
  'orders-0/partition.metadata',
  'orders-0/leader-epoch-checkpoint',
  'orders-0/00000000000000000008.snapshot',
  'orders-0/00000000000000000000.index',
  'orders-0/00000000000000000000.timeindex'
]

describe.each([
  ['a clean stop', true],
  ['a kill', false]
])('after %s, a small file that is', (_what, isClean) => {
  it.each(isClean ? [...smallFiles, '.kafka_cleanshutdown'] : smallFiles)(
    'cut or zeroed anywhere is rebuilt: %s',
    async (name) => {
      const disk = await written(isClean)
      const path = `/data/${name}`
      const original = disk.exists(path) ? disk.read(path) : new Uint8Array(0)
      if (name.endsWith('.snapshot') && isClean)
        return expect(disk.exists('/data/orders-0/00000000000000000012.snapshot')).toBe(true)
      expect(original.length).toBeGreaterThan(0)

      for (const [what, bytes] of remnants(original)) {
        const one = fixture(disk.copy())
        one.disk.writeFile(path, bytes)
        const manager = await openManager(one)
        if (!manager.wasClean) await manager.recoverAll(() => undefined)
        const log = (await manager.load('orders', 0)) ?? expect.fail()

        const seen = {
          values: fetchValues(log),
          epochs: [log.endOffsetForEpoch(12), log.latestEpoch],
          next: log.appendAsLeader(sequencedBatch(7, 0, 12, ['v12']), { leaderEpoch: 345 })
        }
        expect([what, seen]).toEqual([
          what,
          {
            values: Array.from({ length: 12 }, (_, i) => `${i}:v${i}`),
            epochs: [{ leaderEpoch: 12, endOffset: 4 }, 345],
            next: expect.objectContaining({ type: 'appended', baseOffset: 12 }) as unknown
          }
        ])
        await manager.close()
        const again = await openManager(fixture(one.disk))
        expect(again.wasClean).toBe(true)
      }
    }
  )
})

describe('meta.properties that is damaged otherwise', () => {
  it.each(['version=0\nbroker.id=1\ncluster.id=BBBB', 'nonsense'])('is refused by name: %j', async (text) => {
    const one = fixture(await written(true))
    one.disk.writeFile('/data/meta.properties', Buffer.from(text))

    const failure = await openManager(one).catch((error: unknown) => error)

    expect(failure).toBeInstanceOf(AppError)
    expect((failure as AppError).message).toMatch(/\/data.*hoose another folder/)
  })
})

describe('a remnant', () => {
  it('is nothing, zeros, or a beginning, with zeros after it or not; the whole is none', () => {
    const whole = Buffer.from('abc\n')

    const verdicts = ['', '\0\0\0\0\0', 'a', 'ab\0\0', 'abc\n', 'abd', 'b', 'abc\nd'].map((text) =>
      isRemnantOf(Buffer.from(text), whole)
    )

    expect(verdicts).toEqual([true, true, true, true, false, false, false, false])
  })
})
