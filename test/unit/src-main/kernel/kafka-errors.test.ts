import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { kafkaProblem } from '../../../../src-main/admin/broker-lanes'
import { KAFKA_ERROR_SENTENCES, kafkaErrorSentence } from '../../../../src-main/kernel/kafka-errors'
import { ERROR_CODES } from '../../../../src-main/protocol/wire/error-codes'

const localeOf = (name: string) =>
  JSON.parse(readFileSync(resolve('src-renderer/i18n', `${name}.json`), 'utf8')) as {
    readonly kafkaError: Readonly<Record<string, string>>
  }
const names = Object.keys(ERROR_CODES)

describe('an error of Kafka', () => {
  it.each(names)('%s has a sentence, here and in each language of the screens', (name) => {
    for (const sentence of [kafkaErrorSentence(name), localeOf('en').kafkaError[name], localeOf('ko').kafkaError[name]])
      expect(sentence).toMatch(/^.{10,}\.$/)
    expect(localeOf('en').kafkaError[name]).toBe(kafkaErrorSentence(name))
    expect(localeOf('ko').kafkaError[name]).toMatch(/[가-힣]/)
  })

  it('that is none of Kafka’s has no sentence', () => {
    for (const table of [KAFKA_ERROR_SENTENCES, localeOf('en').kafkaError, localeOf('ko').kafkaError])
      expect(Object.keys(table).sort()).toEqual([...names].sort())
  })

  it.each(Object.entries(ERROR_CODES).filter(([, code]) => code !== 0))(
    '%s comes with words from any broker, also from one that says none',
    (name, code) => {
      for (const message of [undefined, null, '', ' '])
        expect(kafkaProblem(code, message)).toEqual({ name, message: kafkaErrorSentence(name) })
      expect(kafkaProblem(code, 'Its own words.')).toEqual({ name, message: 'Its own words.' })
    }
  )

  it('of a number that nobody knows is told as such', () => {
    expect(kafkaProblem(999)).toEqual({ name: 'ERROR_999', message: expect.stringContaining('ERROR_999') as string })
  })
})
