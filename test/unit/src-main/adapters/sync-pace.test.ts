import { describe, expect, it } from 'vitest'
import { SyncPace } from '../../../../src-main/adapters/sync-pace'

describe('whether the disk has been quick of late', () => {
  it('is so after four quick syncs in a row, and not after a slow one', () => {
    const pace = new SyncPace()
    for (let i = 0; i < 3; i++) pace.took(0.2)
    expect(pace.isQuick).toBe(false)
    pace.took(8)
    expect(pace.isQuick).toBe(true)

    pace.took(8.1)
    expect(pace.isQuick).toBe(false)
    for (let i = 0; i < 3; i++) pace.took(0.2)
    pace.took(30)
    for (let i = 0; i < 3; i++) pace.took(0.2)
    expect(pace.isQuick).toBe(false)
    pace.took(0.2)
    expect(pace.isQuick).toBe(true)
  })
})
