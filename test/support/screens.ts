/** Every screen and dialog of the invented cluster: its scene, its address, and what is done before it is looked at. */
import type { Page } from '@playwright/test'
import { HELD, RELEASE } from './fake-host'
import type { SceneName } from './fake-scene'

export interface Screen {
  readonly name: string
  readonly scene: SceneName
  readonly hash: string
  readonly prepare?: (page: Page) => Promise<void>
}

const press =
  (...keys: readonly string[]) =>
  async (page: Page): Promise<void> => {
    for (const key of keys) await page.keyboard.press(key)
  }
const click =
  (selector: string, which: 'first' | 'last' = 'first') =>
  (page: Page): Promise<void> =>
    page.locator(selector)[which]().click()

const znodeButton = (index: number): string => `aside.detail .foot button >> nth=${index}`

const repair = 'aside.detail .unusable button'

/** Away from the first broker, and into the grid. */
const planAway = async (page: Page): Promise<void> => {
  await page.locator('.page .toolbar button').last().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('table').waitFor()
  await dialog.locator('.dialog-foot button:not([data-cancel])').nth(-2).press('Enter')
  await page.locator('.plan tbody tr').first().waitFor()
}

const openReset = async (page: Page): Promise<void> => {
  await page.locator('.page .toolbar .after > .button').first().click()
  await page.locator('.dialog').waitFor()
}

const openDeleteMany = async (page: Page): Promise<void> => {
  await page.locator('thead input[type=checkbox]').click()
  await page.locator('.page .toolbar > button').first().click()
  await page.locator('.dialog').waitFor()
}

/** Topics are asked for, their dialogs closed, and then none of them can be made: what nobody sees end is a notice. */
const failUnseen =
  (...topics: readonly string[]) =>
  async (page: Page): Promise<void> => {
    for (const topic of topics) {
      await page.locator('.page .toolbar button').last().click()
      await page.locator('#topic-name').fill(`${HELD}${topic}`)
      await page.keyboard.press('Enter')
      await page.locator('.dialog-foot [aria-busy=true]').waitFor()
      // What was typed is asked about once.
      await page.keyboard.press('Escape')
      await page.locator('.dialog-foot[role=alert] .button').last().click()
      await page.locator('.dialog').waitFor({ state: 'detached' })
    }
    await page.request.get(new URL(RELEASE, page.url()).href)
    await page
      .locator('.notices .notice')
      .nth(topics.length - 1)
      .waitFor()
  }

