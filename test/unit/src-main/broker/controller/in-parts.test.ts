import { describe, expect, it } from 'vitest'
import { inParts } from '../../../../../src-main/broker/controller/controller-writes'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('asking about any number of things', () => {
  it('has no more under way than the ensemble takes, and answers in their order', async () => {
    let [underWay, most] = [0, 0]
    const ask = async (item: number): Promise<number> => {
      most = Math.max(most, ++underWay)
      await turn()
      underWay--
      return item * 2
    }

    const items = Array.from({ length: 2_500 }, (_, item) => item)
    expect(await inParts(items, ask)).toEqual(items.map((item) => item * 2))
    expect(most).toBe(1_000)
  })

  it('goes no further than the first error', async () => {
    const asked: number[] = []
    const ask = async (item: number): Promise<void> => {
      asked.push(item)
      await turn()
      throw new Error(`no ${item}`)
    }

    const items = Array.from({ length: 1_500 }, (_, item) => item)
    await expect(inParts(items, ask)).rejects.toThrow('no 0')
    expect(asked).toHaveLength(1_000)
  })
})
