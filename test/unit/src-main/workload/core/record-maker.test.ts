import { describe, expect, it } from 'vitest'
import { producerSettingsSchema, type ProducerSettings } from '../../../../../src-main/api/workloads'
import { RecordMaker } from '../../../../../src-main/workload/core/record-maker'

const settings = (more: Partial<ProducerSettings>): ProducerSettings => ({
  ...producerSettingsSchema.parse({ topic: 't', ratePerSecond: 1 }),
  ...more
})
const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : new TextDecoder().decode(bytes))
const uniform = (i: number, of: number): number => Math.floor((i / of) * 0x1_0000_0000)

function keysOf(more: Partial<ProducerSettings>, count: number): Map<unknown, number> {
  const maker = new RecordMaker(settings(more))
  const keys = new Map<unknown, number>()
  for (let i = 0; i < count; i++) {
    const { key } = maker.next(0, uniform(i, count))
    keys.set(text(key), (keys.get(text(key)) ?? 0) + 1)
  }
  return keys
}

describe('the records of a workload', () => {
  it.each(['string', 'json', 'bytes'] as const)('have the size that was asked for as %s', (serializer) => {
    for (const valueBytes of [0, 1, 2, 100, 1001, 70_000]) {
      const { value } = new RecordMaker(settings({ serializer, valueBytes })).next(1_700_000_000_000, 0)
      const bytes = value?.length ?? -1
      // JSON has a least size, which is that of what it says.
      if (serializer !== 'json' || valueBytes >= 100) expect(bytes).toBe(valueBytes)
      if (serializer === 'json') expect(JSON.parse(text(value) ?? '')).toMatchObject({ sequence: 1 })
    }
  })

  it('are numbered', () => {
    const maker = new RecordMaker(settings({ valueBytes: 10 }))
    expect([text(maker.next(0, 0).value), text(maker.next(0, 0).value)]).toEqual(['1 abcdefgh', '2 abcdefgh'])
  })

  it('spread over their keys evenly, or have none', () => {
    expect(keysOf({ keys: 4 }, 1000)).toEqual(
      new Map([
        ['key-0', 250],
        ['key-1', 250],
        ['key-2', 250],
        ['key-3', 250]
      ])
    )
    expect(keysOf({ keys: 0 }, 10)).toEqual(new Map([[null, 10]]))
  })

  it('have the hot key as often as was asked for', () => {
    const keys = keysOf({ keys: 100, hotShare: 0.8 }, 10_000)
    expect(keys.get('key-0')).toBeGreaterThanOrEqual(8000)
    expect(keys.get('key-0')).toBeLessThan(8100)
    expect(keys.size).toBe(100)
    expect(keysOf({ keys: 10, hotShare: 1 }, 100).size).toBe(1)
  })
})
