import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import { ApiError } from '@api/api'
import AppDialogs from '@/components/shell/AppDialogs.vue'
import { useClusterStore } from '@/stores/cluster'
import { useDialogsStore } from '@/stores/dialogs'
import { useNodesStore } from '@/stores/nodes'
import type { FakeApi } from '../support/fake-api'
import { byRole, one, show, shownText, useFakeHost } from '../support/mount'
import { clusterView, nodeView, NOW_MS } from '../support/views'

let api: FakeApi
beforeEach(async () => {
  api = useFakeHost()
  useClusterStore()
  api.push('cluster', clusterView())
  await show(AppDialogs)
})

async function type(element: HTMLElement, text: string): Promise<void> {
  if (!(element instanceof HTMLInputElement)) throw new Error('not a field')
  element.value = text
  element.dispatchEvent(new Event('input'))
  await flushPromises()
}

/** As a browser does: the dialog around the field is told, too. */
async function typeVisibly(element: HTMLElement, text: string): Promise<void> {
  if (!(element instanceof HTMLInputElement)) throw new Error('not a field')
  element.value = text
  element.dispatchEvent(new Event('input', { bubbles: true }))
  await flushPromises()
}

/** Partitions of a topic whose only in-sync replica goes, beside some that stay. */
const lost = (topic: string, offline: number[]) => ({
  topic,
  partitionCount: offline.length + 6,
  moves: [],
  offline,
  unclean: [],
  underMinIsr: [],
  refused: [],
  lastInSync: offline
})

describe('killing a broker', () => {
  beforeEach(async () => {
    useDialogsStore().open({ type: 'nodeCost', action: 'kill', node: 'broker-2' })
    await flushPromises()
  })
  const answer = async (): Promise<void> => {
    api.last('node.cost').resolve({
      node: 'broker-2',
      isController: false,
      topics: [lost('orders', [1, 4])],
      groups: [{ groupId: 'billing', to: null }],
      slowed: 0,
      isComplete: true,
      isMinIsrKnown: true
    })
    await flushPromises()
  }

  it('is asked first, with Cancel focused', () => {
    expect(one('alertdialog', 'Kill broker 2?')).toBeTruthy()
    expect(document.activeElement?.textContent.trim()).toBe('Cancel')
  })

  it('cannot be confirmed before its cost is known', async () => {
    const button = one('button', 'Kill broker 2') as HTMLButtonElement
    expect(button.disabled).toBe(true)

    await answer()
    // It holds the last replica in sync.
    expect(button.disabled).toBe(true)
    await type(document.querySelector('#cost-name') as HTMLElement, 'broker-1')
    expect(button.disabled).toBe(true)
    await type(document.querySelector('#cost-name') as HTMLElement, 'broker-2')

    expect(button.disabled).toBe(false)
  })

  it('says what it costs and what stays safe', async () => {
    await answer()

    expect(shownText()).toContain('2 partitions go offline: broker 2 holds their only in-sync replica')
    expect(shownText()).toContain('One group loses its coordinator: billing cannot commit')
    expect(one('row', /^orders/).textContent).toContain('1 4')
    expect(shownText()).toContain('Broker 1 stays controller: epoch 3 goes on')
  })

  it('happens when confirmed, and stays pending until it is observed', async () => {
    await answer()
    await type(document.querySelector('#cost-name') as HTMLElement, 'broker-2')

    one('button', 'Kill broker 2').click()
    await flushPromises()

    expect(api.last('node.kill').input).toEqual({ node: 'broker-2' })
    expect(useNodesStore().pending.get('broker-2')).toBe('kill')
    expect(byRole('alertdialog', '')).toEqual([])
  })

  it('does not happen when cancelled', async () => {
    await answer()

    one('button', /^Cancel$/).click()
    await flushPromises()

    expect(api.calls.map((call) => call.name)).toEqual(['node.cost'])
    expect(byRole('alertdialog', '')).toEqual([])
  })

  it('is still possible when its cost cannot be told', async () => {
    api.last('node.cost').reject(new ApiError({ code: 'FAILED', message: 'The monitor is down.' }))
    await flushPromises()

    expect(shownText()).toContain('What it costs is not known. The monitor is down.')
    expect((one('button', 'Kill broker 2') as HTMLButtonElement).disabled).toBe(false)
  })
})

