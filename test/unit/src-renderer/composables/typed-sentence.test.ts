import { mount } from '@vue/test-utils'
import { defineComponent, h } from 'vue'
import { describe, expect, it } from 'vitest'
import { problemSentence, type TypedProblem } from '@api/formats'
import { typedSentence } from '@/composables/typed-sentence'
import { useText } from '@/composables/use-text'
import { createTexts } from '@/i18n'
import { useFakeHost } from '../support/mount'

/** As a screen in that language says it. */
function said(problem: TypedProblem, language: 'en' | 'ko'): string {
  useFakeHost()
  let sentence = ''
  const screen = defineComponent({
    setup() {
      sentence = typedSentence(useText(), problem)
      return () => h('p', sentence)
    }
  })
  mount(screen, { global: { plugins: [createTexts(language)] } })
  return sentence.replaceAll(/[\u2066-\u2069]/g, '')
}

const ofSchema = (problem: TypedProblem): TypedProblem => ({
  code: 'schemaJson',
  params: { reason: problemSentence(problem) }
})

describe('what a schema has wrong', () => {
  it.each<[string, TypedProblem, string]>([
    [
      'nothing',
      { code: 'jsonEmpty', params: {} },
      '스키마가 JSON이 아닙니다: JSON이 없습니다. 아무것도 입력되지 않았습니다.'
    ],
    [
      'half of it',
      { code: 'jsonEnd', params: { line: 1, column: 9 } },
      '스키마가 JSON이 아닙니다: 1행 9열에서 JSON이 너무 일찍 끝났습니다.'
    ]
  ])('is said in the language of the screen: %s', (_what, problem, korean) => {
    expect(said(ofSchema(problem), 'ko')).toBe(korean)
    expect(said(ofSchema(problem), 'en')).toMatch(/^The schema is no JSON: /)
  })

  it('stays as it is where others have said it', () => {
    const problem: TypedProblem = { code: 'schemaBad', params: { reason: 'unknown type: "recrd"' } }
    expect(said(problem, 'ko')).toContain('unknown type: "recrd"')
  })
})
