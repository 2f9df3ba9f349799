/**
 * A cluster in random states at rest: each cell that Lagoon shows, by the API, the command line and on screen, is what
 * Kafka 3.9.1's own tools print. LAGOON_STATES of them; LAGOON_SEED repeats a run.
 */
import type { Browser, Page } from '@playwright/test'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { GroupView, TopicView } from '../../src-main/api/views'
import { ControlClient } from '../../src-main/host/control-client'
import texts from '../../src-renderer/i18n/en.json'
import { LabCluster, until } from '../support/lab-cluster'
import { RandomLab } from '../support/random-lab'
import { cellsOf, goTo, launchBrowser, plain, type Cells } from '../support/screen-tables'
import { ToolServer } from '../support/tool-server'
import { ToolTables, type ToolConfig, type ToolGroup, type ToolTopic } from '../support/tool-tables'

const seed = Number(process.env['LAGOON_SEED'] ?? Date.now() % 1_000_000)
const states = Number(process.env['LAGOON_STATES'] ?? 3)
const changesPerState = 12
/** Screens are told once a second. */
const shownWithinMs = 15_000

const sources = {
  DYNAMIC_TOPIC_CONFIG: 'topic',
  DYNAMIC_BROKER_CONFIG: 'broker',
  DYNAMIC_DEFAULT_BROKER_CONFIG: 'everyBroker',
  STATIC_BROKER_CONFIG: 'start',
  DEFAULT_CONFIG: 'default'
} as const satisfies Record<string, keyof typeof texts.configs.source>

const sourceOf = (kafkas: string): (typeof sources)[keyof typeof sources] => sources[kafkas as keyof typeof sources]
const text = (value: number | string | null | undefined): string => String(value ?? '-')