describe('killing a broker that leads hundreds of topics', () => {
  it('says what stays safe before the list, and folds the list with its count', async () => {
    useDialogsStore().open({ type: 'nodeCost', action: 'kill', node: 'broker-2' })
    await flushPromises()
    api.last('node.cost').resolve({
      node: 'broker-2',
      isController: false,
      topics: Array.from({ length: 300 }, (_, i) =>
        lost(
          `t-${i}`,
          Array.from({ length: 60 }, (_, p) => p)
        )
      ),
      groups: Array.from({ length: 40 }, (_, i) => ({ groupId: `g-${i}`, to: null })),
      slowed: 0,
      isComplete: true,
      isMinIsrKnown: true
    })
    await flushPromises()

    const text = shownText()
    expect(text.indexOf('What stays safe')).toBeLessThan(text.indexOf('t-0'))
    expect(byRole('row', /^t-/)).toHaveLength(6)
    expect(one('row', /^t-0/).textContent).toContain('and 36 more')
    expect(text).toContain('g-4 and 35 more cannot commit')
    one('button', 'Show 294 more topics').click()
    await flushPromises()
    expect(byRole('button', 'more topics')).toEqual([])
  })
})

describe('a dialog that does something', () => {
  it.each([
    [{ type: 'nodeCost', action: 'kill', node: 'broker-2' }, 'kills'],
    [{ type: 'createTopic' }, 'creates'],
    [{ type: 'deleteTopic', topic: 'orders' }, 'deletes']
  ] as const)('says its keys: %j', async (dialog, word) => {
    useDialogsStore().open(dialog)
    await flushPromises()

    const keys = document.querySelector('.dialog-foot .keys')?.textContent.replace(/\s+/g, ' ')
    expect(keys).toMatch(new RegExp(`Esc ?cancels.*Ctrl Enter ?${word}`))
  })

  it('offers itself as a command', async () => {
    useDialogsStore().open({ type: 'deleteTopic', topic: 'orders' })
    await flushPromises()

    expect(one('button', 'Copy command')).toBeTruthy()
  })
})

describe('a dialog that asks nothing', () => {
  it.each([
    ['connectClient', 'Connect a client'],
    ['shortcuts', 'Keyboard shortcuts']
  ] as const)('takes the focus from the page behind it: %s', async (type, title) => {
    const behind = document.body.appendChild(document.createElement('button'))
    behind.focus()

    useDialogsStore().open({ type })
    await flushPromises()

    expect(document.activeElement).toBe(one('dialog', title))
    behind.remove()
  })
})

