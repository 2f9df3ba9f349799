import { describe, expect, it } from 'vitest'
import { jsonLines } from '@/components/topics/json-lines'
import { hexLines, payloadBytes, payloadSize, payloadText } from '@/components/topics/payload'
import { RETENTION_CHOICES, retentionConfigs } from '@/components/topics/retention'

describe('JSON as lines', () => {
  it('keeps every digit as it was written', () => {
    const lines = jsonLines('{"seq":9223372036854775807,"ledger":23958446825181076828,"amount":129.90,"tiny":1e-400}')

    expect(lines?.map((line) => line.text)).toEqual(['9223372036854775807', '23958446825181076828', '129.90', '1e-400'])
    expect(lines?.every((line) => line.kind === 'number')).toBe(true)
  })

  it('nests members and counts them', () => {
    expect(jsonLines('{"retry":{"attempt":2,"fatal":false},"tags":["a, b",null],"none":{}}')).toEqual([
      { depth: 0, name: 'retry', kind: 'branch', text: '{ 2 }' },
      { depth: 1, name: 'attempt', kind: 'number', text: '2' },
      { depth: 1, name: 'fatal', kind: 'word', text: 'false' },
      { depth: 0, name: 'tags', kind: 'branch', text: '[ 2 ]' },
      { depth: 1, name: '0', kind: 'text', text: '"a, b"' },
      { depth: 1, name: '1', kind: 'word', text: 'null' },
      { depth: 0, name: 'none', kind: 'branch', text: '{ 0 }' }
    ])
  })

  it('reads names with quotes and braces in them', () => {
    expect(jsonLines('{"a\\"}":"{\\\\"}')).toEqual([{ depth: 0, name: 'a"}', kind: 'text', text: '"{\\\\"' }])
  })

  it('is nothing for what is not an object or array', () => {
    expect(jsonLines('hello')).toBeUndefined()
    expect(jsonLines('42')).toBeUndefined()
    expect(jsonLines('{"open":')).toBeUndefined()
  })
})

describe('payloads', () => {
  it('are text, bytes in hex, or nothing', () => {
    expect(payloadText('안녕')).toBe('안녕')
    expect(payloadText({ base64: 'AAAAKg==' })).toBe('00 00 00 2a')
    expect(payloadText(null)).toBe('')
    expect([payloadSize('안녕'), payloadSize({ base64: 'AAAAKg==' }), payloadSize(null)]).toEqual([6, 4, 0])
  })

  it('are shown in lines of eight bytes', () => {
    expect(hexLines(payloadBytes('abcdefgh\n'))).toEqual([
      { at: '0000', bytes: '61 62 63 64 65 66 67 68', text: 'abcdefgh' },
      { at: '0008', bytes: '0a'.padEnd(23), text: '·' }
    ])
  })
})

describe('retention', () => {
  it('becomes retention.ms, and nothing for the default of the broker', () => {
    expect(retentionConfigs('default')).toEqual({})
    expect(retentionConfigs('7d')).toEqual({ 'retention.ms': '604800000' })
    expect(retentionConfigs('forever')).toEqual({ 'retention.ms': '-1' })
    expect(RETENTION_CHOICES).toHaveLength(8)
  })
})
