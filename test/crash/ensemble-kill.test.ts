import { describe, expect, it } from 'vitest'
import { EnsembleError, type EnsembleClient } from '../../src-main/coordination/ensemble-client'
import { EnsembleProcess, freePort, nodeEnsembleClient, temporaryFolder } from '../support/ensemble-process'

const rounds = 20
const clientCount = 4
const acksPerRound = 150

/** Writes without pause and remembers what was acknowledged; a lost connection has no verdict and is not counted. */
class Writer {
  readonly client: EnsembleClient
  readonly name: string
  /** Path to data of every create that was answered. */
  readonly created = new Map<string, string>()
  /** Newest value whose setData was answered, and newest that was tried. */
  counterAcked = 0
  counterTried = 0
  acks = 0
  heard = 0
  #isRunning = true
  #made = 0
  #done: Promise<unknown> = Promise.resolve()

  constructor(name: string, port: number) {
    this.name = name
    this.client = nodeEnsembleClient(port, 20_000)
  }

  async start(): Promise<void> {
    this.client.start()
    await this.client.whenConnected()
    await this.client.create(`/${this.name}`, null)
    await this.client.create(`/${this.name}/counter`, bytes('0'))
    await this.client.create(`/${this.name}-alive`, null, { ephemeral: true })
    this.#done = Promise.all([this.#createAll(), this.#createAll(), this.#count()])
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    await this.#done
  }

  async #createAll(): Promise<void> {
    await this.#forever(async () => {
      const value = `${this.#made++}`
      const path = `/${this.name}/n-${value}`
      await this.client.create(path, bytes(value))
      this.created.set(path, value)
    })
  }

  async #count(): Promise<void> {
    const path = `/${this.name}/counter`
    await this.#forever(async () => {
      const next = ++this.counterTried
      await this.client.setData(path, bytes(`${next}`))
      this.counterAcked = next
    })
  }

  async #forever(step: () => Promise<void>): Promise<void> {
    while (this.#isRunning) {
      try {
        await step()
        this.acks++
      } catch (error) {
        if (!(error instanceof EnsembleError) || error.code !== 'CONNECTIONLOSS') throw error
        await this.client.whenConnected()
      }
    }
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (data: Uint8Array | null | undefined): string => new TextDecoder().decode(data ?? undefined)

async function expectNothingLost(writer: Writer): Promise<void> {
  const { client, name } = writer
  const acked = new Map(writer.created)
  const { counterAcked } = writer
  const { children } = (await client.getChildren(`/${name}`)) ?? { children: [] }
  const present = new Set(children)
  const lost = [...acked.keys()].filter((path) => !present.has(path.slice(name.length + 2)))
  expect(lost).toEqual([])
  const sample = [...acked].slice(-50)
  const found = await Promise.all(sample.map(async ([path]) => text((await client.getData(path))?.data)))
  expect(found).toEqual(sample.map(([, value]) => value))
  const counter = Number(text((await client.getData(`/${name}/counter`))?.data))
  expect(counter).toBeGreaterThanOrEqual(counterAcked)
  expect(counter).toBeLessThanOrEqual(writer.counterTried)
}

describe('a member that is killed under load', () => {
  it(`${rounds} times loses no write that it answered, no session and no ephemeral`, async () => {
    const folder = temporaryFolder()
    const settings = { dataDir: folder.path, port: await freePort(), snapshotEntriesMax: 1_000 }
    let member = await EnsembleProcess.start(settings)
    const writers = Array.from({ length: clientCount }, (_, index) => new Writer(`w${index}`, settings.port))
    const sessionIds: bigint[] = []
    for (const writer of writers) {
      await writer.start()
      sessionIds.push(writer.client.sessionId)
    }

    for (let round = 0; round < rounds; round++) {
      const before = writers.map(({ acks }) => acks)
      const hasRun = (): boolean => writers.every(({ acks }, index) => acks - (before[index] ?? 0) >= acksPerRound)
      while (!hasRun()) await new Promise((resolve) => setImmediate(resolve))
      await member.kill()
      member = await EnsembleProcess.start(settings)
      for (const writer of writers) {
        await writer.client.whenConnected()
        await expectNothingLost(writer)
      }
    }

    for (const writer of writers) await writer.stop()
    expect(writers.map(({ client }) => client.sessionId)).toEqual(sessionIds)
    for (const { client, name } of writers) {
      expect((await client.exists(`/${name}-alive`))?.ephemeralOwner).toBe(client.sessionId)
    }
    for (const { client } of writers) await client.close()
    expect((await member.stop()).code).toBe(0)
    folder.remove()
  })

  it('arms the watches of its clients again and tells them what they missed', async () => {
    const folder = temporaryFolder()
    const settings = { dataDir: folder.path, port: await freePort() }
    let member = await EnsembleProcess.start(settings)
    const [watcher, writer] = [nodeEnsembleClient(settings.port), nodeEnsembleClient(settings.port)]
    for (const client of [watcher, writer]) {
      client.start()
      await client.whenConnected()
    }
    await writer.create('/a', null)
    const changed = new Promise<string>((resolve) => void watcher.getData('/a', ({ type }) => resolve(type)))
    const created = new Promise<string>((resolve) => void watcher.exists('/b', ({ type }) => resolve(type)))
    await watcher.sync('/')

    await member.kill()
    member = await EnsembleProcess.start(settings)
    await writer.whenConnected()
    await writer.setData('/a', bytes('new'))
    await writer.create('/b', null)

    expect(await Promise.all([changed, created])).toEqual(['dataChanged', 'created'])
    await Promise.all([watcher.close(), writer.close()])
    await member.stop()
    folder.remove()
  })
})

describe('a member whose disk takes no more', () => {
  it('says so in one sentence and ends with 1; what it had answered is there when there is room again', async () => {
    const folder = temporaryFolder()
    const settings = { dataDir: folder.path, port: await freePort() }
    const member = await EnsembleProcess.start(settings, { fileBlocksMax: 64 })
    const client = nodeEnsembleClient(settings.port)
    client.start()
    await client.whenConnected()
    let acked = 0

    const fill = async (): Promise<void> => {
      for (;;) {
        await client.create(`/n${acked}`, new Uint8Array(1_000))
        acked++
      }
    }
    await expect(fill()).rejects.toMatchObject({ code: 'CONNECTIONLOSS' })

    expect((await member.exited).code).toBe(1)
    expect(member.messages.at(-1)).toMatchObject({ type: 'problem', code: 'DISK_FAILED' })
    expect(member.stderr.trim().split('\n')).toHaveLength(1)
    const again = await EnsembleProcess.start(settings)
    await client.whenConnected()
    const { children } = (await client.getChildren('/')) ?? { children: [] }
    expect(acked).toBeGreaterThan(5)
    expect(children.filter((name) => name !== 'zookeeper')).toHaveLength(acked)
    await client.close()
    await again.stop()
    folder.remove()
  })
})
