import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { problemsOf, sceneSchema } from '../../../../../src-main/api/workloads'
import { builtInScenes, sceneKey } from '../../../../../src-main/workload/core/scenes'

const problemsIn = (value: unknown): string => {
  const { error } = sceneSchema.safeParse(value)
  return error === undefined ? '' : problemsOf('The scene', error)
}

describe('scenes', () => {
  it('of every lab are the five, with topics of their own, so that they may run side by side', () => {
    expect(builtInScenes.map(({ name }) => name)).toEqual([
      'steady',
      'slow consumer',
      'hot partition',
      'burst',
      'one member leaves every 30 s'
    ])
    const topics = builtInScenes.flatMap((scene) => scene.topics.map(({ topic }) => topic))
    expect(new Set(topics).size).toBe(5)
    for (const { topics: own, producers, consumers } of builtInScenes)
      for (const { topic } of [...producers, ...consumers]) expect(own.map((one) => one.topic)).toContain(topic)
  })

  it('are found however their name is typed', () => {
    expect(['Slow consumer', 'slow-consumer', ' slow_consumer '].map(sceneKey)).toEqual(Array(3).fill('slow-consumer'))
  })

  it('of the docs are scenes, every field of which is explained', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../../../../docs/scenes.md'), 'utf8')
    const written = JSON.parse(/```json\n([^]*?)```/.exec(page)?.[1] ?? '') as unknown
    expect(problemsIn(written)).toBe('')
    const { topics, producers, consumers } = sceneSchema.shape
    const rowsOf = ({ element }: { element: { shape: object } }): string[] => Object.keys(element.shape)
    const fields = [topics, producers, consumers].flatMap((part) => rowsOf(part.unwrap()))
    for (const field of fields) expect(page).toContain(`\n| \`${field}\``)
  })

  it('need little: what is left out has a default', () => {
    const scene = sceneSchema.parse({ name: 'x', producers: [{ name: 'p', topic: 't', ratePerSecond: 1 }] })
    expect(scene).toMatchObject({ topics: [], consumers: [], producers: [{ acks: 'all', keys: 100, count: 1 }] })
  })

  it.each([
    [null, 'it: must be of type object'],
    [{}, 'name: is missing'],
    [{ name: 'x', colour: 1 }, 'there is no colour here'],
    [{ name: 'x', producers: [{ name: 'p', topic: 't' }] }, 'producers[0].ratePerSecond'],
    [{ name: 'x', producers: [{ name: 'p', topic: 't', ratePerSecond: 1, acks: '2' }] }, 'must be one of 0, 1, all'],
    [{ name: 'x', consumers: [{ topic: 't', group: '' }] }, 'consumers[0].group: must name a group'],
    [{ name: 'x', consumers: [{ topic: 'a/b', group: 'g' }] }, 'consumers[0].topic: must be a topic name'],
    [{ name: 'x', consumers: [{ topic: 't', group: 'g', members: 1e9 }] }, 'members: must be at most 20'],
    [{ name: 'x', consumers: [{ topic: 't', group: 'g', sessionTimeoutMs: 1 }] }, 'must be at least 6000'],
    [{ name: 'x'.repeat(100) }, 'name: must be 1 to 60 letters']
  ])('are refused in a sentence that names the place: %j', (value, said) => {
    expect(problemsIn(value)).toContain(said)
    expect(problemsIn(value)).toMatch(/^The scene cannot be used\. .*\.$/)
  })
})
