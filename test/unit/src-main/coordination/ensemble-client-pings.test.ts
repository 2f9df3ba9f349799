import { expect, it } from 'vitest'
import { EnsembleClient } from '../../../../src-main/coordination/ensemble-client'
import { specialXids } from '../../../../src-main/coordination/wire/codes'
import { connectResponseFrame } from '../../../../src-main/coordination/wire/connect'
import { JuteReader } from '../../../../src-main/coordination/wire/jute-reader'
import { replyFrame } from '../../../../src-main/coordination/wire/responses'
import type { Connection } from '../../../../src-main/kernel/ports'
import { SimClock, SimNetwork, SimRandom } from '../../../support/ensemble-world'

const timeoutMs = 9_000
const zxid = { epoch: 1, counter: 1 }

it('a client takes the answer to an earlier ping for nothing that a later one asked', async () => {
  const clock = new SimClock()
  const network = new SimNetwork(clock, new SimRandom(3))
  /** What was asked and is not answered: its xid, and when it came. */
  const asked: { readonly xid: number; readonly cameMs: number }[] = []
  let member: Connection | undefined
  await network.of('member').listen({ host: 'sim', port: 2181, frameBytesMax: 1024 }, (connection) => {
    member = connection
    let isShaken = false
    return {
      frame: (bytes) => {
        if (isShaken) asked.push({ xid: new JuteReader(bytes).int(), cameMs: clock.monotonicMs() })
        else
          connection.send(
            connectResponseFrame({ timeoutMs, sessionId: 7n, password: new Uint8Array(16), readOnly: false })
          )
        isShaken = true
      },
      closed: () => undefined
    }
  })
  const addresses = [{ host: 'sim', port: 2181 }]
  const client = new EnsembleClient({
    addresses,
    sessionTimeoutMs: timeoutMs,
    clock,
    network: network.of('client'),
    random: new SimRandom(4)
  })
  const untilAsked = async (count: number): Promise<void> => {
    while (asked.length < count) await clock.run(10)
  }
  const answer = async (index: number): Promise<void> => {
    const xid = asked[index]?.xid ?? 0
    member?.send(replyFrame({ xid, zxid, error: 0 }, xid > 0 ? { type: 'sync', path: '/' } : undefined))
    await clock.run(10)
  }
  client.start()
  await clock.until(client.whenConnected())

  const synced = client.sync('/')
  await untilAsked(2)
  await answer(0)
  const sureByTheSync = client.aliveUntilMs
  await untilAsked(3)
  expect(asked.slice(1).map(({ xid }) => xid)).toEqual([specialXids.ping, specialXids.ping])

  await answer(1)
  expect(client.aliveUntilMs).toBe(sureByTheSync)
  await answer(2)
  expect(client.aliveUntilMs).toBeGreaterThan(sureByTheSync + timeoutMs / 3)
  await clock.until(synced)
  client.abandon()
})
