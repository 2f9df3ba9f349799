import { describe, expect, it } from 'vitest'
import {
  deletedFolderName,
  isDeletedFolder,
  offsetName,
  offsetOfName,
  partitionOfFolder
} from '../../../../../src-main/storage/core/file-names'

describe('names in a log directory', () => {
  it('are offsets of 20 digits', () => {
    expect(offsetName(42)).toBe('00000000000000000042')
    expect(offsetOfName('00000000000000000042.log', '.log')).toBe(42)
    for (const name of ['42.log', '00000000000000000042.index', '99999999999999999999.log', 'leader-epoch-checkpoint'])
      expect(offsetOfName(name, '.log')).toBeUndefined()
  })

  it('are topic and partition', () => {
    expect(partitionOfFolder('a-b.c_d-12')).toEqual({ topic: 'a-b.c_d', partition: 12 })
    for (const name of [
      'orders',
      'orders-',
      'orders-x',
      'orders-01',
      'or ders-1',
      '-1',
      'orders-99999999999',
      `${'x'.repeat(250)}-0`
    ])
      expect(partitionOfFolder(name)).toBeUndefined()
  })

  it('of deleted partitions are unique and fit a file system', () => {
    const hex = 'ab'.repeat(16)

    expect(deletedFolderName({ topic: 'orders', partition: 3 }, hex)).toBe(`orders-3.${hex}-delete`)
    const long = deletedFolderName({ topic: 'x'.repeat(249), partition: 3 }, hex)
    expect(long.length).toBe(255)
    expect([isDeletedFolder(long), isDeletedFolder('orders-delete'), partitionOfFolder(long)]).toEqual([
      true,
      false,
      undefined
    ])
  })
})
