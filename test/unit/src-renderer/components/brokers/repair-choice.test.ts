import { describe, expect, it } from 'vitest'
import { repairChoice } from '@/components/brokers/repair-choice'

const badBatch = {
  file: '00000000000000000000.log',
  position: 73,
  offset: 40,
  endOffset: 100,
  isEndKnown: true,
  fault: 'its CRC is wrong'
}

describe('what may become of a log that cannot be used', () => {
  it('is copied rather than cut where another leads, and cut without a loss', () => {
    expect(repairChoice({ badBatch }, 2, undefined)).toEqual({
      ways: ['copy', 'cut'],
      how: 'copy',
      count: 60,
      isLoss: false
    })
    expect(repairChoice({ badBatch }, 2, 'cut')).toMatchObject({ how: 'cut', isLoss: false })
  })

  it('is cut where nobody else leads, which loses what is behind, whatever was chosen before', () => {
    expect(repairChoice({ badBatch }, undefined, 'copy')).toEqual({
      ways: ['cut'],
      how: 'cut',
      count: 60,
      isLoss: true
    })
  })

  it('of a disk that fails is copied or waited for, never cut', () => {
    expect(repairChoice({ badBatch: null }, 2, 'cut')).toMatchObject({ ways: ['copy'], how: 'copy' })
    expect(repairChoice({ badBatch: null }, undefined, undefined)).toMatchObject({
      ways: [],
      how: undefined,
      isLoss: false
    })
    expect(repairChoice(undefined, 2, undefined)).toMatchObject({ ways: [], how: undefined })
  })
})
