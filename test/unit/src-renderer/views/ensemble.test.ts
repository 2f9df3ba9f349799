import { describe, expect, it } from 'vitest'
import { flushPromises } from '@vue/test-utils'
import { ApiError } from '@api/api'
import type { NodeState, ReasonView } from '@api/views'
import AppDialogs from '@/components/shell/AppDialogs.vue'
import en from '@/i18n/en.json'
import { useDialogsStore } from '@/stores/dialogs'
import { useRouteStore } from '@/stores/route'
import { useZnodesStore } from '@/stores/znodes'
import EnsembleView from '@/views/EnsembleView.vue'
import { fakeChildren, fakeEnsemble, fakeZnode } from '../../../support/fake-ensemble'
import { one, show, useFakeHost } from '../support/mount'
import { clusterView, nodeView } from '../support/views'

const text = (): string => (document.body.textContent ?? '').replace(/[\u2066-\u2069]/g, '').replace(/\s+/g, ' ')
const line = (name: string): HTMLElement => {
  const found = [...document.querySelectorAll<HTMLElement>('[role=treeitem]')].find(
    (one) => one.querySelector('bdi')?.textContent === name
  )
  if (found === undefined) throw new Error(`${name} is not in the tree`)
  return found
}
const press = async (key: string): Promise<void> => {
  document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
  await flushPromises()
}

async function shown(...states: NodeState[]) {
  const api = useFakeHost()
  await show(EnsembleView)
  const nodes = states.map((state, i) => nodeView(`ensemble-${i + 1}`, state))
  api.push('cluster', clusterView({ nodes: [nodeView('broker-1'), ...nodes] }))
  api.push('ensemble', fakeEnsemble(nodes, Date.now()))
  await flushPromises()
  const root = fakeChildren('children:200:/', 0)
  if (root !== null) api.push('children:200:/', root)
  await flushPromises()
  return api
}

describe('the ensemble', () => {
  it('says whether it can write, who leads, and a dead member’s figures not at all', async () => {
    await shown('running', 'running', 'killed')

    expect(text()).toContain('2 of 3 members run; one more loss stops writes')
    expect(text()).toContain('Ensemble 1 leads term 5.')
    const rows = [...document.querySelectorAll('tbody tr')].map((row) => row.textContent.replace(/\s+/g, ' '))
    expect(rows[0]).toContain('0x500000214')
    expect(rows[2]).toContain('Killed')
    expect(rows[2]).not.toMatch(/0x5|Follower/)
    expect(text()).toContain('Start ensemble 3')
  })

  it('marks a member that runs and takes no part, and says why', async () => {
    const api = await shown('running', 'running', 'running')
    const nodes = [1, 2, 3].map((id) => nodeView(`ensemble-${id}`))
    const state = (index: number) => document.querySelectorAll('tbody tr')[index]?.querySelector('.status')
    expect(state(2)?.textContent).toBe('Running')

    const cutOff: ReasonView = {
      code: 'memberCutOff',
      level: 'degraded',
      sinceMs: 1,
      count: null,
      node: 'ensemble-3',
      sample: []
    }
    api.push('cluster', clusterView({ nodes, reasons: [cutOff] }))
    const apart = (role: 'candidate' | 'learner') => ({
      ...fakeEnsemble(nodes, Date.now()),
      apart: [{ member: 'ensemble-3', role, sinceMs: 1 }]
    })
    api.push('ensemble', apart('candidate'))
    await flushPromises()

    expect([0, 1, 2].map((index) => state(index)?.textContent.trim())).toEqual(['Running', 'Running', 'Cut off'])
    expect(state(2)?.getAttribute('title')).toContain('it has not reached the leader since')

    api.push('ensemble', apart('learner'))
    await flushPromises()
    expect(state(2)?.textContent.trim()).toBe('Copying')

    // By state it is none of those that run; its detail says the same of it.
    one('columnheader', 'State').querySelector('button')?.click()
    await flushPromises()
    expect(state(0)?.textContent.trim()).toBe('Copying')
    useRouteStore().go('ensemble', 'ensemble-3')
    await flushPromises()
    expect(document.querySelector('.detail-head .status')?.textContent.trim()).toBe('Copying')
  })

  it('shows no day in 1970 for znodes that every ensemble begins with', async () => {
    const api = await shown('running')
    const root = fakeChildren('children:200:/', 0)
    if (root === null) throw new Error('the tree has no root')
    const [first] = root.rows
    if (first === undefined) throw new Error('the root has no children')
    api.push('children:200:/', { ...root, rows: [{ ...first, mtimeMs: 0 }] })
    await flushPromises()

    expect(line(first.name).querySelector('.when')?.textContent).toBe('—')
  })

  it('says beside the tree how many znodes there are, and nothing of it while no member tells', async () => {
    const count = () => document.querySelector('[data-testid=znode-count]')?.textContent
    const api = await shown('running', 'running', 'running')
    expect(count()).toBe('10\u2009063')

    const dead = ['killed', 'killed', 'killed'].map((state, i) => nodeView(`ensemble-${i + 1}`, state as NodeState))
    api.push('ensemble', fakeEnsemble(dead, Date.now()))
    await flushPromises()

    expect(count()).toBe('—')
  })

  it('says what happened when at the last election, in milliseconds after the first, and what is not known', async () => {
    const steps = (): string[] =>
      [...document.querySelectorAll('.steps li')].map((step) => step.textContent.replace(/\u2009/g, ' ').trim())
    await shown('running', 'running', 'killed')

    expect(steps()[0]).toMatch(/\d\d:42:20.579Ensemble 3 is lost as the leader/)
    expect(steps().slice(1)).toEqual([
      '+298 msEnsemble 1 asks first (pre-vote)',
      '+331 msEnsemble 1 stands for term 5',
      '+352 msEnsemble 2 votes for it',
      '+410 msEnsemble 1 leads',
      '+447 msFirst write of term 5 is done'
    ])
    expect(text()).not.toContain(en.ensemble.step.unknown)

    await shown('running', 'killed', 'killed')
    expect(text()).toContain('—Ensemble 1 asks first')
    expect(text()).toContain(en.ensemble.step.unknown)
  })

  it('says what stops without a quorum, and what does not', async () => {
    await shown('running', 'killed', 'killed')

    expect(text()).toContain('No quorum: 1 of 3 members run, 2 needed')
    expect(text()).toContain(en.ensemble.noWrites)
  })

  it('offers to wipe a damaged member only while a majority has everything without it', async () => {
    const offers = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('[data-testid=damaged] button')]
    const damage = (api: Awaited<ReturnType<typeof shown>>, others: NodeState): Promise<void> => {
      const damaged = { ...nodeView('ensemble-3', 'failed'), problem: 'log.1 is damaged.', isCorrupt: true as const }
      const nodes = [nodeView('ensemble-1'), nodeView('ensemble-2', others), damaged]
      api.push('cluster', clusterView({ nodes: [nodeView('broker-1'), ...nodes] }))
      api.push('ensemble', fakeEnsemble(nodes, Date.now()))
      return flushPromises().then(() => undefined)
    }
    const api = await shown('running', 'running', 'failed')
    expect(offers()).toEqual([])

    await damage(api, 'killed')
    expect(text()).toContain('No majority has everything without it')
    expect(offers()).toEqual([])

    await damage(api, 'running')
    expect(text()).toContain('Ensemble 3 does not start: a file of it is damaged')
    offers()[0]?.click()
    expect(useDialogsStore().dialog).toEqual({ type: 'nodeCost', action: 'wipe', node: 'ensemble-3' })
  })

  it('of one member offers a cluster of three', async () => {
    await shown('running')
    const offer = [...document.querySelectorAll('button')].find((one) => one.textContent.includes('three members'))

    offer?.click()

    expect(useDialogsStore().dialog).toEqual({ type: 'newCluster' })
  })
})

