import { describe, expect, it } from 'vitest'
import { BrokerLanes } from '../../../../src-main/admin/broker-lanes'

describe('a broker that is said to be at a port that is none', () => {
  it('cannot be reached, and nothing else happens', async () => {
    const lanes = new BrokerLanes('test')
    const asked = lanes.ask({ host: '127.0.0.1', port: 534_619_005 }, 'groups', 1000, () =>
      expect.fail('nobody is there')
    )

    await expect(asked).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' })
  })
})
