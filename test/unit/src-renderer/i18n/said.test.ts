import { describe, expect, it } from 'vitest'
import { PROBLEM_SENTENCES, problemSentence, type ProblemCode } from '@api/formats'
import { EXPECTED } from '@api/json-scan'
import { NODE_STATES } from '@api/views'
import { problemsOf, sceneSchema } from '@api/workloads'
import { hostTranslator, messages } from '@/i18n'
import { translator, type Speaker } from '@/i18n/said'
import korean from '@/i18n/said/ko.json'

const plain: Speaker = { named: (name) => `‹${name}›`, refusal: (error, words) => `${error}!${words}` }

describe('a sentence of the host', () => {
  const spoken = translator({
    'There is no topic {0}.': '{0} 토픽이 없습니다.',
    'Topic {0} has no partition {1}.': '{0} 토픽에 {1}번 파티션이 없습니다.',
    'Topic {0} has no partition {1}: it has {2}.': '{0} 토픽에는 {2}개뿐이라 {1}번이 없습니다.',
    'Not sent: {0}': '보내지 않음: {0:said}',
    'The broker refused: {0}': '거부됨: {0:told}',
    'The broker cannot write: {0}': '쓰지 못함: {0:said}',
    '{0} Come back later.': '{0:said} 나중에 다시 오세요.',
    '{0} does not exist.': '{0} 파일이 없습니다.',
    'It is {0}': '상태: {0}',
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

  it('is not taken for the name with which another one begins', () => {
    expect(spoken('Not sent: /a/b does not exist.', plain)).toBe('보내지 않음: ‹/a/b› 파일이 없습니다.')
    expect(spoken('orders-0: /a/b does not exist.', plain)).toBe('‹orders-0›: ‹/a/b› 파일이 없습니다.')
    expect(spoken('Not sent: /a/b does not exist. Come back later.', plain)).toBe(
      '보내지 않음: ‹/a/b› 파일이 없습니다. 나중에 다시 오세요.'
    )
    expect(spoken('/a: b does not exist.', plain)).toBe('‹/a›: ‹b› 파일이 없습니다.')
    expect(spoken('/a b: c does not exist.', plain)).toBe('‹/a b: c› 파일이 없습니다.')
  })

  it('is looked for with more care in what a broker has said, which may be of another make', () => {
    expect(spoken('/a/b does not exist.', plain)).toBe('‹/a/b› 파일이 없습니다.')
    expect(spoken('Topic orders does not exist.', plain, 'broker')).toBeUndefined()
    expect(spoken('It is full', plain, 'broker')).toBeUndefined()
    expect(spoken('There is no topic orders.', plain, 'broker')).toBe('‹orders› 토픽이 없습니다.')
    expect(spoken('The broker refused: Topic orders does not exist.', plain)).toBe(
      '거부됨: ‹Topic orders does not exist.›'
    )
    expect(spoken('The broker refused: There is no topic orders.', plain)).toBe('거부됨: ‹orders› 토픽이 없습니다.')
    expect(spoken('INVALID_CONFIG: Topic orders does not exist.', plain)).toBe(
      'INVALID_CONFIG!Topic orders does not exist.'
    )
    expect(spoken('The broker cannot write: /a/b does not exist.', plain, 'broker')).toBe(
      '쓰지 못함: ‹/a/b› 파일이 없습니다.'
    )
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
    expect(spoken('Not sent: '.repeat(1000), plain)).toBe(`${'보내지 않음: '.repeat(4)}‹${'Not sent: '.repeat(996)}›`)
  })
})

describe('the Korean of the host', () => {
  const name = (place: string): string => `이름${place}`
  const filled = (template: string): string =>
    template.replaceAll(/\{(\w+)(:\w+)?\}/g, (_place, place: string) => name(place))

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

  const say = (english: keyof typeof korean, ...values: readonly string[]): string =>
    korean[english].replaceAll(/\{(\w+)(:\w+)?\}/g, (_place, place: string) => values[Number(place)] ?? '')
  const heard = (english: string): string | undefined => hostTranslator('ko')?.(english, plain)

  it.each(Object.keys(PROBLEM_SENTENCES) as ProblemCode[])('says what is wrong with typed text: %s', (code) => {
    const params: Record<string, string> = {}
    for (const [, place = ''] of PROBLEM_SENTENCES[code].matchAll(/\{(\w+)\}/g)) params[place] = name(place)
    const own = messages.ko.typed[code].replaceAll(/\{(\w+)\}/g, (_place, place: string) => `‹${name(place)}›`)

    expect(heard(problemSentence({ code, params }))).toBe(own)
    expect(heard(`Record 2, value: ${problemSentence({ code, params })}`)).toBe(
      say('Record {0}, {1}: {2}', '‹2›', korean.value, own)
    )
  })

  it.each(Object.entries(EXPECTED))('says what should stand there: %s', (state, expected) => {
    const params = { line: 1, column: 9, found: '“,”', expected }
    const own = messages.ko.typed.expected[state as keyof typeof EXPECTED]
    const sentence = messages.ko.typed.jsonFound
      .replace('{line}', '‹1›')
      .replace('{column}', '‹9›')
      .replace('{found}', '‹“,”›')
      .replace('{expected}', own)

    expect(heard(`Key: ${problemSentence({ code: 'jsonFound', params })}`)).toBe(`${korean.Key}: ${sentence}`)
    const reason = problemSentence({ code: 'jsonFound', params })
    expect(heard(`Record 2, value: ${problemSentence({ code: 'schemaJson', params: { reason } })}`)).toBe(
      say('Record {0}, {1}: {2}', '‹2›', korean.value, messages.ko.typed.schemaJson.replace('{reason}', sentence))
    )
  })

  it('says each of several problems, and how many more there are', () => {
    const settings = say('These settings of {0}', '‹p1›')
    const two = [
      `‹rate›: ${say('must be at least {0}', '‹1›')}`,
      `‹payloadBytes›: ${say('must be at most {0}', '‹9›')}`
    ].join('; ')
    const begin = 'These settings of p1 cannot be used. rate: must be at least 1; payloadBytes: must be at most 9'

    expect(heard(`${begin}.`)).toBe(say('{0} cannot be used. {1}.', settings, two))
    expect(heard(`${begin} and 3 more.`)).toBe(
      say('{0} cannot be used. {1}.', settings, say('{0} and {1} more', two, '3'))
    )
    expect(heard('The scene cannot be used. it: is missing; a: "; b: is odd.')).toBe(
      say('{0} cannot be used. {1}.', korean['The scene'], `${korean.it}: ${korean['is missing']}; ‹a: "›; ‹b: is odd›`)
    )
  })

  it('says what is wrong with a scene, whatever it is', () => {
    const topics = [{ name: 'a/b' }, { name: 1 }, { partitions: -1 }, {}, {}]
    const consumers = [{ topic: 'a/b', group: 'g', members: 1e9 }]
    for (const value of [null, 7, { name: 'x', colour: 1 }, { name: 'x', topics }, { name: '', topics, consumers }]) {
      const { error } = sceneSchema.safeParse(value)
      const sentence = error === undefined ? '' : problemsOf('The scene', error)

      expect(heard(sentence)?.replaceAll(/‹[^›]*›/g, '')).toMatch(/^[^a-zA-Z]+$/)
      expect(heard(sentence)).not.toMatch(/‹[^›]*: [^›]*›/)
    }
  })

  it.each([
    ['The broker at {0} did not answer in time.', 'The broker at ::1:9092 did not answer in time.'],
    ['Nothing listens at {0}.', 'Nothing listens at ::1:9092.'],
    ['The broker at {0} did not answer: {1}', 'The broker at ::1:9092 did not answer: a: b'],
    ['{0} is no address: {1} is no port.', '::1:9092 is no address: 9092 is no port.'],
    ['{0} is no address: {1} is no port', '::1:9092 is no address: 9092 is no port'],
    ['{0} did not answer within {1} ms', '::1:9092 did not answer within 5 ms']
  ] as const)('names an address of IPv6 whole: %s', (template, english) => {
    const second = english.includes(' 9092 ') ? '‹9092›' : english.endsWith('ms') ? '‹5›' : '‹a: b›'

    expect(heard(english)).toBe(say(template, '‹::1:9092›', second))
  })

  it.each(NODE_STATES)('says of a node that it is %s', (state) => {
    expect(heard(`broker-1 does not run (${state}). Start it instead.`)).toBe(
      say('{0} does not run ({1}). Start it instead.', '‹broker-1›', messages.ko.nodeState[state])
    )
  })

  it('says between what there is a choice', () => {
    expect(heard('Invalid value x for config compression.type: possible here is producer or gzip or none.')).toBe(
      say(
        'Invalid value {0} for config {1}: possible here is {2}.',
        '‹x›',
        '‹compression.type›',
        '‹producer›, ‹gzip›, ‹none›'
      )
    )
  })

  it('is no matter of English', () => {
    expect(hostTranslator('en')).toBeUndefined()
  })
})
