import { describe, expect, it } from 'vitest'
import { hostTranslator } from '@/i18n'
import { translator, type Speaker } from '@/i18n/said'
import korean from '@/i18n/said/ko.json'

const plain: Speaker = { named: (name) => `‹${name}›`, refusal: (error, words) => `${error}!${words}` }

describe('a sentence of the host', () => {
  const spoken = translator({
    'There is no topic {0}.': '{0} 토픽이 없습니다.',
    'Topic {0} has no partition {1}.': '{0} 토픽에 {1}번 파티션이 없습니다.',
    'Topic {0} has no partition {1}: it has {2}.': '{0} 토픽에는 {2}개뿐이라 {1}번이 없습니다.',
    'Not sent: {0}': '보내지 않음: {0:said}',
    'The leader moved.': '리더가 옮겨졌습니다.'
  })

  it('is known by its words, whatever is named in it', () => {
    expect(spoken('There is no topic orders.', plain)).toBe('‹orders› 토픽이 없습니다.')
    expect(spoken('There is no topic .', plain)).toBe('‹› 토픽이 없습니다.')
    expect(spoken('There is no topic a\nb. There is no topic c..', plain)).toBe(
      '‹a\nb. There is no topic c.› 토픽이 없습니다.'
    )
    expect(spoken('The leader moved.', plain)).toBe('리더가 옮겨졌습니다.')
  })

  it('is not known when a word is another one', () => {
    expect(spoken('There is no group orders.', plain)).toBeUndefined()
    expect(spoken('There is no topic orders', plain)).toBeUndefined()
    expect(spoken('The leader moved. Try again.', plain)).toBeUndefined()
    expect(spoken('', plain)).toBeUndefined()
  })

  it('is the one with more words of its own, where two fit', () => {
    expect(spoken('Topic a has no partition 7: it has 3.', plain)).toBe('‹a› 토픽에는 ‹3›개뿐이라 ‹7›번이 없습니다.')
    expect(spoken('Topic a has no partition 7.', plain)).toBe('‹a› 토픽에 ‹7›번 파티션이 없습니다.')
  })

  it('holds another where the translation says so, and nowhere else', () => {
    expect(spoken('Not sent: The leader moved.', plain)).toBe('보내지 않음: 리더가 옮겨졌습니다.')
    expect(spoken('Not sent: EPIPE', plain)).toBe('보내지 않음: ‹EPIPE›')
    expect(spoken('There is no topic The leader moved..', plain)).toBe('‹The leader moved.› 토픽이 없습니다.')
  })

  it('stands behind what it is about', () => {
    expect(spoken('orders-0: The leader moved.', plain)).toBe('‹orders-0›: 리더가 옮겨졌습니다.')
    expect(spoken('NOT_CONTROLLER: No.', plain)).toBe('NOT_CONTROLLER!No.')
    expect(spoken('orders-0: No.', plain)).toBeUndefined()
  })

  it('is looked for in bounded time and depth, whatever came', () => {
    const long = 'Topic '.repeat(3000)

    expect(spoken(`Topic ${' has no partition '.repeat(1000)}`, plain)).toBeUndefined()
    expect(spoken(`Topic ${long}`.repeat(10), plain)).toBeUndefined()
    expect(spoken('Not sent: '.repeat(1000), plain)).toBe(`${'보내지 않음: '.repeat(3)}‹${'Not sent: '.repeat(997)}›`)
  })
})

describe('the Korean of the host', () => {
  const name = (place: string): string => `이름${place}`
  const filled = (template: string): string =>
    template.replaceAll(/\{(\w+)(:said)?\}/g, (_place, place: string) => name(place))

  it.each(Object.entries(korean))('says %s', (english, spoken) => {
    const speaker: Speaker = { named: (given) => given, refusal: () => 'refused' }

    expect(hostTranslator('ko')?.(filled(english), speaker)).toBe(filled(spoken))
  })

  it('has the sentences that screens say themselves, too', () => {
    expect(hostTranslator('ko')?.('The bytes end inside $.id.', plain)).toContain('‹$.id›')
    expect(
      hostTranslator('ko')?.(
        'Not sent, since what stood before it failed: The broker that was asked is not the controller.',
        plain
      )
    ).toContain('컨트롤러가 아닙니다.')
  })

  it('is no matter of English', () => {
    expect(hostTranslator('en')).toBeUndefined()
  })
})