describe('the tree of znodes', () => {
  it('unfolds what is asked for, and follows it only while it is unfolded', async () => {
    const api = await shown('running', 'running', 'running')
    line('brokers').focus()
    await press('ArrowRight')
    expect(api.watched()).toContain('children:200:/brokers')
    const children = fakeChildren('children:200:/brokers', 0)
    if (children !== null) api.push('children:200:/brokers', children)
    await flushPromises()

    await press('ArrowRight')
    expect(document.activeElement).toBe(line('ids'))
    expect(line('brokers').getAttribute('aria-expanded')).toBe('true')
    await press('ArrowLeft')
    expect(document.activeElement).toBe(line('brokers'))
    await press('ArrowLeft')

    expect(line('brokers').getAttribute('aria-expanded')).toBe('false')
    expect(api.watched()).not.toContain('children:200:/brokers')
  })

  it('tints what has changed, and nothing when it comes first', async () => {
    const api = await shown('running', 'running', 'running')
    expect(document.querySelectorAll('.tint')).toHaveLength(0)

    const root = fakeChildren('children:200:/', 0)
    if (root === null) throw new Error('a root')
    const rows = root.rows.map((row) => (row.name === 'config' ? { ...row, mzxid: '0x9', version: 4 } : row))
    api.push('children:200:/', { ...root, rows })
    await flushPromises()

    expect(line('config').querySelectorAll('.tint')).toHaveLength(1)
    expect(document.querySelectorAll('.tint')).toHaveLength(1)
  })

  it('opens one with Enter: whose it is, its stat and its data', async () => {
    const api = await shown('running', 'running', 'running')
    line('controller').focus()
    await press('Enter')
    expect(useRouteStore().route.subject).toBe('/controller')
    api.push('znode:/controller', fakeZnode('/controller'))
    await flushPromises()

    expect(document.querySelector('aside.detail')?.textContent).toContain('0x3000a41c7d20007')
    expect(document.querySelector('aside.detail .owner a')?.getAttribute('href')).toBe('#/brokers/broker-1')
    expect(document.querySelector('aside.detail')?.textContent).toContain('brokerid')
  })
})

