/**
 * What a person does to a cluster in the window, with the keyboard alone, one journey in Korean; and after each step
 * Kafka 3.9.1's own tools say whether it is so.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect as expectOnPage, type Browser, type Locator, type Page } from '@playwright/test'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import en from '../../src-renderer/i18n/en.json'
import ko from '../../src-renderer/i18n/ko.json'
import { LabCluster, runToEnd, until } from '../support/lab-cluster'
import { cellsOf, launchBrowser, plain, press, tabTo } from '../support/screen-tables'
import { ToolServer } from '../support/tool-server'
import { ToolTables } from '../support/tool-tables'

const group = 'window.readers'
const see = expectOnPage.configure({ timeout: 20_000 })

describe('the window, with the keyboard alone', () => {
  let cluster: LabCluster
  let tools: ToolServer
  let tables: ToolTables
  let browser: Browser
  let page: Page
  const problems: string[] = []

  beforeAll(async () => {
    const starting = LabCluster.start({ brokers: 3, args: ['--ui'] })
    ;[cluster, tools, browser] = await Promise.all([starting, ToolServer.start(), launchBrowser()])
    tables = new ToolTables(tools, cluster.bootstrap)
    page = await browser.newPage({ viewport: { width: 1600, height: 1000 } })
    page.setDefaultTimeout(20_000)
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
    })
    await page.goto(cluster.ready.uiUrl ?? '')
    await see(page.getByTestId('verdict')).toBeVisible()
  })

  afterAll(async () => {
    await browser.close()
    await tools.end()
    expect((await cluster.discard()).code).toBe(0)
  })

  async function palette(words: string): Promise<void> {
    await press(page, 'Control+k')
    await page.getByRole('dialog').getByRole('listbox').waitFor()
    await page.keyboard.type(words)
    // What the tools know the window has heard of a second later.
    await page.getByRole('option').filter({ hasText: words }).first().waitFor()
    await press(page, 'Enter')
  }

  async function type(field: Locator, text: string): Promise<void> {
    await tabTo(page, field)
    await press(page, 'Control+a')
    await page.keyboard.insertText(text)
  }

  const dialog = (): Locator => page.getByRole('dialog').or(page.getByRole('alertdialog'))
  async function confirm(): Promise<void> {
    await press(page, 'Control+Enter')
    await dialog().waitFor({ state: 'detached' })
  }

  async function write(topic: string, partition: number, count: number): Promise<void> {
    const input = Array.from({ length: count }, (_, i) => `record ${i}`).join('\n')
    const ended = await runToEnd('kcat', ['-P', '-b', cluster.bootstrap, '-t', topic, '-p', String(partition)], {
      input
    })
    expect(ended).toMatchObject({ code: 0 })
  }

  const described = async (topic: string) => (await tables.topics()).find((one) => one.topic === topic)

  it('a topic is created with configs, configured, extended, purged and deleted', async () => {
    const topic = 'window.orders'
    await palette(en.topics.create)
    await see(page.locator('#topic-name')).toBeFocused()
    await page.keyboard.type(topic)
    await type(page.locator('#topic-partitions'), '4')
    await tabTo(page, dialog().getByRole('button', { name: en.configs.more }))
    await press(page, 'Enter')
    await page.locator('#config-segment-bytes').waitFor()
    await type(page.locator('#config-segment-bytes'), '1 MiB')
    await confirm()
    expect((await described(topic))?.partitions).toHaveLength(4)
    expect((await described(topic))?.configs).toEqual({ 'segment.bytes': '1048576' })

    await palette('Change configs of')
    await page.locator('#config-retention-ms').waitFor()
    await type(page.locator('#config-retention-bytes'), '9223372036854775807')
    await type(page.locator('#config-segment-bytes'), '')
    await see(dialog()).toContainText('retention.bytes')
    await see(dialog()).toContainText(en.configs.removed)
    await confirm()
    expect((await described(topic))?.configs).toEqual({ 'retention.bytes': '9223372036854775807' })

    await palette('Add partitions to')
    await see(page.locator('#partitions-to')).toBeFocused()
    await press(page, 'Control+a')
    await page.keyboard.type('6')
    await confirm()
    expect((await described(topic))?.partitions.map(({ partition }) => partition)).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5'
    ])

    await write(topic, 2, 30)
    await palette('Purge')
    await see(page.locator('#purge-name')).toBeFocused()
    await page.keyboard.type(topic)
    await tabTo(page, dialog().getByRole('radio', { name: en.purge.all }))
    await press(page, 'ArrowRight')
    await type(page.locator('#purge-offset'), '12')
    await type(page.locator('#purge-partition'), '2')
    await see(dialog()).toContainText('12 records are lost')
    await confirm()
    const purged = (await described(topic))?.partitions.map(({ start, end }) => [start, end])
    expect(purged).toEqual([
      ...Array<string[]>(2).fill(['0', '0']),
      ['12', '30'],
      ...Array<string[]>(3).fill(['0', '0'])
    ])

    await palette('Delete topic')
    await see(page.locator('#delete-name')).toBeFocused()
    await page.keyboard.type(topic)
    await confirm()
    expect((await tables.topicsTool('--list')).split('\n')).not.toContain(topic)
  })

  it('한국어로: 그룹 오프셋을 멤버가 있을 때 거절하고, 떠난 뒤 재설정하고, 되돌린다', async () => {
    const topic = 'window.reset'
    await cluster.call('topic.create', { topic, partitions: 3 })
    for (const [partition, count] of [20, 7, 9].entries()) await write(topic, partition, count)
    await cluster.verb('group', 'reset', group, '--to', '5', '--topic', topic)
    const args = ['-b', cluster.bootstrap, '-X', 'enable.auto.commit=false', '-X', 'client.id=손님', '-q', '-G', group]
    const member = spawn('kcat', [...args, topic], { stdio: 'ignore' })
    const commits = async () => (await tables.groups()).find((one) => one.group === group)?.rows.map(([, , at]) => at)
    const before = await until('the member reads', async () => {
      const [seen] = (await tables.groups()).filter((one) => one.group === group)
      return seen?.state === 'Stable' && seen.rows.map(([, , at]) => at)
    })

    await press(page, 'Control+7')
    await tabTo(page, page.getByRole('radio', { name: 'English' }))
    await press(page, 'ArrowRight')
    await see(page.getByRole('heading', { name: ko.section.settings, level: 1 })).toBeVisible()
    await palette(group)
    await see(page.getByRole('heading', { name: group })).toBeVisible()
    await palette('오프셋 재설정')
    await see(dialog()).toContainText(ko.resetGroup.scope)
    await press(page, 'Control+Enter')
    await see(dialog().getByRole('alert')).toContainText('손님 /127.0.0.1')
    await see(dialog().getByRole('alert')).toContainText('멤버를 중지한 뒤 다시 시도하세요')
    expect(await commits()).toEqual(before)

    const gone = once(member, 'exit')
    member.kill('SIGTERM')
    await gone
    await until('it has left', async () =>
      (await tables.groups()).some((one) => one.group === group && one.state === 'Empty')
    )
    // kcat commits once more when it leaves.
    const left = (await commits()) ?? []
    await press(page, 'Control+Enter')
    await see(dialog()).toContainText(ko.resetGroup.lead.preview)
    const planned = await cellsOf(page, ko.resetGroup.table)
    expect(planned?.map((row) => [row[ko.resetGroup.before], row[ko.resetGroup.after]])).toEqual(
      left.map((at) => [at, '0'])
    )
    expect(await commits()).toEqual(left)
    await press(page, 'Control+Enter')
    await see(dialog()).toContainText(ko.resetGroup.lead.done)
    const read = await cellsOf(page, ko.resetGroup.table)
    expect(read?.map((row) => row[ko.resetGroup.after])).toEqual(await commits())
    expect(await commits()).toEqual(['0', '0', '0'])

    await tabTo(page, dialog().getByRole('button', { name: ko.resetGroup.undo }))
    await press(page, 'Enter')
    await see(dialog()).toContainText(ko.resetGroup.lead.undone)
    expect((await cellsOf(page, ko.resetGroup.table))?.map((row) => row[ko.resetGroup.after])).toEqual(left)
    expect(await commits()).toEqual(left)
    await confirm()
    await press(page, 'Control+7')
    await tabTo(page, page.getByRole('radio', { name: '한국어' }))
    await press(page, 'ArrowLeft')
    await see(page.getByRole('heading', { name: en.section.settings, level: 1 })).toBeVisible()
  })

  it('a kill costs what its dialog says, and a start undoes it', async () => {
    const before = await tables.topics()
    const groupsBefore = await tables.groups()
    const { controllerId: controllerBefore } = await cluster.status()
    await palette('Kill broker 2')
    await dialog().getByText(en.cost.safe).waitFor()
    for (const more of await dialog().locator('button.more').all()) {
      await tabTo(page, more)
      await press(page, 'Enter')
    }
    // Of others it says who leads then.
    const rows = ((await cellsOf(page, en.cost.table)) ?? []).filter((row) => (row[en.cost.offlineColumn] ?? '') !== '')
    const said = new Map(rows.map((row) => [row[en.column.topic], row[en.cost.offlineColumn]]))
    const words = plain(await dialog().innerText())
    const offline = Number(/(\d+) partitions go offline/.exec(words)?.[1] ?? 0)
    const isController = words.includes(en.cost.controller.kill.what)
    expect(isController).toBe(controllerBefore === 2)
    await confirm()

    await see(page.getByTestId('verdict').or(page.getByText('Broker 2 is down')).first()).toBeVisible()
    const lost = await until('the cluster has seen it', async () => {
      const told = await tables.topicsTool('--describe', '--unavailable-partitions')
      const down = told.match(/Topic: (\S+)\tPartition: (\d+)/g) ?? []
      return down.length === offline && down.map((line) => /Topic: (\S+)\tPartition: (\d+)/.exec(line)?.slice(1) ?? [])
    })
    const byTopic = new Map<string, string[]>()
    for (const [topic = '', partition = ''] of lost) byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition])
    for (const [topic, partitions] of byTopic)
      expect(said.get(topic)?.split(' ').slice(0, 24), topic).toEqual(partitions.slice(0, 24))
    expect([...said.keys()].sort()).toEqual([...byTopic.keys()].sort())
    const silent = groupsBefore.filter(({ coordinator }) => coordinator === '2').map((one) => one.group)
    for (const one of silent) expect(words).toContain(one)
    const { controllerId } = await until('there is a controller', async () => {
      const status = await cluster.status()
      return status.controllerId !== null && (!isController || status.controllerId !== 2) && status
    })
    if (!isController) expect(controllerId).toBe(controllerBefore)

    await palette('Start broker 2')
    // Leaders stay where they went until somebody, or five minutes, gives them back; all that was in sync is so again.
    const inSync = (list: typeof before): string =>
      JSON.stringify(list, (key, value: unknown) =>
        key === 'leader' ? undefined : key === 'isr' && typeof value === 'string' ? [...value].sort() : value
      )
    await until('all is as it was', async () => inSync(await tables.topics()) === inSync(before))
    // Whoever leads the partition of a group's offsets by then is its coordinator.
    const unled = (groups: typeof groupsBefore) => groups.map((group) => ({ ...group, coordinator: '' }))
    expect(unled(await tables.groups())).toEqual(unled(groupsBefore))
  })

  it('nothing was wrong in the console meanwhile', () => {
    expect(problems).toEqual([])
  })
})
