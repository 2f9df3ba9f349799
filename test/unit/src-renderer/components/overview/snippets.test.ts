import { describe, expect, it } from 'vitest'
import { CLIENTS, snippetParts, snippetText } from '@/components/overview/snippets'

const remarks = { list: 'LIST', write: 'WRITE', read: 'READ' }
const place = { address: '127.0.0.1:9092,127.0.0.1:9093', topic: 'orders.v2' }
const text = (client: (typeof CLIENTS)[number]): string => snippetText(snippetParts(client, place, remarks))

describe('the code that connects a client', () => {
  it.each(CLIENTS)('writes and then reads with a group from the first record on: %s', (client) => {
    const code = text(client)

    expect(code.indexOf('WRITE')).toBeGreaterThan(-1)
    expect(code.indexOf('READ')).toBeGreaterThan(code.indexOf('WRITE'))
    expect(code).toContain('my-group')
    expect(code).toMatch(/earliest|fromBeginning: true/)
  })

  it.each(CLIENTS)('names the topic of the page and the real address: %s', (client) => {
    expect(text(client)).toContain('orders.v2')
    expect(text(client)).not.toContain('demo')
    expect(text(client)).toContain('127.0.0.1:9093')
    expect(text(client)).not.toMatch(/[‹›]/)
  })
})
