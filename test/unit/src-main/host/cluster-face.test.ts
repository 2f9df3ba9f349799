import { expect, it } from 'vitest'
import { ClientSession, type ApiProvider } from '../../../../src-main/host/client-session'
import { ClusterFace } from '../../../../src-main/host/cluster-face'
import type { Clusters } from '../../../../src-main/host/clusters'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A page on a cluster of this process, whose jobs are opened when `opened` is called. */
function page() {
  const asked: unknown[] = []
  let opened: (value: unknown) => void = () => undefined
  const api = {
    run: (name: string, input: unknown) => {
      asked.push([name, input])
      return name === 'tail.open' ? new Promise((resolve) => (opened = resolve)) : Promise.resolve({})
    },
    watch: () => () => undefined
  } as unknown as ApiProvider
  const clusters = { home: 'one', hosted: () => api, dirOf: () => '/labs/one', listen: () => () => undefined }
  const face = new ClusterFace(clusters as unknown as Clusters, undefined)
  const session = new ClientSession(
    face,
    () => undefined,
    () => undefined
  )
  const input = { topic: 'orders', criteria: [] }
  return {
    asked,
    tail: () => session.receive({ type: 'call', id: 1, name: 'tail.open', input }),
    opened: () => opened({ job: '7' }),
    close: () => {
      session.close()
      face.close()
    }
  }
}

const closes = (asked: readonly unknown[]): unknown[] => asked.slice(1)

it('ends what a page has opened when the page goes', async () => {
  const { asked, tail, opened, close } = page()
  tail()
  opened()
  await turn()

  close()
  await turn()

  expect(closes(asked)).toEqual([['job.close', { job: '7' }]])
})

it('ends what is opened only after its page has gone', async () => {
  const { asked, tail, opened, close } = page()
  tail()
  close()
  opened()
  await turn()

  expect(closes(asked)).toEqual([['job.close', { job: '7' }]])
})