/** By scene, so that a page is loaded for each scene only once. */
export const SCREENS: readonly Screen[] = [
  { name: 'overview', scene: 'healthy', hash: '#/overview' },
  { name: 'brokers', scene: 'healthy', hash: '#/brokers' },
  { name: 'ensemble', scene: 'healthy', hash: '#/ensemble' },
  { name: 'ensemble-member-dead', scene: 'minority', hash: '#/ensemble' },
  { name: 'ensemble-no-quorum', scene: 'majority', hash: '#/ensemble' },
  {
    name: 'ensemble-wipe',
    scene: 'majority',
    hash: '#/ensemble/ensemble-1',
    prepare: async (page) => {
      await page.locator('aside.detail .actions button').nth(5).click()
      await page.locator('#cost-name').waitFor()
    }
  },
  { name: 'broker-turned-away', scene: 'majority', hash: '#/brokers/broker-3' },
  { name: 'ensemble-sessions', scene: 'minority', hash: '#/ensemble/sessions' },
  { name: 'ensemble-sessions-silent', scene: 'majority', hash: '#/ensemble/sessions' },
  { name: 'ensemble-watches', scene: 'healthy', hash: '#/ensemble/watches' },
  {
    name: 'ensemble-watches-by-session',
    scene: 'healthy',
    hash: '#/ensemble/watches',
    prepare: async (page) => {
      await page.locator('.page [role=radio]').nth(1).click()
      // By path there are fewer rows.
      await page.locator('tbody tr').nth(12).waitFor({ state: 'attached' })
    }
  },
  { name: 'overview-no-quorum', scene: 'majority', hash: '#/overview' },
  { name: 'overview-member-dead', scene: 'minority', hash: '#/overview' },
  { name: 'ensemble-damaged', scene: 'damaged', hash: '#/ensemble' },
  { name: 'ensemble-alone', scene: 'old', hash: '#/ensemble' },
  { name: 'ensemble-member', scene: 'minority', hash: '#/ensemble/ensemble-3' },
  { name: 'ensemble-znode', scene: 'healthy', hash: '#/ensemble/%2Fbrokers%2Fids%2F2' },
  { name: 'ensemble-znode-bytes', scene: 'healthy', hash: '#/ensemble/%2Fapp%2Fcounter' },
  { name: 'ensemble-znode-many', scene: 'healthy', hash: '#/ensemble/%2Fapp%2Flocks%2Flock-0000000000' },
  { name: 'ensemble-znode-create', scene: 'healthy', hash: '#/ensemble/%2Fapp', prepare: click(znodeButton(1)) },
  { name: 'ensemble-znode-set', scene: 'healthy', hash: '#/ensemble/%2Fcontroller', prepare: click(znodeButton(0)) },
  {
    name: 'ensemble-znode-delete',
    scene: 'healthy',
    hash: '#/ensemble/%2Fbrokers%2Fids%2F2',
    prepare: click(znodeButton(2))
  },
  {
    name: 'ensemble-znode-set-bytes',
    scene: 'healthy',
    hash: '#/ensemble/%2Fapp%2Fcounter',
    prepare: click(znodeButton(0))
  },
  { name: 'placement-healthy', scene: 'healthy', hash: '#/brokers/placement' },
  {
    name: 'topic-delete',
    scene: 'healthy',
    hash: '#/topics/orders',
    prepare: click('.toolbar .after > button', 'last')
  },
  { name: 'topic-groups', scene: 'healthy', hash: '#/topics/orders/groups' },
  { name: 'topic-groups-none', scene: 'healthy', hash: '#/topics/scratch.load-test/groups' },
  {
    name: 'topics-marked',
    scene: 'healthy',
    hash: '#/topics',
    prepare: press('j', 'j', 'Shift+ArrowDown', 'Shift+ArrowDown', 'j', 'Space')
  },
  { name: 'topics-delete', scene: 'healthy', hash: '#/topics', prepare: openDeleteMany },
  {
    name: 'topics-delete-ended',
    scene: 'healthy',
    hash: '#/topics',
    prepare: async (page) => {
      await openDeleteMany(page)
      await page.locator('#delete-count').fill('6')
      await page.keyboard.press('Control+Enter')
      await page.locator('.dialog-foot .primary').waitFor()
    }
  },
  { name: 'notice', scene: 'healthy', hash: '#/topics', prepare: failUnseen('orders') },
  {
    name: 'notices-many',
    scene: 'healthy',
    hash: '#/topics',
    prepare: failUnseen(
      'orders',
      'payments.settled.europe-west.reconciliation.replay',
      `l${'o'.repeat(235)}ng`,
      'clicks',
      'audit',
      'carts',
      'refunds'
    )
  },
  { name: 'record-gone', scene: 'healthy', hash: '#/topics/orders/messages/0/5' },
  { name: 'topic-config', scene: 'healthy', hash: '#/topics/app-logs/config' },
  {
    name: 'topic-config-change',
    scene: 'healthy',
    hash: '#/topics/orders/config',
    prepare: async (page) => {
      await page.locator('.configs .toolbar > .button').click()
      await page.locator('#config-retention-ms').fill('7 d')
      await page.locator('#config-segment-bytes').fill('')
      await page.locator('#config-file-delete-delay-ms').fill('soon')
      await page.locator('#config-retention-bytes').fill('1.5 GiB')
      await page.getByRole('alert').first().waitFor()
    }
  },
  {
    name: 'broker-configs',
    scene: 'healthy',
    hash: '#/brokers/broker-1',
    prepare: async (page) => {
      await page.locator('aside.detail .actions button').nth(6).click()
      await page.locator('#config-log-retention-ms').fill('12 h')
    }
  },
  {
    name: 'topic-create-configs',
    scene: 'healthy',
    hash: '#/topics',
    prepare: async (page) => {
      await page.locator('.toolbar button').last().click()
      await page.locator('[aria-controls="topic-configs"]').click()
      await page.locator('#config-segment-bytes').fill('1')
    }
  },
  {
    name: 'dialog-discard',
    scene: 'healthy',
    hash: '#/topics',
    prepare: async (page) => {
      await page.locator('.toolbar button').last().click()
      await page.locator('#topic-name').fill('orders')
      await page.keyboard.press('Escape')
      await page.getByRole('alert').waitFor()
    }
  },
  {
    name: 'topic-purge',
    scene: 'healthy',
    hash: '#/topics/orders',
    prepare: async (page) => {
      await click('.page .toolbar .after > .button')(page)
      await page.getByRole('menuitem').first().click()
      await page.locator('.dialog').waitFor()
      await page.getByRole('radio').last().click()
    }
  },
  {
    name: 'topic-purge-bad',
    scene: 'healthy',
    hash: '#/topics/orders',
    prepare: async (page) => {
      await click('.page .toolbar .after > .button')(page)
      await page.getByRole('menuitem').first().click()
      await page.locator('.dialog').waitFor()
      await page.getByRole('radio').last().click()
      await page.locator('#purge-time').fill('2026-02-30')
      await page.locator('#purge-partition').fill('99')
    }
  },
  {
    name: 'topic-add-partitions',
    scene: 'healthy',
    hash: '#/topics/orders',
    prepare: async (page) => {
      await click('.page .toolbar .after > .button')(page)
      await page.getByRole('menuitem').last().click()
      await page.locator('#partitions-to').fill('6')
    }
  },
  {
    name: 'produce',
    scene: 'healthy',
    hash: '#/topics/orders',
    prepare: async (page) => {
      await page.keyboard.press('p')
      await page.locator('#produce-value').fill('{"id": 9223372036854775807}')
      await page.locator('.headers .head .button').click()
      await page.keyboard.type('trace-id')
      await page.keyboard.press('Control+Enter')
      await page.locator('.results').waitFor()
    }
  },
  {
    name: 'produce-many-wrong',
    scene: 'healthy',
    hash: '#/topics',
    prepare: async (page) => {
      await page.keyboard.press('p')
      await page.locator('#produce-topic').fill('no.such.topic')
      await page.locator('#produce-key-type').click()
      await page.getByRole('option').nth(4).click()
      await page.locator('#produce-value-type').click()
      await page.getByRole('option').nth(1).click()
      await page.locator('#produce-value').fill('{"a": 1,}')
      await page.locator('#produce-partition').fill('x')
      await page.getByRole('radio').nth(1).click()
      await page.locator('#produce-time').fill('9223372036854775808')
      await page.getByRole('radio').last().click()
      await page.locator('#produce-rate').fill('-1')
    }
  },
  { name: 'group-members', scene: 'healthy', hash: '#/groups/es-sink/members' },
  {
    name: 'group-reset',
    scene: 'healthy',
    hash: '#/groups/es-sink',
    prepare: async (page) => {
      await openReset(page)
      await page.getByRole('radio').last().click()
      await page.locator('.chips .chip').click()
      await page.locator('#reset-target').click()
      await page.getByRole('option').nth(3).click()
      await page.locator('#reset-value').fill('2026-02-30')
    }
  },
  {
    name: 'group-reset-refused',
    scene: 'healthy',
    hash: '#/groups/billing',
    prepare: async (page) => {
      await openReset(page)
      await page.keyboard.press('Control+Enter')
      await page.getByRole('alert').waitFor()
    }
  },
  {
    name: 'group-reset-preview',
    scene: 'healthy',
    hash: '#/groups/es-sink',
    prepare: async (page) => {
      await openReset(page)
      await page.keyboard.press('Control+Enter')
      await page.locator('.dialog .data-table').waitFor()
    }
  },
  {
    name: 'group-reset-undone',
    scene: 'healthy',
    hash: '#/groups/es-sink',
    prepare: async (page) => {
      await openReset(page)
      await page.keyboard.press('Control+Enter')
      await page.locator('.dialog .button.danger').press('Enter')
      // Undo, Done.
      await page.locator('.dialog .lead .mark').waitFor()
      await page.locator('.dialog .button.large').nth(-2).press('Enter')
      await page.getByRole('alert').waitFor()
    }
  },
  {
    name: 'group-lag-table',
    scene: 'healthy',
    hash: '#/groups/es-sink',
    prepare: async (page) => {
      await page.getByTestId('pace-chart').waitFor()
      await click('section.panel > .section-head button', 'last')(page)
      await page.locator('.data-table').nth(1).waitFor()
    }
  },
  {
    name: 'group-menu',
    scene: 'healthy',
    hash: '#/groups/es-sink',
    prepare: click('.toolbar .after > .button', 'last')
  },
  {
    name: 'group-offsets-delete',
    scene: 'healthy',
    hash: '#/groups/es-sink',
    prepare: async (page) => {
      await click('.toolbar .after > .button', 'last')(page)
      await page.getByRole('menuitem').first().click()
      await page.locator('.dialog').waitFor()
    }
  },
  {
    name: 'group-delete',
    scene: 'healthy',
    hash: '#/groups/es-sink',
    prepare: async (page) => {
      await click('.toolbar .after > .button', 'last')(page)
      await page.getByRole('menuitem').last().click()
      await page.locator('.dialog').waitFor()
    }
  },
  { name: 'workloads', scene: 'healthy', hash: '#/lab/workloads' },
  {
    name: 'workload-menu',
    scene: 'healthy',
    hash: '#/lab/workloads',
    prepare: click('[data-workload=fraud-2] .actions button', 'last')
  },
  {
    name: 'workload-kill',
    scene: 'healthy',
    hash: '#/lab/workloads',
    prepare: click('[data-workload=billing-1] .actions button:nth-of-type(2)')
  },
  {
    name: 'workload-zombie',
    scene: 'healthy',
    hash: '#/lab/workloads',
    prepare: async (page) => {
      await click('[data-workload=billing-1] .actions button', 'last')(page)
      await page.getByRole('menuitem').nth(3).click()
      await page.locator('.dialog').waitFor()
    }
  },
  {
    name: 'workload-producer',
    scene: 'healthy',
    hash: '#/lab/workloads',
    prepare: async (page) => {
      await page.locator('.toolbar .after > button').last().click()
      await page.locator('#workload-rate').fill('1e400')
      await page.keyboard.press('Control+Enter')
      await page.getByRole('alert').first().waitFor()
    }
  },
  {
    name: 'workload-consumer',
    scene: 'healthy',
    hash: '#/lab/workloads',
    prepare: async (page) => {
      await page.locator('.toolbar .after > button').nth(1).click()
      await page.locator('#workload-topic').fill('not-there')
    }
  },
  {
    name: 'workload-edit',
    scene: 'healthy',
    hash: '#/lab/workloads',
    prepare: async (page) => {
      await click('[data-workload=clicks-in] .actions button', 'last')(page)
      await page.getByRole('menuitem').nth(6).click()
      await page.locator('.dialog').waitFor()
    }
  },
  {
    name: 'workload-scene',
    scene: 'healthy',
    hash: '#/lab/workloads',
    prepare: async (page) => {
      await page.locator('.scenes .section-head button').click()
      await page.locator('#scene-name').fill('?')
    }
  },
  { name: 'clusters', scene: 'healthy', hash: '#/lab/cluster' },
  {
    name: 'cluster-menu',
    scene: 'healthy',
    hash: '#/lab/cluster',
    prepare: click('[data-cluster=rebalance-study] .actions button', 'last')
  },
  { name: 'cluster-switcher', scene: 'healthy', hash: '#/topics', prepare: click('.top-bar .cluster') },
  {
    name: 'cluster-new',
    scene: 'healthy',
    hash: '#/lab/cluster',
    prepare: async (page) => {
      await page.locator('.toolbar .after > button').last().click()
      await page.locator('#cluster-name').fill('orders')
      await page.getByRole('radio').last().click()
      await page.locator('#cluster-broker-port').waitFor()
      await page.getByRole('alert').first().waitFor()
    }
  },
  {
    name: 'cluster-stop',
    scene: 'healthy',
    hash: '#/lab/cluster',
    prepare: click('[data-cluster=ci] .actions button')
  },
  {
    name: 'cluster-delete',
    scene: 'healthy',
    hash: '#/lab/cluster',
    prepare: async (page) => {
      await click('[data-cluster=billing-replay] .actions button', 'last')(page)
      await page.getByRole('menuitem').last().click()
      await page.locator('.dialog').waitFor()
    }
  },
  {
    name: 'cluster-move',
    scene: 'healthy',
    hash: '#/settings',
    prepare: async (page) => {
      await page.locator('[data-move]').click()
      await page.locator('#cluster-to').fill('/home/you/thesis')
      await page.getByRole('alert').first().waitFor()
    }
  },
  {
    name: 'cluster-reset',
    scene: 'healthy',
    hash: '#/settings',
    prepare: async (page) => {
      await page.locator('[data-reset]').click()
      await page.locator('.dialog').waitFor()
    }
  },
  { name: 'failures', scene: 'healthy', hash: '#/lab/failures' },
  {
    name: 'failures-differs',
    scene: 'healthy',
    hash: '#/lab/failures',
    prepare: async (page) => {
      await page.locator('[data-act="4"] button').click()
      await page.locator('#act-4').waitFor()
      await page.locator('#act-4').scrollIntoViewIfNeeded()
    }
  },
  {
    name: 'failures-mixed',
    scene: 'healthy',
    hash: '#/lab/failures',
    prepare: async (page) => {
      await page.locator('[data-act="2"] button').click()
      await page.locator('#act-2').waitFor()
    }
  },
  {
    name: 'failure-cost',
    scene: 'healthy',
    hash: '#/lab/failures',
    prepare: async (page) => {
      await page.locator('.fault-form button[type=submit]').click()
      await page.locator('.dialog .costs').first().waitFor()
    }
  },
  {
    name: 'storm-cost',
    scene: 'healthy',
    hash: '#/lab/failures',
    prepare: async (page) => {
      await page.locator('[data-storm]').click()
      await page.getByRole('menuitem').nth(1).click()
      await page.locator('.dialog .costs').first().waitFor()
      await page.locator('#storm-count').fill('1')
      await page.getByRole('alert').first().waitFor()
    }
  },
  { name: 'settings', scene: 'healthy', hash: '#/settings' },
  { name: 'settings-zones', scene: 'healthy', hash: '#/settings', prepare: click('.settings .trigger') },
  { name: 'connect', scene: 'healthy', hash: '#/overview', prepare: click('.toolbar .actions > .button') },
  { name: 'shortcuts', scene: 'healthy', hash: '#/overview', prepare: press('?') },
  { name: 'node-menu', scene: 'healthy', hash: '#/topics', prepare: click('.processes button') },
  { name: 'topic-unknown', scene: 'healthy', hash: '#/topics/nosuch' },
  { name: 'group-unknown', scene: 'healthy', hash: '#/groups/nosuch' },
  { name: 'group-unseen', scene: 'broken', hash: '#/groups/nosuch' },
  { name: 'broker-unknown', scene: 'healthy', hash: '#/brokers/broker-9' },
  {
    name: 'brokers-restart',
    scene: 'healthy',
    hash: '#/brokers/broker-1',
    prepare: (page) => page.locator('aside.detail .actions button').nth(3).click()
  },
  {
    name: 'ensemble-kill',
    scene: 'healthy',
    hash: '#/brokers/ensemble-1',
    prepare: click('aside.detail .actions button')
  },
  {
    name: 'retention-choices',
    scene: 'healthy',
    hash: '#/topics',
    prepare: async (page) => {
      await page.locator('.toolbar button').last().click()
      await page.locator('#topic-retention').click()
    }
  },
  {
    name: 'overview-lag-table',
    scene: 'healthy',
    hash: '#/overview',
    prepare: click('.lag .section-head button', 'last')
  },
  { name: 'overview-down', scene: 'down', hash: '#/overview' },
  { name: 'brokers-down', scene: 'down', hash: '#/brokers' },
  {
    name: 'messages-export',
    scene: 'healthy',
    hash: '#/topics/orders/messages',
    prepare: async (page) => {
      await page.locator('.messages-bar .button.icon-only').nth(1).click()
      await page.locator('#export-path').waitFor()
    }
  },
  {
    name: 'messages-search',
    scene: 'healthy',
    hash: '#/topics/orders/messages',
    prepare: async (page) => {
      await page.locator('.messages-bar .filter input').fill('info')
      await page.keyboard.press('Enter')
      await page.locator('.scan').waitFor()
      await page.locator('.data-table tbody tr').nth(3).click()
    }
  },
  {
    name: 'messages-empty',
    scene: 'healthy',
    hash: '#/topics/orders/messages',
    prepare: async (page) => {
      await page.getByRole('combobox').first().click()
      await page.getByRole('option').last().click()
      await page.locator('.messages-bar .start input').fill('billing')
      await page.keyboard.press('Enter')
      await page.locator('.empty .button').first().waitFor()
      // An end that is no time: said, and marked.
      await page.getByRole('combobox').last().click()
      await page.getByRole('option').last().click()
      await page.locator('.messages-bar .start input').last().fill('noon')
      await page.keyboard.press('Enter')
      await page.locator('.problem').waitFor()
    }
  },
  {
    name: 'messages-tail',
    scene: 'healthy',
    hash: '#/topics/orders/messages',
    prepare: async (page) => {
      await page.locator('.messages-bar .button').nth(1).click()
      await page.locator('.scan').waitFor()
    }
  },
  { name: 'topic-messages-down', scene: 'down', hash: '#/topics/orders/messages' },
  { name: 'groups-down', scene: 'down', hash: '#/groups' },
  { name: 'overview-broken', scene: 'broken', hash: '#/overview' },
  { name: 'brokers-detail', scene: 'broken', hash: '#/brokers/broker-2' },
  {
    name: 'brokers-kill',
    scene: 'broken',
    hash: '#/brokers/broker-3',
    prepare: click('aside.detail .actions button')
  },
  {
    name: 'brokers-wipe',
    scene: 'broken',
    hash: '#/brokers/broker-3',
    prepare: async (page) => {
      await page.locator('aside.detail .actions button').nth(5).click()
      await page.locator('#cost-name').waitFor()
    }
  },
  { name: 'placement', scene: 'broken', hash: '#/brokers/placement' },
  { name: 'placement-partition', scene: 'broken', hash: '#/brokers/placement/payments.events-4' },
  {
    name: 'placement-spans-table',
    scene: 'broken',
    hash: '#/brokers/placement/payments.events-4',
    prepare: click('.spans button[aria-pressed]')
  },
  {
    name: 'placement-table',
    scene: 'broken',
    hash: '#/brokers/placement/payments.events-4',
    prepare: click('.head button[aria-pressed]')
  },
  { name: 'placement-plan', scene: 'healthy', hash: '#/brokers/placement', prepare: planAway },
  {
    name: 'placement-plan-moves',
    scene: 'broken',
    hash: '#/brokers/placement/audit.trail-1',
    prepare: async (page) => {
      await planAway(page)
      await page.locator('.plan').getByRole('radio').last().click()
    }
  },
  {
    name: 'placement-dragged',
    scene: 'healthy',
    hash: '#/brokers/placement',
    prepare: async (page) => {
      // The second partition of the first topic, which the first broker leads, to the third; then one by the keys.
      const box = await page.locator('.block svg').first().boundingBox()
      if (box === null) throw new Error('the grid has no block')
      const [x, top] = [box.x + 21, box.y + 14 + 8]
      await page.mouse.move(x, top)
      await page.mouse.down()
      await page.mouse.move(x, top + 16)
      await page.mouse.move(x, top + 32)
      await page.mouse.up()
      await page.locator('.plan tbody tr').first().waitFor()
      await press('ArrowRight', 'Enter', 'Enter', 'Enter')(page)
      await page.locator('.plan tbody tr').nth(1).waitFor()
      await press('ArrowRight', 'ArrowRight', 'Enter', 'Enter')(page)
      await page.locator('.aim').waitFor()
    }
  },
  {
    name: 'plan-apply',
    scene: 'broken',
    hash: '#/brokers/placement',
    prepare: async (page) => {
      await planAway(page)
      await page.locator('.plan .button.primary').click()
      await page.getByRole('dialog').getByRole('table').waitFor()
    }
  },
  {
    name: 'reassign',
    scene: 'broken',
    hash: '#/brokers/placement',
    prepare: async (page) => {
      await page.locator('.toolbar button').last().click()
      await page.getByRole('dialog').getByRole('radio').nth(2).click()
      await page.getByRole('dialog').getByRole('table').waitFor()
    }
  },
  {
    name: 'elect',
    scene: 'broken',
    hash: '#/brokers/placement',
    prepare: async (page) => {
      await page.locator('.toolbar button').nth(-2).click()
      await page.getByRole('dialog').waitFor()
    }
  },
  { name: 'overview-spoilt', scene: 'spoilt', hash: '#/' },
  { name: 'broker-spoilt', scene: 'spoilt', hash: '#/brokers/broker-1' },
  { name: 'placement-spoilt', scene: 'spoilt', hash: '#/brokers/placement/payments.events-4' },
  { name: 'topic-spoilt', scene: 'spoilt', hash: '#/topics/orders/partitions' },
  { name: 'repair-copy', scene: 'spoilt', hash: '#/brokers/placement/payments.events-4', prepare: click(repair) },
  { name: 'repair-cut', scene: 'spoilt', hash: '#/brokers/placement/orders-0', prepare: click(repair) },
  { name: 'repair-wait', scene: 'spoilt', hash: '#/brokers/placement/inventory.changes-1', prepare: click(repair) },
  { name: 'failures-active', scene: 'broken', hash: '#/lab/failures' },
  { name: 'topics', scene: 'broken', hash: '#/topics' },
  {
    name: 'topic-create',
    scene: 'broken',
    hash: '#/topics',
    prepare: async (page) => {
      await page.locator('.toolbar button').last().click()
      await page.locator('#topic-name').fill('orders')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').waitFor()
    }
  },
  { name: 'topic-groups-silent', scene: 'broken', hash: '#/topics/app-logs/groups' },
  { name: 'topic-partitions', scene: 'broken', hash: '#/topics/app-logs/partitions' },
  { name: 'topic-partition', scene: 'broken', hash: '#/topics/payments.events/partitions/4' },
  { name: 'topic-messages', scene: 'broken', hash: '#/topics/app-logs/messages', prepare: press('j', 'j', 'j') },
  {
    name: 'record-avro',
    scene: 'broken',
    hash: '#/topics/app-logs/messages',
    prepare: async (page) => {
      await press('j', 'j', 'j')(page)
      await page.getByRole('radio', { name: 'Avro' }).click()
      await page.locator('#avro-schema').fill('{"type":"record","name":"Log","fields":[]}')
      await page.locator('.avro .read').waitFor()
      // The key, too, by a schema of its own.
      await page.locator('.copies button[aria-expanded]').first().click()
      await page.locator('#avro-key-schema').fill('{"type":')
      await page.locator('.avro .problem').waitFor()
    }
  },
  { name: 'groups', scene: 'broken', hash: '#/groups' },
  { name: 'group-lag', scene: 'broken', hash: '#/groups/es-sink' },
  { name: 'group-silent', scene: 'broken', hash: '#/groups/inventory-sync' },
  { name: 'palette', scene: 'broken', hash: '#/overview', prepare: press('Control+k') },
  { name: 'events', scene: 'broken', hash: '#/topics', prepare: click('footer .latest') },
  { name: 'overview-strange', scene: 'strange', hash: '#/overview' },
  { name: 'brokers-detail-strange', scene: 'strange', hash: '#/brokers/broker-1' },
  {
    name: 'brokers-kill-strange',
    scene: 'strange',
    hash: '#/brokers/broker-1',
    prepare: click('aside.detail .actions button')
  },
  { name: 'topics-strange', scene: 'strange', hash: '#/topics' },
  { name: 'messages-strange', scene: 'strange', hash: '#/topics/orders/messages', prepare: press('j') },
  { name: 'groups-strange', scene: 'strange', hash: '#/groups' },
  { name: 'workloads-strange', scene: 'strange', hash: '#/lab/workloads' },
  { name: 'first-start', scene: 'empty', hash: '#/overview' },
  { name: 'workloads-none', scene: 'empty', hash: '#/lab/workloads' },
  { name: 'groups-none', scene: 'empty', hash: '#/groups' },
  { name: 'closing', scene: 'closing', hash: '#/overview' },
  { name: 'stopping', scene: 'stopping', hash: '#/topics' },
  { name: 'cluster-down', scene: 'stopped', hash: '#/topics' },
  { name: 'cluster-gone', scene: 'gone', hash: '#/lab/workloads' },
  {
    name: 'cluster-gone-events',
    scene: 'gone',
    hash: '#/overview',
    prepare: click('.event-rail .latest')
  },
  { name: 'clusters-strange', scene: 'strange', hash: '#/lab/cluster' },
  {
    name: 'brokers-kill-many',
    scene: 'many',
    hash: '#/brokers/broker-3',
    prepare: click('aside.detail .actions button')
  },
  { name: 'topics-many', scene: 'many', hash: '#/topics', prepare: press('End') },
  { name: 'overview-old', scene: 'old', hash: '#/overview' },
  {
    name: 'overview-old-raise',
    scene: 'old',
    hash: '#/overview',
    prepare: async (page) => {
      await page.locator('[data-raise]').click()
      await page.locator('.dialog .sum').waitFor()
    }
  }
]

export async function openScreen(page: Page, url: string, screen: Screen): Promise<void> {
  await page.goto(new URL(screen.hash, url).href)
  await page.locator('.event-rail').waitFor()
  await page.locator('.connecting').waitFor({ state: 'detached' })
  await page.locator('.loading').waitFor({ state: 'detached' })
  await page.evaluate(async () => {
    await document.fonts.ready
  })
  await screen.prepare?.(page)
}
