import { expect, it } from 'vitest'
import { typedTime } from '@/composables/local-time'

it('takes a time in the zone of this machine', () => {
  expect(typedTime('2026-11-22 14:06:22.5')).toBe(new Date(2026, 10, 22, 14, 6, 22, 500).getTime())
  expect(typedTime(' 2026-11-22T14:06 ')).toBe(new Date(2026, 10, 22, 14, 6).getTime())
  expect(typedTime('2026-11-22')).toBe(new Date(2026, 10, 22).getTime())
})

it('takes a time with its own zone', () => {
  expect(typedTime('2026-11-22T14:06:22Z')).toBe(Date.UTC(2026, 10, 22, 14, 6, 22))
  expect(typedTime('2026-11-22T14:06:22.004+09:00')).toBe(Date.UTC(2026, 10, 22, 5, 6, 22, 4))
  expect(typedTime('2026-11-22T14:06:22-0330')).toBe(Date.UTC(2026, 10, 22, 17, 36, 22))
})

it.each(['', '22.11.2026', '2026-02-30', '2026-13-01', '2026-11-22 24:00', '2026-11-22 10:61', '1969-12-31T00:00:00Z'])(
  'refuses %j',
  (text) => {
    expect(typedTime(text)).toBeUndefined()
  }
)
