/**
 * A byte of two logs of a broker is another one while it is stopped. When it is back the screen says which of its logs are spoilt,
 * where, and what can become of them: the one that another leads is copied anew, of the only one what is behind the place is given
 * up, by typing its name. A client of somebody else reads what is left.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type Locator, type Page } from '@playwright/test'
import { LabCluster, runToEnd } from '../support/lab-cluster'

const records = 8
const patience = { timeout: 20_000 }

let cluster: LabCluster
/** The broker that has the only replica of `only`, and one of `copied`. */
let spoilt: string
test.beforeAll(async () => {
  cluster = await LabCluster.start({ brokers: 2, args: ['--ui'] })
  await cluster.call('topic.create', topicOf('only', 1))
  await cluster.call('topic.create', topicOf('copied', 2))
  await produce('only')
  await produce('copied')
  const { broker } = (await replicas('only'))[0] ?? {}
  spoilt = `broker-${broker}`
  await cluster.call('node.stop', { node: spoilt })
  for (const topic of ['only', 'copied']) spoil(topic)
  await cluster.call('node.start', { node: spoilt })
})
test.afterAll(async () => {
  await cluster.discard()
})

/** A segment holds two of the batches that are written here: the first is no longer written to, and is checked at each start. */
const topicOf = (name: string, replicationFactor: number) => ({
  topic: name,
  partitions: 1,
  replicationFactor,
  configs: { 'segment.bytes': '170', 'min.insync.replicas': '1' }
})
const replicas = async (topic: string) => (await cluster.call('partition.replicas', { topic, partition: 0 })).replicas
const folderOf = (node: string, topic: string): string => join(cluster.node(node).dataDir, `${topic}-0`)
const logsOf = (node: string, topic: string): readonly string[] =>
  readdirSync(folderOf(node, topic))
    .filter((name) => name.endsWith('.log'))
    .sort()

/** Each record in a batch of its own. */
async function produce(topic: string): Promise<void> {
  const input = Array.from({ length: records }, (_, number) => `record ${number}\n`).join('')
  const args = ['-P', '-b', cluster.bootstrap, '-t', topic, '-p', '0', '-X', 'acks=all', '-X', 'batch.num.messages=1']
  expect(await runToEnd('kcat', args, { input })).toMatchObject({ code: 0 })
}
async function readBack(topic: string): Promise<readonly string[]> {
  const args = ['-C', '-b', cluster.bootstrap, '-t', topic, '-p', '0', '-o', 'beginning', '-e', '-q', '-f', '%o %s\n']
  return (await runToEnd('kcat', args)).stdout.trim().split('\n')
}
/** In the last batch of the first segment. */
function spoil(topic: string): void {
  const [first = ''] = logsOf(spoilt, topic)
  const path = join(folderOf(spoilt, topic), first)
  const bytes = readFileSync(path)
  bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1
  writeFileSync(path, bytes)
}

const unusable = (detail: Locator): Locator => detail.locator('.unusable')
/** The pane of a partition, which says what is wrong with it. */
async function opened(page: Page, topic: string): Promise<Locator> {
  await page.goto(new URL(`#/brokers/placement/${topic}-0`, cluster.ready.uiUrl).href)
  const detail = page.getByRole('complementary', { name: new RegExp(`${topic}.*-0$`) })
  await expect(unusable(detail)).toContainText('has a spoilt log', patience)
  await expect(unusable(detail)).toContainText(`${topic}-0/00000000000000000000.log`)
  await expect(detail.locator('.replicas')).toContainText('Corrupt')
  return detail
}

test('a spoilt log is seen, and cut by typing its name where it is the only one, or copied from its leader', async ({
  page
}) => {
  test.setTimeout(40_000)
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  const other = spoilt === 'broker-1' ? 'broker-2' : 'broker-1'

  await test.step('Overview leads there', async () => {
    await page.goto(cluster.ready.uiUrl ?? '')
    await expect(page.getByTestId('verdict')).toContainText('cannot use 2 of its logs', patience)
  })

  await test.step('the only replica: cut', async () => {
    const detail = await opened(page, 'only')
    await expect(detail).toContainText('No leader')
    await detail.getByRole('button', { name: 'Repair…' }).click()
    const dialog = page.getByRole('dialog')
    await expect(dialog).toContainText(/Cut at offset 1: 7 records are lost/)
    await expect(dialog.getByRole('button', { name: 'Copy anew' })).toHaveCount(0)
    const cut = dialog.getByRole('button', { name: 'Cut here' })
    await dialog.locator('#repair-name').fill('copied-0')
    await expect(cut).toBeDisabled()
    // Of another name nothing is done.
    await page.keyboard.press('Control+Enter')
    await dialog.locator('#repair-name').fill('only-0')
    await expect(cut).toBeEnabled()
    await page.keyboard.press('Control+Enter')
    await expect(dialog).toBeHidden(patience)
    await expect(unusable(detail)).toHaveCount(0, patience)
    await expect(detail).toContainText('ISR 1/1', patience)
    await expect(detail.locator('.own')).toContainText(
      /only-0.* cut at .*: 7 records given up; the log ends at offset 1/
    )
    expect(await readBack('only')).toEqual(['0 record 0'])
  })

  await test.step('one of two: copied anew', async () => {
    const detail = await opened(page, 'copied')
    await expect(detail).toContainText('ISR 1/2', patience)
    await detail.getByRole('button', { name: 'Repair…' }).click()
    const dialog = page.getByRole('dialog')
    await expect(dialog).toContainText(`are copied from broker ${other.slice(-1)}`)
    await expect(dialog.locator('#repair-name')).toHaveCount(0)
    await dialog.getByRole('button', { name: 'Copy anew' }).click()
    await expect(dialog).toBeHidden(patience)
    await expect(detail).toContainText('ISR 2/2', patience)
    await expect(unusable(detail)).toHaveCount(0)
    await expect(detail.locator('.own')).toContainText(/copies .*copied-0.* anew/)
    const [one, copy] = [other, spoilt].map((node) =>
      Buffer.concat(logsOf(node, 'copied').map((name) => readFileSync(join(folderOf(node, 'copied'), name))))
    )
    expect(copy?.equals(one ?? Buffer.alloc(0)), 'the same bytes').toBe(true)
    expect(await readBack('copied')).toEqual(
      Array.from({ length: records }, (_, number) => `${number} record ${number}`)
    )
  })

  await test.step('all is well', async () => {
    await page.goto(cluster.ready.uiUrl ?? '')
    await expect(page.getByTestId('verdict')).toContainText('The cluster is healthy', patience)
  })
  expect(problems).toEqual([])
})