describe('creating a topic', () => {
  beforeEach(async () => {
    useDialogsStore().open({ type: 'createTopic' })
    await flushPromises()
  })

  it('asks once before what was typed is lost, and keeps it', async () => {
    await typeVisibly(one('textbox', /^Name$/), 'orders')
    one('button', /^Cancel$/).click()
    await flushPromises()

    expect(one('alert', '').textContent).toContain('What you typed is lost when this closes.')
    expect(document.activeElement?.textContent.trim()).toBe('Keep editing')
    one('button', 'Keep editing').click()
    await flushPromises()
    expect((one('textbox', /^Name$/) as HTMLInputElement).value).toBe('orders')

    one('button', /^Cancel$/).click()
    await flushPromises()
    one('button', 'Discard').click()
    await flushPromises()
    expect(useDialogsStore().dialog).toBeUndefined()
  })

  it('closes at once when nothing was typed', async () => {
    one('button', /^Cancel$/).click()
    await flushPromises()

    expect(useDialogsStore().dialog).toBeUndefined()
  })

  it('sends name, partitions and retention', async () => {
    await type(one('textbox', /^Name$/), 'orders')
    await type(one('textbox', /^Partitions$/), '12')
    one('button', /^Create topic$/).click()
    await flushPromises()

    expect(api.last('topic.create').input).toEqual({
      topic: 'orders',
      partitions: 12,
      replicationFactor: 2,
      configs: {}
    })
  })

  it('offers as many replicas as there are brokers, however many', async () => {
    const brokers = Array.from({ length: 7 }, (_, i) => nodeView(`broker-${i + 1}`))
    api.push('cluster', clusterView({ nodes: [...brokers, nodeView('ensemble-1')] }))
    await flushPromises()
    await type(one('textbox', /^Name$/), 'orders')
    expect(one('combobox', 'Replication factor').textContent.trim()).toBe('3')
    one('combobox', 'Replication factor').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
    await flushPromises()
    expect(byRole('option', '').map(({ textContent }) => textContent.trim())).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7'
    ])
    one('option', '7').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
    await flushPromises()
    expect(one('combobox', 'Replication factor').textContent.trim()).toBe('7')
    one('button', /^Create topic$/).click()
    await flushPromises()

    expect(api.last('topic.create').input).toMatchObject({ replicationFactor: 7 })
  })

  it('shows the error of the server in the form, and keeps what was typed', async () => {
    await type(one('textbox', /^Name$/), 'orders')
    one('button', /^Create topic$/).click()
    await flushPromises()

    api
      .last('topic.create')
      .reject(
        new ApiError({ code: 'KAFKA', message: "Topic 'orders' already exists.", kafkaError: 'TOPIC_ALREADY_EXISTS' })
      )
    await flushPromises()

    expect(one('alert', 'TOPIC_ALREADY_EXISTS')).toBeTruthy()
    expect((one('textbox', /^Name$/) as HTMLInputElement).value).toBe('orders')
  })

  it('opens the topic when it was created', async () => {
    await type(one('textbox', /^Name$/), 'orders')
    one('button', /^Create topic$/).click()
    await flushPromises()

    api.last('topic.create').resolve({ topic: 'orders', topicId: 'x' })
    await flushPromises()

    expect(window.location.hash).toBe('#/topics/orders')
    expect(byRole('dialog', '')).toEqual([])
  })

  const button = (): HTMLButtonElement => one('button', /^Create topic$/) as HTMLButtonElement
  const confirm = async (): Promise<void> => {
    one('dialog', '').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true }))
    await flushPromises()
  }

  it('needs a name', async () => {
    expect(button().disabled).toBe(true)
    await type(one('textbox', /^Name$/), '   ')
    expect(button().disabled).toBe(true)
    expect(byRole('alert', '')).toEqual([])
  })

  it.each(['0', 'abc', '', '1.5', '1e3', '10001', '100000'])(
    'refuses the partition count “%s” instead of sending another one',
    async (count) => {
      await type(one('textbox', /^Name$/), 'orders')
      await type(one('textbox', /^Partitions$/), count)
      await confirm()

      expect(one('alert', 'A whole number from 1 to')).toBeTruthy()
      expect(button().disabled).toBe(true)
      expect(shownText()).not.toContain('6 partitions')
      expect(api.calls.map((call) => call.name)).not.toContain('topic.create')
    }
  )

  it('sends the highest partition count there is', async () => {
    await type(one('textbox', /^Name$/), 'orders')
    await type(one('textbox', /^Partitions$/), '10000')
    await confirm()

    expect(api.last('topic.create').input).toMatchObject({ partitions: 10_000 })
  })

  it('refuses a name that is too long whole, and one with illegal characters', async () => {
    await type(one('textbox', /^Name$/), 'a'.repeat(260))
    expect(one('alert', 'The name has 260 characters; 249 are allowed')).toBeTruthy()
    expect((one('textbox', /^Name$/) as HTMLInputElement).value).toHaveLength(260)
    expect(button().disabled).toBe(true)

    await type(one('textbox', /^Name$/), 'or ders')
    expect(one('alert', 'Only ASCII letters')).toBeTruthy()
    await confirm()
    expect(api.calls.map((call) => call.name)).not.toContain('topic.create')

    await type(one('textbox', /^Name$/), 'orders')
    expect(byRole('alert', '')).toEqual([])
    expect(button().disabled).toBe(false)
  })

  it('sends the name without the spaces around it', async () => {
    await type(one('textbox', /^Name$/), '  orders ')
    await confirm()

    expect(api.last('topic.create').input).toMatchObject({ topic: 'orders' })
  })

  it('counts a single partition as one', async () => {
    await type(one('textbox', /^Partitions$/), '1')

    expect(shownText()).toContain('1 partition on one broker')
  })

  it('promises nothing and cannot be done while the ensemble is down', async () => {
    await type(one('textbox', /^Name$/), 'orders')
    expect(shownText()).toContain('6 partitions on 2 brokers')

    api.push('cluster', clusterView({ nodes: [nodeView('broker-1'), nodeView('ensemble-1', 'killed')] }))
    await flushPromises()
    await confirm()

    expect(one('status', 'No topic can be created or deleted')).toBeTruthy()
    expect(shownText()).not.toContain('6 partitions on')
    expect(button().disabled).toBe(true)
    expect(api.calls.map((call) => call.name)).not.toContain('topic.create')
  })

  it('drops the error of the server when a field changes', async () => {
    await type(one('textbox', /^Name$/), 'orders')
    await confirm()
    api.last('topic.create').reject(new ApiError({ code: 'FAILED', message: 'Taken.' }))
    await flushPromises()
    expect(one('alert', 'Taken.')).toBeTruthy()

    await type(one('textbox', /^Name$/), 'orders2')

    expect(byRole('alert', '')).toEqual([])
  })
})

