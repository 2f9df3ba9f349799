import { describe, expect, it } from 'vitest'
import { paths } from '../../../../src-main/broker/core/znodes'
import { BrokerWorld } from '../../../support/broker-world'

describe('BrokerNode', () => {
  it.each([
    ['its connection to the ensemble', 50],
    ['its session', 10_000]
  ])('starts although it loses %s on the way', async (_what, durationMs) => {
    for (let ms = 1; ms < 40; ms++) {
      const world = await BrokerWorld.start([])
      world.clock.after(ms, () => world.blip(1, durationMs))

      await world.startBroker(1)

      const ensemble = await world.ensemble()
      expect(await world.clock.until(ensemble.exists(paths.broker(1)))).toBeDefined()
      expect(world.failures).toEqual([])
    }
  })

  it('registers anew on a disk that is full', async () => {
    const world = await BrokerWorld.start([1])
    world.diskOf(1).capacityBytes = 0
    await world.cutOff(1)
    await world.reconnect(1)

    const ensemble = await world.ensemble()
    expect(await world.clock.until(ensemble.exists(paths.broker(1)))).toBeDefined()
    expect(world.failures).toEqual([])
  })
})
