/**
 * Values that are easily spoilt, in the window: numbers that no double holds, odd characters, every serializer. What foreign
 * clients wrote is shown, searched, copied, exported and produced again unchanged, and what is typed they read byte for byte.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test, type Locator, type Page } from '@playwright/test'
import { ControlClient } from '../../src-main/host/control-client'
import { LabCluster, lagoon, runToEnd } from '../support/lab-cluster'

const python = '/usr/bin/python3'
const readAll = resolve(import.meta.dirname, '../interop/produce-kafka-python.py')
const numbers = ['9223372036854775807', '23958446825181076828', '1.0', '1e400', '-0']

let cluster: LabCluster
let client: ControlClient
let folder: string

test.beforeAll(async () => {
  cluster = await LabCluster.start({ brokers: 1, args: ['--ui'] })
  client = await ControlClient.connect(cluster.dir)
  folder = mkdtempSync(join(tmpdir(), 'lagoon-values-'))
})

test.afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  client.close()
  await cluster.discard()
})

interface Read {
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [string, string | null])[]
}

const createTopic = (topic: string): Promise<unknown> => client.call('topic.create', { topic })

/** Every byte in Base64, as kafka-python has it. */
async function readByKafkaPython(topic: string): Promise<readonly Read[]> {
  const { stdout, stderr, code } = await runToEnd(python, [readAll, cluster.ready.bootstrapServers, topic])
  if (code !== 0) throw new Error(stderr)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Read)
}

/** A file is one record, whatever is in it. */
async function writeByKcat(topic: string, value: Buffer | string, args: readonly string[] = []): Promise<void> {
  const path = join(folder, 'value')
  writeFileSync(path, value)
  const ended = await runToEnd('kcat', ['-P', '-b', cluster.ready.bootstrapServers, '-t', topic, ...args, path])
  expect(ended).toMatchObject({ code: 0 })
}

async function open(page: Page, topic: string): Promise<void> {
  await page.goto(new URL(`#/topics/${topic}/messages`, cluster.ready.uiUrl).href)
  await page.getByRole('tab').first().waitFor()
}

const detailOf = (page: Page): Locator => page.getByRole('complementary', { name: 'Record' })

async function pressOn(target: Locator, key = 'Enter'): Promise<void> {
  await target.focus()
  await target.press(key)
}

/** Chooses in a select by its keys: opened, walked, taken. */
async function choose(page: Page, field: Locator, label: string): Promise<void> {
  await pressOn(field)
  const options = page.getByRole('option')
  await expect(page.locator('[role=option]:focus')).toHaveCount(1)
  await page.keyboard.press('Home')
  await expect(options.first()).toBeFocused()
  const at = (await options.allInnerTexts()).findIndex((text) => text.trim() === label)
  for (let i = 1; i <= at; i++) {
    await page.keyboard.press('ArrowDown')
    await expect(options.nth(i)).toBeFocused()
  }
  await page.keyboard.press('Enter')
  await expect(field).toContainText(label)
}