describe('changing a znode', () => {
  it('deletes what a broker lives on only when its path was typed, and says what went wrong', async () => {
    const api = useFakeHost()
    await show(AppDialogs)
    useDialogsStore().open({ type: 'deleteZnode', path: '/brokers/ids/2' })
    await flushPromises()
    const button = (): HTMLButtonElement | null => document.querySelector('.dialog-foot .danger')

    expect(text()).toContain('The cluster takes broker 2 for dead')
    expect(button()?.disabled).toBe(true)
    const input = document.querySelector<HTMLInputElement>('#delete-znode-path')
    if (input === null) throw new Error('a field for the path')
    input.value = '/brokers/ids/2'
    input.dispatchEvent(new Event('input'))
    await flushPromises()
    button()?.form?.requestSubmit()
    await flushPromises()
    expect(api.last('znode.delete').input).toEqual({ path: '/brokers/ids/2' })
    api
      .last('znode.delete')
      .reject(new ApiError({ code: 'NOT_FOUND', kafkaError: 'NONODE', message: 'There is no znode /brokers/ids/2.' }))
    await flushPromises()

    expect(text()).toContain('NONODE: There is no znode /brokers/ids/2.')
  })

  it('creates one below the one that is open, and goes there', async () => {
    const api = useFakeHost()
    await show(AppDialogs)
    useDialogsStore().open({ type: 'createZnode', parent: '/app' })
    await flushPromises()
    const fill = async (id: string, value: string): Promise<void> => {
      const field = document.querySelector<HTMLInputElement>(id)
      if (field === null) throw new Error(`${id} is not there`)
      field.value = value
      field.dispatchEvent(new Event('input'))
      await flushPromises()
    }
    await fill('#znode-name', 'a/b')
    expect(text()).toContain(en.znode.problem.slash)
    await fill('#znode-name', 'lock')
    await fill('#znode-data', '{"by":1}')
    document.querySelector<HTMLFormElement>('#znode-edit')?.requestSubmit()
    await flushPromises()

    expect(api.last('znode.create').input).toEqual({ path: '/app/lock', data: '{"by":1}' })
    api.last('znode.create').resolve({ path: '/app/lock', stat: fakeZnode('/app/lock').stat })
    await flushPromises()
    expect(useDialogsStore().dialog).toBeUndefined()
    expect(useRouteStore().route.subject).toBe('/app/lock')
  })

  describe('whose data is typed', () => {
    const area = (): HTMLTextAreaElement => {
      const found = document.querySelector<HTMLTextAreaElement>('#znode-data')
      if (found === null) throw new Error('a field for the data')
      return found
    }
    const button = (): HTMLButtonElement | null => document.querySelector('.dialog-foot [type=submit]')
    const type = async (value: string): Promise<void> => {
      area().value = value
      area().dispatchEvent(new Event('input'))
      await flushPromises()
    }
    async function setting(view: Partial<ReturnType<typeof fakeZnode>>) {
      const api = useFakeHost()
      useZnodesStore().select('/app/x')
      api.push('znode:/app/x', { ...fakeZnode('/app/x'), ...view })
      await show(AppDialogs)
      useDialogsStore().open({ type: 'setZnode', path: '/app/x' })
      await flushPromises()
      return api
    }

    it('as digits where it is not UTF-8, says so, and is sent as those bytes', async () => {
      const api = await setting({ data: { base64: 'AAD/Lg==' } })
      expect(text()).toContain('What is in it now is not UTF-8')
      expect(area().value).toBe('00 00 ff 2e')
      expect(document.activeElement).toBe(area())

      await type('00 0')
      expect(text()).toContain('A byte has two hexadecimal digits')
      expect(button()?.disabled).toBe(true)
      await type('0x 00 ff')
      button()?.form?.requestSubmit()
      await flushPromises()

      expect(api.last('znode.set').input).toEqual({ path: '/app/x', data: { base64: 'AP8=' }, version: 0 })
    })

    it('as text where it is text, and as Base64 when that is chosen', async () => {
      const api = await setting({ data: 'né' })
      expect(area().value).toBe('né')
      expect(document.querySelector('[data-testid=present]')).toBeNull()

      one('radio', 'Base64').click()
      await flushPromises()
      await type('w6k')
      button()?.form?.requestSubmit()
      await flushPromises()

      expect(api.last('znode.set').input).toMatchObject({ data: { base64: 'w6k=' } })
    })

    it('and is not offered to be changed where not all of it, or nothing, is known', async () => {
      await setting({ data: 'abc', cutFromBytes: 900_000 })
      expect(area().value).toBe('')
      expect(text()).toContain('It has 900 000 B now, too many to be changed here.')

      await setting({ data: null, isDenied: true })
      expect(text()).toContain('The ACL does not let Lagoon read')
    })
  })
})
