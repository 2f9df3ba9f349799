import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import type { WorkloadView } from '@api/workloads'
import { sceneSchema } from '@api/workloads'
import { definitionOf, emptyForm, formOf, settingsOf, wrongFields } from '@/components/lab/workload-form'
import WorkloadsPane from '@/components/lab/WorkloadsPane.vue'
import { groupsOf, rateText, sceneOf, sumText, trendPath } from '@/components/lab/workload-rows'
import { show, shownText, useFakeHost } from '../../support/mount'

function consumer(name: string, rest: Partial<WorkloadView> = {}): WorkloadView {
  return {
    name,
    kind: 'consumer',
    topic: 'orders',
    groupId: 'readers',
    state: 'running',
    sinceMs: 0,
    scene: null,
    pid: 7,
    settings: {
      topic: 'orders',
      group: 'readers',
      processingMs: 0,
      commit: 'auto',
      staticId: false,
      sessionTimeoutMs: 10_000,
      from: 'earliest'
    },
    ratePerSecond: 10,
    rates: [],
    records: 0,
    errors: 0,
    lastError: null,
    unsent: 0,
    partitions: [0],
    generation: 3,
    memberId: 'm',
    isJoining: false,
    lagRecords: 0,
    slowedBy: 1,
    evictedAtMs: null,
    isEvicted: false,
    problem: null,
    ...rest
  }
}

describe('rows that cannot be kept', () => {
  it.each([
    ['en', '/lab/workloads.json: EACCES: permission denied', 'permission denied. What runs goes on'],
    ['en', 'There is no room on the disk.', 'There is no room on the disk. What runs goes on'],
    ['ko', '/lab/workloads.json: EACCES: permission denied', 'permission denied. 실행 중인 것은 계속되지만']
  ] as const)('say why in a sentence of its own, in %s: %s', async (language, reason, said) => {
    const api = useFakeHost()
    await show(WorkloadsPane, {}, language)
    api.push('workloads', { atMs: 1, workloads: [], scenes: [], notKept: { sinceMs: 1, reason } })
    await flushPromises()

    expect(shownText().replaceAll(/[\u2068\u2069]/g, '')).toContain(said)
  })
})

describe('the lag of a group and of its members', () => {
  it.each([
    ['en', 'group: committed, member: processed'],
    ['ko', '그룹: 커밋 기준, 멤버: 처리 기준']
  ] as const)('is said in words to be counted in two ways, in %s', async (language, said) => {
    const api = useFakeHost()
    await show(WorkloadsPane, {}, language)
    api.push('workloads', { atMs: 1, workloads: [consumer('a-1')], scenes: [], notKept: null })
    await flushPromises()

    expect(shownText()).toContain(said)
  })
})

describe('rows of workloads', () => {
  it('are grouped by consumer group, with the highest generation of its members', () => {
    const rows = [
      consumer('a-1'),
      consumer('a-2', { generation: 5 }),
      consumer('b', { groupId: 'others', generation: null })
    ]
    expect(groupsOf(rows).map(({ groupId, members, generation }) => [groupId, members.length, generation])).toEqual([
      ['readers', 2, 5],
      ['others', 1, null]
    ])
  })

  it('are summed to what is known, and never to 0 for what is not', () => {
    expect(sumText([1, 2.4])).toBe('3')
    expect(sumText([1000, null])).toMatch(/^≥\s?1\s?000$/)
    expect(sumText([null])).toBe('—')
    expect([rateText(null), rateText(0.25), rateText(0), rateText(234.5)]).toEqual(['—', '0.3', '0', '235'])
  })

  it('leave a gap in their line where nothing was told', () => {
    expect(trendPath([0, 10, null, 10], 30, 10)).toBe('M0.0 9.0L10.0 1.0M30.0 1.0')
  })

  it('make a scene that the host takes; those that differ by their number are one entry of it', () => {
    const scene = sceneOf('mine', [consumer('a-1'), consumer('a-2'), consumer('solo-7')])
    expect(sceneSchema.parse(scene).consumers.map(({ name, members }) => [name, members])).toEqual([
      ['a', 2],
      ['solo-7', 1]
    ])
  })
})

describe('the form of a workload', () => {
  it('names every field that may not be sent as it is typed', () => {
    const form = { ...emptyForm('producer'), topic: 'a b', rate: '1e400', size: '-0', keys: '1.0', hot: '101' }
    expect(wrongFields(form)).toEqual(['topic', 'rate', 'size', 'keys', 'hot'])
    expect(wrongFields({ ...emptyForm('consumer'), session: '5', count: '0' })).toEqual([
      'group',
      'topic',
      'count',
      'session'
    ])
    expect(wrongFields({ ...emptyForm('producer'), topic: 'orders', rate: '0.5' })).toEqual([])
  })

  it('sends what the host takes, and numbers names that are taken', () => {
    const producer = { ...emptyForm('producer'), topic: 'orders', hot: '80' }
    expect(sceneSchema.parse(definitionOf(producer, ['orders-in'])).producers).toMatchObject([
      { name: 'orders-in-2', topic: 'orders', hotShare: 0.8, count: 1 }
    ])
    const members = { ...emptyForm('consumer'), group: '결제 서비스', topic: 'orders', count: '3' }
    expect(sceneSchema.parse(definitionOf(members, [])).consumers).toMatchObject([{ name: 'consumer', members: 3 }])
  })

  it('opened for a row and saved unchanged, changes nothing', () => {
    const row = consumer('a-1')
    expect(settingsOf(formOf(row))).toEqual(row.settings)
  })
})