test('numbers that no double holds are shown, searched, copied, exported and produced again as they are', async ({
  page,
  context
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const copied = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText())
  async function copyParts(detail: Locator, number: string): Promise<void> {
    await pressOn(detail.getByRole('button', { name: 'Copy value' }))
    await expect.poll(copied).toBe(`{"a": ${number}, "of": [${number}]}`)
    await pressOn(detail.getByRole('button', { name: 'Copy Key' }))
    await expect.poll(copied).toBe(number)
    await pressOn(detail.getByRole('button', { name: 'Copy n' }).last())
    await expect.poll(copied).toBe(number)
    await pressOn(detail.getByRole('button', { name: 'Copy kcat command' }))
    await expect.poll(copied).toMatch(/^kcat /)
    expect((await runToEnd('/bin/bash', ['-c', await copied()])).stdout).toContain(`{"a": ${number},`)
  }
  const topic = 'numbers'
  await createTopic(topic)
  for (const number of numbers) {
    const headers = ['-H', `n=${number}`, '-H', 'n=1', '-H', `n=${number}`]
    await writeByKcat(topic, `{"a": ${number}, "of": [${number}]}`, ['-k', number, ...headers])
  }
  await open(page, topic)
  await expect(page.getByRole('grid').getByRole('row')).toHaveCount(1 + numbers.length)

  for (const number of numbers) {
    await page.keyboard.press('/')
    await page.keyboard.press('Control+a')
    await page.keyboard.type(`"a": ${number},`)
    await page.keyboard.press('Enter')
    await expect(page.getByText('1 found', { exact: true })).toBeVisible()
    await page.keyboard.press('j')
    const detail = detailOf(page)
    await expect(detail.locator('dl.headers dd bdi')).toHaveText([number, '1', number])
    await expect(page.getByRole('grid').getByRole('row').nth(1)).toContainText(`{"a": ${number}, "of": [${number}]}`)
    await pressOn(detail.getByRole('button', { name: 'Copy as JSON line' }))
    await expect.poll(copied).toContain(`{\\"a\\": ${number}`)
    expect(JSON.parse(await copied())).toMatchObject({ key: number, value: `{"a": ${number}, "of": [${number}]}` })
    if (number === numbers[1]) await copyParts(detail, number)

    await pressOn(detail.getByRole('button', { name: 'Produce again…' }))
    const dialog = page.getByRole('dialog')
    await expect(dialog.locator('#produce-value')).toHaveValue(`{"a": ${number}, "of": [${number}]}`)
    await page.keyboard.press('Control+Enter')
    await expect(dialog.getByText(/partition 0, offset \d/).first()).toBeVisible()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
  }

  const read = await readByKafkaPython(topic)
  expect(read).toHaveLength(2 * numbers.length)
  const bytes = ({ key, value, headers }: Read): unknown => ({ key, value, headers })
  expect(read.slice(numbers.length).map(bytes)).toEqual(read.slice(0, numbers.length).map(bytes))

  for (const format of ['jsonl', 'csv']) {
    const path = join(folder, `numbers.${format}`)
    await open(page, topic)
    await pressOn(page.getByRole('button', { name: 'Export…' }))
    const dialog = page.getByRole('dialog')
    if (format === 'csv') await pressOn(dialog.getByRole('radio', { name: 'JSONL' }), 'ArrowRight')
    await dialog.locator('#export-path').fill(path)
    await page.keyboard.press('Control+Enter')
    await expect(dialog.locator('p.figure code')).toHaveText(path)
    await page.keyboard.press('Control+Enter')
    const printed = await lagoon(['export', topic, '--format', format, '--data', cluster.dir])
    expect(readFileSync(path, 'utf8')).toBe(printed.stdout)
    for (const number of numbers) expect(printed.stdout.split(number).length - 1).toBeGreaterThanOrEqual(2 * 5)
  }
})

const schema =
  '{"type":"record","name":"Payment","fields":[{"name":"id","type":"long"},{"name":"note","type":"string"}]}'
const avroBody = Buffer.concat([Buffer.from('feffffffffffffffff0106', 'hex'), Buffer.from('한')])
const typed = '{"id":9223372036854775807,"note":"한"}'
const bytesOfHex = Buffer.from('00ff80c328', 'hex')

interface Serialized {
  readonly type: string
  readonly text: string
  readonly bytes: Buffer
  readonly framing?: string
}
const strange = '"q"\n\ttab <b>&amp;</b> 한글 \u001b[31m'
const serialized: readonly Serialized[] = [
  { type: 'Text', text: strange, bytes: Buffer.from(strange) },
  { type: 'JSON', text: `[${numbers.join(', ')}]`, bytes: Buffer.from(`[${numbers.join(', ')}]`) },
  { type: 'Hex', text: '00 ff 80 c3 28', bytes: bytesOfHex },
  { type: 'Base64', text: bytesOfHex.toString('base64'), bytes: bytesOfHex },
  { type: 'Avro', text: typed, bytes: avroBody, framing: 'Avro alone' },
  {
    type: 'Avro',
    text: typed,
    bytes: Buffer.concat([Buffer.from('000000002a', 'hex'), avroBody]),
    framing: 'Confluent (00, schema id)'
  }
]

test('what is typed in each serializer a foreign client reads byte for byte', async ({ page }) => {
  await createTopic('serialized')
  await open(page, 'serialized')
  await page.keyboard.press('p')
  const dialog = page.getByRole('dialog')
  await expect(dialog.locator('#produce-value')).toBeFocused()
  for (const [index, { type, text, framing }] of serialized.entries()) {
    for (const part of ['key', 'value']) {
      await choose(page, dialog.locator(`#produce-${part}-type`), type)
      if (framing !== undefined) {
        await dialog.locator(`#produce-${part}-schema`).fill(schema)
        const name = part === 'key' ? 'Key' : 'Value'
        await choose(
          page,
          dialog.getByRole('combobox', { name: `What stands before the Avro bytes of the ${name}` }),
          framing
        )
        if (framing.startsWith('Confluent')) await dialog.locator(`#produce-${part}-schema-id`).fill('42')
      }
      await dialog.locator(`#produce-${part}`).fill(text)
    }
    await page.keyboard.press('Control+Enter')
    await expect(dialog.getByText(`partition 0, offset ${index}`)).toBeVisible()
  }
  const read = await readByKafkaPython('serialized')
  const wanted = serialized.map(({ bytes }) => bytes.toString('base64'))
  expect(read.map(({ value }) => value)).toEqual(wanted)
  expect(read.map(({ key }) => key)).toEqual(wanted)
})