describe('deleting a topic', () => {
  beforeEach(async () => {
    useDialogsStore().open({ type: 'deleteTopic', topic: 'orders' })
    await flushPromises()
  })

  it('names the groups that read it', async () => {
    const group = (groupId: string, memberCount: number | null, topics: readonly string[]) => ({
      groupId,
      state: 'Stable',
      protocol: 'range',
      memberCount,
      topics: [...topics],
      lagRecords: null,
      lagUnknown: 'notCommitted' as const,
      isBehind: false,
      coordinatorId: 1
    })
    api.push('groups', {
      observedAtMs: NOW_MS,
      groups: [
        group('billing', 3, ['orders', 'payments']),
        group('audit', 0, ['orders']),
        group('other', 1, ['payments']),
        group('unsure', null, ['orders'])
      ]
    })
    await flushPromises()

    expect(shownText()).toContain('Read by groups: billing (3 members), audit (nobody now), unsure')
    expect(shownText()).not.toContain('other')
  })

  it('needs its name to be typed', async () => {
    const button = one('button', /^Delete topic$/) as HTMLButtonElement
    await type(one('textbox', 'Type the name'), 'order')
    expect(button.disabled).toBe(true)

    await type(one('textbox', 'Type the name'), 'orders')
    expect(button.disabled).toBe(false)
    button.click()
    await flushPromises()

    expect(api.last('topic.delete').input).toEqual({ topic: 'orders' })
  })
})

describe('changing the configs of a topic', () => {
  it('says first why it was refused and what no producer could do, before a list of changes of any length', async () => {
    useDialogsStore().open({ type: 'editConfigs', resource: { type: 'topic', topic: 'orders' } })
    await flushPromises()
    const config = { name: 'min.insync.replicas', type: 'int', isReadOnly: false, isSensitive: false, isSet: false }
    const rest = { value: '1', source: 'default', otherwise: { value: '1', source: 'default' } }
    api.last('config.describe').resolve({ configs: [{ ...config, ...rest }] })
    const partition = { leader: 1, leaderEpoch: 0, replicas: [1], isr: [1], startOffset: 0, endOffset: 0, sizeBytes: 0 }
    api.push('topic:orders', {
      name: 'orders',
      topicId: 'id',
      isInternal: false,
      configs: {},
      configsProblem: null,
      partitions: [{ partition: 0, ...partition }]
    })
    await flushPromises()
    await type(document.querySelector('#config-min-insync-replicas') as HTMLElement, '2')
    one('button', /^Apply/).click()
    await flushPromises()
    api
      .last('config.alter')
      .reject(new ApiError({ code: 'KAFKA', message: 'No.', kafkaError: 'TOPIC_AUTHORIZATION_FAILED' }))
    await flushPromises()

    const parts = [...document.querySelectorAll('.effects > *')]
    expect(parts.map((part) => part.getAttribute('role') ?? part.localName)).toEqual([
      'h3',
      'alert',
      'status',
      'ul',
      'p'
    ])
  })
})