describe(`random states, seed ${seed}`, () => {
  let cluster: LabCluster
  let client: ControlClient
  let tools: ToolServer
  let tables: ToolTables
  let lab: RandomLab
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    const starting = LabCluster.start({ brokers: 3, args: ['--ui'] })
    ;[cluster, tools, browser] = await Promise.all([starting, ToolServer.start(), launchBrowser()])
    client = await ControlClient.connect(cluster.dir)
    tables = new ToolTables(tools, cluster.bootstrap)
    lab = await RandomLab.open(seed, client)
    page = await browser.newPage({ viewport: { width: 1920, height: 1080 } })
    await page.goto(cluster.ready.uiUrl ?? '')
  })

  afterAll(async () => {
    await browser.close()
    await tools.end()
    client.close()
    expect((await cluster.discard()).code).toBe(0)
  })

  /** Until the tools say the same twice: commits of a deleted topic go a moment after it. */
  async function atRest(about: string): Promise<{ topics: readonly ToolTopic[]; groups: readonly ToolGroup[] }> {
    let before = ''
    return await until(`rest, ${about}`, async () => {
      const seen = { topics: await tables.topics(), groups: await tables.groups() }
      const now = JSON.stringify(seen)
      const isSame = now === before
      before = now
      return isSame && seen
    })
  }

  // ── the API, and the command line ────────────────────────────────────────────────────────────────────────────

  const topicCells = (topic: TopicView): ToolTopic => ({
    topic: topic.name,
    topicId: topic.topicId,
    configs: topic.configs ?? {},
    partitions: topic.partitions.map((one) => ({
      partition: text(one.partition),
      leader: text(one.leader),
      replicas: one.replicas.join(','),
      isr: one.isr.join(','),
      start: text(one.startOffset),
      end: text(one.endOffset),
      size: text(one.sizeBytes)
    }))
  })

  const groupCells = (group: GroupView): ToolGroup => {
    const members = group.members ?? []
    return {
      group: group.groupId,
      state: group.state,
      coordinator: text(group.coordinatorId),
      members: members
        .map((one) => ({
          id: one.memberId,
          host: one.clientHost,
          client: one.clientId,
          // The tool leaves the topics out and sorts partitions as words; the rows have the topics.
          assignment:
            one.assignments.map(({ partitions }) => `(${partitions.map(String).sort().join(',')})`).join(', ') || '-'
        }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
      rows: [...group.partitions]
        .sort((a, b) => (a.topic < b.topic ? -1 : Number(a.topic > b.topic)) || a.partition - b.partition)
        .map((one) => {
          const member = members.find(({ memberId }) => memberId === one.memberId)
          const cells = [one.topic, one.partition, one.committedOffset, one.endOffset, one.lagRecords]
          return [...cells, one.memberId, member?.clientHost, member?.clientId].map(text)
        })
    }
  }

  async function configCells(resource: Parameters<typeof client.call<'config.describe'>>[1]): Promise<ToolConfig[]> {
    const { configs } = await client.call('config.describe', resource)
    return configs
      .map(({ name, value, source }): ToolConfig => [name, value ?? '', source])
      .sort(([a], [b]) => (a < b ? -1 : 1))
  }

  // ── the screen ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Looks until the table says so; the failure has what it said last. */
  async function shows(
    address: string,
    table: string,
    wanted: unknown,
    seenIn: (rows: readonly Cells[]) => unknown
  ): Promise<void> {
    await goTo(page, address)
    let seen: unknown
    const isNothing = Array.isArray(wanted) && wanted.length === 0
    const end = Date.now() + shownWithinMs
    do {
      const rows = await cellsOf(page, table)
      // Where there is nothing a sentence stands in place of the table.
      seen = rows === null ? (isNothing ? [] : 'no table') : seenIn(rows)
    } while (JSON.stringify(seen) !== JSON.stringify(wanted) && Date.now() < end)
    expect(
      seen,
      `${address}, ${table}, state after:\n  ${lab.done.slice(-2 * changesPerState).join('\n  ')}\n`
    ).toEqual(wanted)
  }

  const { column } = texts
  const isLabs = ({ topic }: { readonly topic: string }): boolean => topic !== '__consumer_offsets'
  /** One unit for a column, tenths of it; little is not nothing. */
  const sized = (sizes: readonly string[]): { head: string; cell: (size: string) => string } => {
    const [unit, factor] = sizes.some((size) => Number(size) >= 1e6) ? ['MB', 1e6] : ['kB', 1e3]
    const cell = (size: string): string => {
      const tenths = (Number(size) / factor).toFixed(1)
      return tenths === '0.0' && size !== '0' ? '<0.1' : tenths
    }
    return { head: column.size.replace('{unit}', unit), cell }
  }

  async function screenOfTopics(topics: readonly ToolTopic[], groups: readonly ToolGroup[]): Promise<void> {
    const sum = (of: readonly string[]): number => of.reduce((total, one) => total + Number(one), 0)
    const sizes = topics.map(({ partitions }) => String(sum(partitions.map(({ size }) => size))))
    const size = sized(sizes)
    const wanted = topics.map(({ topic, partitions }, index) => {
      const lags = groups.flatMap(({ rows }) => {
        const known = rows.filter(([of, , , , lag]) => of === topic && lag !== '-')
        return known.length === 0 ? [] : [sum(known.map(([, , , , lag]) => String(Math.max(0, Number(lag)))))]
      })
      return {
        [column.topic]: topic,
        [column.partitions]: String(partitions.length),
        [column.replicationFactor]: String(partitions[0]?.replicas.split(',').length),
        [column.records]: String(sum(partitions.map(({ start, end }) => String(Number(end) - Number(start))))),
        [size.head]: size.cell(sizes[index] ?? ''),
        [column.worstLag]: lags.length === 0 ? '—' : String(Math.max(...lags))
      }
    })
    await shows('#/topics', texts.section.topics, byFirst(wanted), (rows) =>
      byFirst(under(Object.keys(wanted[0] ?? {}), rows).filter((row) => isLabs({ topic: row[column.topic] ?? '' })))
    )
  }

  const under = (heads: readonly string[], rows: readonly Cells[]): readonly Cells[] =>
    rows.map((row) => Object.fromEntries(heads.map((head) => [head, plain(row[head] ?? 'no column')])))
  const byFirst = (rows: readonly Cells[]): readonly Cells[] =>
    [...rows].sort((a, b) => ((Object.values(a)[0] ?? '') < (Object.values(b)[0] ?? '') ? -1 : 1))

  async function screenOfTopic({ topic, partitions }: ToolTopic): Promise<void> {
    const size = sized(partitions.map((one) => one.size))
    const wanted = partitions.map((one) => ({
      [column.partition]: one.partition,
      [column.leader]: `Broker ${one.leader}`,
      [column.replicas]: one.replicas.replaceAll(',', ' '),
      [column.isr]: one.isr.replaceAll(',', ' '),
      [column.start]: one.start,
      [column.end]: one.end,
      [size.head]: size.cell(one.size)
    }))
    await shows(`#/topics/${topic}/partitions`, texts.topic.tab.partitions, wanted, (rows) =>
      under(Object.keys(wanted[0] ?? {}), rows)
    )
  }

  async function screenOfConfigs(topic: string, configs: readonly ToolConfig[]): Promise<void> {
    // What is empty says so on a screen.
    const shown = (value: string): string => (value === '' ? texts.text.empty : value)
    const wanted = configs.map(([name, value, source]) => [name, shown(value), texts.configs.source[sourceOf(source)]])
    await shows(`#/topics/${topic}/config`, texts.topic.tab.config, wanted, (rows) =>
      rows
        // Behind what it is in a unit the value stands as it is.
        .map((row) => [row[column.config] ?? '', row[column.value]?.split(' ').at(-1), row[column.source]])
        .filter(([name]) => wanted.some(([one]) => one === name))
        .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
    )
  }

  async function screenOfGroup({ group, rows: wanted, members }: ToolGroup): Promise<void> {
    const shown = (cell: string | undefined): string => (cell === '-' || cell === undefined ? '—' : cell)
    const address = `#/groups/${encodeURIComponent(group)}`
    const member = (client = '-', host = '-'): string => (client === '-' ? texts.group.noMember : `${client} ${host}`)
    const offsets = wanted.map(([topic, partition, committed, end, lag, , host, client]) => [
      `${topic}-${partition}`,
      ...[committed, end, lag].map(shown),
      member(client, host)
    ])
    await shows(address, texts.group.offsets, offsets.sort(), (rows) =>
      rows
        .map((row) =>
          [column.partition, column.committed, column.end, column.lag, column.member].map((head) =>
            plain(row[head] ?? '')
          )
        )
        .map(([first = '', ...others]) => [first.replace(/\s/g, ''), ...others])
        .sort()
    )
    if (members.length === 0) return
    const wantedMembers = members.map(({ id, client: of, host }) => [id, of, host]).sort()
    await shows(`${address}/members`, texts.group.tab.members, wantedMembers, (rows) =>
      rows.map((row) => [column.memberId, column.client, column.host].map((head) => row[head])).sort()
    )
  }

  it.each(Array.from({ length: states }, (_, state) => state + 1))('state %i', async (state) => {
    for (let i = 0; i < changesPerState; i++) await lab.change()
    const about = `state ${state}, seed ${seed}, after:\n  ${lab.done.slice(-3 * changesPerState).join('\n  ')}\n`
    for (;;) {
      const rest = await atRest(about)
      try {
        return await compare(about, rest)
      } catch (error) {
        // Segments that were purged go when the broker next looks for them, minutes later: then Kafka's tools say so, too.
        if (JSON.stringify(await atRest(about)) === JSON.stringify(rest)) throw error
      }
    }
  })

  async function compare(about: string, { topics, groups }: Awaited<ReturnType<typeof atRest>>): Promise<void> {
    const { topics: listed } = await client.call('topic.list', {})
    expect(listed.map(({ name }) => name).sort(), about).toEqual(topics.map(({ topic }) => topic).sort())
    for (const one of topics)
      expect(topicCells(await client.call('topic.describe', { topic: one.topic })), about).toEqual(one)
    const known = await client.call('group.list', {})
    expect(known.groups.map(({ groupId }) => groupId).sort(), about).toEqual(groups.map(({ group }) => group).sort())
    for (const one of groups)
      expect(groupCells(await client.call('group.describe', { groupId: one.group })), about).toEqual(one)

    const picked = lab.pick(lab.topics)
    const one = topics.find(({ topic }) => topic === picked) ?? topics[0]
    if (one === undefined) throw new Error('there is a topic')
    const broker = lab.pick([1, 2, 3])
    // Where brokers have values of their own, each tells its own of a topic: the tool asks any of them.
    const isAgreed = ([name, , source]: ToolConfig): boolean =>
      source === 'DYNAMIC_TOPIC_CONFIG' || source === 'topic' || !lab.brokersDifferIn.includes(name)
    const ofTopic = (await tables.configs('topics', one.topic)).filter(isAgreed)
    const ofBroker = await tables.configs('brokers', String(broker))
    const ours = (list: readonly ToolConfig[]) => list.map(([name, value, source]) => [name, value, sourceOf(source)])
    const oursOfTopic = await configCells({ resource: { type: 'topic', topic: one.topic } })
    expect(oursOfTopic.filter(isAgreed), about).toEqual(ours(ofTopic))
    expect(await configCells({ resource: { type: 'broker', broker } }), about).toEqual(ours(ofBroker))
    expect(topicCells(await cluster.verb<TopicView>('topic', 'describe', one.topic)), about).toEqual(one)
    const group = groups.length === 0 ? undefined : lab.pick(groups)
    if (group !== undefined)
      expect(groupCells(await cluster.verb<GroupView>('group', 'describe', group.group)), about).toEqual(group)

    // What members commit goes into the brokers' own topic meanwhile.
    await screenOfTopics(topics.filter(isLabs), groups)
    await screenOfTopic(one)
    await screenOfConfigs(one.topic, ofTopic)
    if (group !== undefined) await screenOfGroup(group)
  }
})