test('what foreign clients write is read in the window, Avro by a pasted schema, HTML as text', async ({ page }) => {
  const problems: string[] = []
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  page.on('pageerror', (error) => problems.push(error.message))
  const html = '<img src=x onerror="document.title=`broken`"><script>document.title="broken"</script>'
  await createTopic('foreign')
  await writeByKcat('foreign', `${html}\r\n"둘째"`, [
    ...['-k', html, '-H', `${html.replaceAll('=', '')}=${html}`, '-H', 'bell=\u0007']
  ])
  await writeByKcat('foreign', bytesOfHex)
  await writeByKcat('foreign', Buffer.concat([Buffer.from('000000002a', 'hex'), avroBody]))
  await open(page, 'foreign')
  await expect(page.getByRole('grid').getByRole('row')).toHaveCount(4)

  await page.keyboard.press('j')
  const detail = detailOf(page)
  const views = detail.getByRole('radiogroup', { name: 'Show value as' })
  await expect(detail.locator('ol.hex')).toContainText('00 00 00 00 2a')
  await pressOn(views.getByRole('radio', { name: 'Hex' }), 'ArrowRight')
  await detail.locator('#avro-schema').fill('{"type": "record", "name": "Paym')
  await expect(detail.getByRole('alert')).toContainText(/schema/i)
  await detail.locator('#avro-schema').fill(schema)
  await expect(detail).toContainText('9223372036854775807')
  await expect(detail).toContainText('schema id 42')
  await detail.locator('#avro-schema').press('Tab')

  await pressOn(detail.getByRole('button', { name: 'Next record' }))
  await pressOn(views.getByRole('radio', { name: 'Avro' }), 'ArrowLeft')
  await expect(detail.locator('ol.hex')).toContainText('00 ff 80 c3 28')
  await pressOn(detail.getByRole('button', { name: 'Next record' }))
  await expect(detail.locator('dl.headers')).toContainText(html)
  await expect(detail.locator('dl.headers')).toContainText('07')
  await pressOn(views.getByRole('radio', { name: 'Hex' }), 'ArrowLeft')
  await expect(detail.locator('pre.raw')).toContainText(html)
  await expect(detail.locator('pre.raw')).toContainText('둘째')

  await pressOn(detail.getByRole('button', { name: 'Produce again…' }))
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('dialog').getByText('partition 0, offset 3')).toBeVisible()
  const [first, , , again] = await readByKafkaPython('foreign')
  expect({ ...again, offset: 0, timestamp: 0 }).toEqual({ ...first, offset: 0, timestamp: 0 })
  expect(await page.title()).not.toContain('broken')
  expect(problems).toEqual([])
})

test('a schema that does not parse is told where it is typed, sends nothing, and is kept', async ({ page }) => {
  await createTopic('unparsed')
  await open(page, 'unparsed')
  await page.keyboard.press('p')
  const dialog = page.getByRole('dialog')
  await choose(page, dialog.locator('#produce-value-type'), 'Avro')
  await dialog.locator('#produce-value-schema').fill('{"type":"record","fields":[')
  await dialog.locator('#produce-value').fill('{"id":1}')
  await expect(dialog.locator('#produce-value-problem')).toContainText(/schema/i)
  await page.keyboard.press('Control+Enter')
  expect(await readByKafkaPython('unparsed')).toEqual([])
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
  await page.keyboard.press('p')
  await expect(dialog.locator('#produce-value-schema')).toHaveValue('{"type":"record","fields":[')
  await expect(dialog.locator('#produce-value')).toHaveValue('{"id":1}')
})

test('of ten topics to delete three are gone meanwhile: seven are deleted, three are named with their error', async ({
  page
}) => {
  const names = Array.from({ length: 10 }, (_, i) => `many-${i}`)
  for (const name of names) await createTopic(name)
  await page.goto(new URL('#/topics', cluster.ready.uiUrl).href)
  await page.getByRole('grid').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('many-')
  await expect(page.getByRole('grid').getByRole('row')).toHaveCount(11)
  await pressOn(page.getByRole('checkbox', { name: 'Mark all' }), 'Space')
  await pressOn(page.getByRole('button', { name: /^Delete/ }))
  const dialog = page.getByRole('alertdialog')
  await dialog.locator('#delete-count').fill('10')
  for (const name of names.slice(0, 3)) await client.call('topic.delete', { topic: name })
  await page.keyboard.press('Control+Enter')

  await expect(dialog.locator('p.figure')).toContainText('7 of 10')
  const errors = dialog.getByRole('list').getByRole('listitem')
  await expect(errors).toHaveCount(3)
  for (const [index, name] of names.slice(0, 3).entries()) {
    await expect(errors.nth(index)).toContainText(name)
    await expect(errors.nth(index)).toContainText('UNKNOWN_TOPIC_OR_PARTITION')
  }
  const { topics: left } = await client.call('topic.list', {})
  expect(left.filter(({ name }) => name.startsWith('many-'))).toEqual([])
})
