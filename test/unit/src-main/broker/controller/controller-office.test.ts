/** Who holds the office, with which epoch, and what guards its writes. */
import { describe, expect, it } from 'vitest'
import { ControllerOffice } from '../../../../../src-main/broker/controller/controller-office'
import { ControllerMoved, ControllerWrites } from '../../../../../src-main/broker/controller/controller-writes'
import { dataOf, paths } from '../../../../../src-main/broker/core/znodes'
import type { EnsembleClient } from '../../../../../src-main/coordination/ensemble-client'
import { silent } from '../../../../support/ensemble-world'
import { BrokerWorld } from '../../../../support/broker-world'

async function candidates(): Promise<{ world: BrokerWorld; one: EnsembleClient; other: EnsembleClient }> {
  const world = new BrokerWorld()
  await world.startEnsemble()
  return { world, one: await world.ensemble(), other: await world.ensemble() }
}

const office = (ensemble: EnsembleClient, brokerId = 1): ControllerOffice =>
  new ControllerOffice({ ensemble, log: silent, brokerId })
const nobody = (): void => undefined

describe('the office of controller', () => {
  it('is guarded by the version that its own multi left, though another has been elected before anybody looks', async () => {
    const { world, one, other } = await candidates()
    const multi = one.multi.bind(one)
    // Between the write that wins and its answer: our session's znode goes, the other is elected.
    one.multi = async (operations) => {
      const results = await multi(operations)
      await other.delete(paths.controller)
      await office(other, 2).stand(nobody, 0)
      return results
    }

    const term = await world.clock.until(office(one).stand(nobody, 0))
    one.multi = multi

    expect(term).toMatchObject({ epoch: 1, epochVersion: 1 })
    const writes = new ControllerWrites(one, term?.epochVersion ?? -1)
    const write = writes.multi([{ type: 'create', path: '/late', data: null }])
    await expect(world.clock.until(write)).rejects.toBeInstanceOf(ControllerMoved)
  })

  it('is recognised when the answer of the multi that won it was lost', async () => {
    const { world, one } = await candidates()
    await world.clock.until(office(one).stand(nobody, 0))

    const term = await world.clock.until(office(one).stand(nobody, 0))

    expect(term).toMatchObject({ epoch: 1, epochVersion: 1 })
  })

  it('is laid down, and can be won again, when somebody else wrote the epoch under it', async () => {
    const { world, one, other } = await candidates()
    const first = office(one)
    await world.clock.until(first.stand(nobody, 0))
    await world.clock.until(other.setData(paths.controllerEpoch, dataOf('7')))
    first.forget()

    expect(await world.clock.until(first.stand(nobody, 0))).toBeUndefined()
    expect(await world.clock.until(first.stand(nobody, 0))).toMatchObject({ epoch: 8, epochVersion: 3 })
  })

  it('is another’s while that one holds it', async () => {
    const { world, one, other } = await candidates()
    await world.clock.until(office(one).stand(nobody, 0))

    expect(await world.clock.until(office(other, 2).stand(nobody, 0))).toBeUndefined()
  })
})

describe('a controller whose epoch somebody else wrote', () => {
  it('is elected anew by itself and goes on', async () => {
    const world = await BrokerWorld.start([1])
    const ensemble = await world.ensemble()
    await world.clock.until(ensemble.setData(paths.controllerEpoch, dataOf('41')))
    await world.clock.until(ensemble.create(paths.topic('theirs'), dataOf('{"version":3,"partitions":{"0":[1]}}')))

    await world.clock.run(10_000)

    const stored = await world.clock.until(ensemble.getData(paths.controllerEpoch))
    expect(Buffer.from(stored?.data ?? []).toString()).toBe('42')
    expect(await world.clock.until(ensemble.exists(paths.state('theirs', 0)))).toBeDefined()
    expect(world.failures).toEqual([])
  })
})
