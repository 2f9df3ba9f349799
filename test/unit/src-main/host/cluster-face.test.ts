import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { ClientSession, type ApiProvider } from '../../../../src-main/host/client-session'
import { ClusterFace } from '../../../../src-main/host/cluster-face'
import type { Clusters } from '../../../../src-main/host/clusters'
import { openControlSocket } from '../../../../src-main/host/control-socket'

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

it('refuses what is asked of a cluster elsewhere as soon as its host is seen to be gone, though its connection has not ended', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'lagoon-face-'))
  const api = { run: () => Promise.resolve({ topics: [] }), watch: () => () => undefined } as unknown as ApiProvider
  const control = await openControlSocket(dir, api, () => undefined)
  onTestFinished(async () => {
    await control.close()
    rmSync(dir, { recursive: true })
  })
  let isElsewhere = true
  let looked: () => void = () => undefined
  const clusters = {
    home: 'one',
    hosted: () => undefined,
    isElsewhere: () => isElsewhere,
    dirOf: () => dir,
    listen: (listener: () => void) => {
      looked = listener
      return () => undefined
    }
  }
  const face = new ClusterFace(clusters as unknown as Clusters, undefined)
  expect(await face.run('topic.list', {})).toEqual({ topics: [] })

  isElsewhere = false
  looked()

  await expect(face.run('topic.list', {})).rejects.toMatchObject({ code: 'NOT_RUNNING' })
  face.close()
})
