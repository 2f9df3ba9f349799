/**
 * Our broker in the dialogues that were recorded with Apache Kafka 3.9.1 in ZooKeeper mode (record-kafka.ts): every field of
 * every answer is Kafka's, but for those that are listed here with the reason.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Connection } from '../../src-main/kernel/ports'
import { BrokerWorld } from '../support/broker-world'
import { findCoordinatorRequest, findCoordinatorResponse } from '../../src-main/protocol/api/10-find-coordinator'
import { Dialogue, differences, type Difference, type Line, type Program } from './kafka-dialogue'
import { differsBecause, listedReasons } from './kafka-differences'

const text = readFileSync(resolve(import.meta.dirname, 'kafka.json'), 'utf8')
const programs = JSON.parse(text) as readonly Program[]
const findCoordinator = { apiKey: 10, version: 3, request: findCoordinatorRequest, response: findCoordinatorResponse }

class SimLine implements Line {
  readonly #world: BrokerWorld
  readonly #frames: Uint8Array[] = []
  #connection: Connection | undefined
  #isClosed = false

  private constructor(world: BrokerWorld) {
    this.#world = world
  }

  static async to(world: BrokerWorld): Promise<SimLine> {
    const line = new SimLine(world)
    const options = { host: 'sim', port: 9092, frameBytesMax: 1 << 24, timeoutMs: 1_000 }
    const handler = {
      frame: (bytes: Uint8Array): void => void line.#frames.push(bytes.slice()),
      closed: (): void => void (line.#isClosed = true)
    }
    line.#connection = await world.clock.until(world.network.connect(options, () => handler))
    return line
  }

  send(frame: Uint8Array): void {
    this.#connection?.send(frame)
  }

  async receive(): Promise<Uint8Array | 'closed' | 'silent'> {
    for (let waitedMs = 0; waitedMs < 5_000; waitedMs += 10) {
      const frame = this.#frames.shift()
      if (frame !== undefined) return frame
      if (this.#isClosed) return 'closed'
      await this.#world.clock.run(10)
    }
    return 'silent'
  }

  async ended(): Promise<'closed' | 'open'> {
    await this.#world.clock.run(1_000)
    return this.#isClosed ? 'closed' : 'open'
  }
}

async function clusterLikeTheRecorded(): Promise<BrokerWorld> {
  const world = await BrokerWorld.start()
  for (;;) {
    const { errorCode } = await world.ask(1, findCoordinator, { key: 'any' })
    if (errorCode === 0) return world
    await world.clock.run(100)
  }
}

const sentence = ({ where, kafka, ours }: Difference): string =>
  `${where === '' ? 'the answer' : where} is ${JSON.stringify(kafka)} with Kafka, ${JSON.stringify(ours)} with us`

describe('a broker answers as Kafka 3.9.1 answered', () => {
  const used = new Set<string>()

  for (const { program, steps } of programs) {
    it(`${program}, ${steps.length} requests`, { timeout: 60_000 }, async () => {
      const world = await clusterLikeTheRecorded()
      const dialogue = new Dialogue(() => SimLine.to(world))
      const found: string[] = []

      for (const recorded of steps) {
        const ours = await dialogue.said({ ...recorded })
        const step = `${recorded.api} v${recorded.version}: ${recorded.what}`
        for (const difference of differences(recorded.answer ?? null, ours.answer ?? null)) {
          const reason = differsBecause(step, difference)
          if (reason === undefined) found.push(`${step}: ${sentence(difference)}`)
          else used.add(reason)
        }
      }

      expect(found).toEqual([])
      expect(world.failures).toEqual([])
    })
  }

  it('lists no difference that there is not', () => {
    expect([...used].sort()).toEqual([...listedReasons].sort())
  })
})
