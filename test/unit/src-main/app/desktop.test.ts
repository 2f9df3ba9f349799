import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ApiError } from '../../../../src-main/api/api'
import type { ClusterEvent, ClusterView } from '../../../../src-main/api/views'
import type { DesktopView } from '../../../../src-main/api/desktop'
import { Alarms } from '../../../../src-main/app/alarms'
import { Desktop, type Preferences } from '../../../../src-main/app/desktop'
import { keepPreferences, readPreferences } from '../../../../src-main/app/preferences'
import { trayMark } from '../../../../src-main/app/tray-mark'

const asks: Preferences = { closing: 'ask', notifies: true, language: 'en' }

function desktopOf(
  preferences = asks,
  hasPage = true,
  opens = (): Promise<void> => Promise.resolve(),
  keeps = (): void => undefined
) {
  const done: string[] = []
  const kept: Preferences[] = []
  const states: DesktopView['state'][] = []
  const host = { run: () => Promise.reject(new Error('asked the host')), watch: () => () => undefined }
  const app = new Desktop({
    preferences,
    keep: (value) => {
      keeps()
      kept.push(value)
    },
    show: () => done.push('show'),
    openWindow: (id) => done.push(`window ${id}`),
    hide: () => done.push('hide'),
    hasPage: () => hasPage,
    openFolder: (dir) => {
      done.push(`folder ${dir}`)
      return opens()
    },
    choosePath: (name) => Promise.resolve(name === 'none' ? null : `/home/you/${name}`),
    quit: () => done.push('quit')
  })
  const face = app.faceOf(host, { id: 'one', dir: '/labs/one' })
  face.watch('app', ({ state }) => states.push(state))
  const desktop = {
    run: (...args: Parameters<typeof face.run>) => face.run(...args),
    closeAsked: () => app.closeAsked(),
    stopping: () => app.stopping()
  }
  return { desktop, done, kept, states }
}

it('shows the folder of the cluster, and says why when it cannot', async () => {
  const { desktop, done } = desktopOf()
  expect(await desktop.run('app.openFolder', {})).toEqual({})
  expect(done).toEqual(['folder /labs/one'])

  const failing = desktopOf(asks, true, () => Promise.reject(new Error('no file manager')))
  await expect(failing.desktop.run('app.openFolder', {})).rejects.toThrow('no file manager')
})

it('asks the desktop where a file is to be, and says when it is to be nowhere', async () => {
  const { desktop } = desktopOf()
  expect(await desktop.run('app.choosePath', { name: 'orders.csv' })).toEqual({ path: '/home/you/orders.csv' })
  expect(await desktop.run('app.choosePath', { name: 'none' })).toEqual({ path: null })
})

describe('closing the window', () => {
  it('asks, in a window that is in front', () => {
    const { desktop, done, states } = desktopOf()
    desktop.closeAsked()

    expect(done).toEqual(['show'])
    expect(states).toEqual(['open', 'asking'])
  })

  it('does at once what was chosen', () => {
    for (const [closing, does] of [
      ['tray', 'hide'],
      ['stop', 'quit']
    ] as const) {
      const { desktop, done } = desktopOf({ ...asks, closing })
      desktop.closeAsked()
      expect(done).toEqual([does])
    }
  })

  it('stops the cluster when no page is there that could ask', () => {
    const { desktop, done } = desktopOf(asks, false)
    desktop.closeAsked()

    expect(done).toEqual(['quit'])
  })

  it('does what was answered, and keeps that only when told to', async () => {
    const { desktop, done, kept, states } = desktopOf()
    desktop.closeAsked()
    await desktop.run('app.close', { what: 'tray', remembers: false })
    desktop.closeAsked()
    await desktop.run('app.stay', {})
    desktop.closeAsked()
    await desktop.run('app.close', { what: 'stop', remembers: true })

    expect(done).toEqual(['show', 'hide', 'show', 'show', 'quit'])
    expect(kept).toEqual([{ ...asks, closing: 'stop' }])
    expect(states.at(-1)).toBe('open')
  })

  it('is no question any more while the cluster stops', async () => {
    const { desktop, done, states } = desktopOf()
    desktop.stopping()
    desktop.closeAsked()
    await desktop.run('app.stay', {})
    await desktop.run('app.close', { what: 'tray', remembers: true })

    expect(done).toEqual([])
    expect(states).toEqual(['open', 'stopping'])
  })
})

describe('what is set', () => {
  it('is kept and told when it is another than before, else nothing', async () => {
    const { desktop, kept, states } = desktopOf()
    await desktop.run('app.set', { language: 'ko' })
    await desktop.run('app.set', { language: 'ko', notifies: true })

    expect(kept).toEqual([{ ...asks, language: 'ko' }])
    expect(states).toEqual(['open', 'open'])
  })
})

describe('what cannot be kept', () => {
  const full = (): never => {
    throw new ApiError({ code: 'FAILED', message: 'No room for preferences.json.' })
  }

  it('holds when it was set, is said each time, and is kept as soon as it can be', async () => {
    let keep: () => void = full
    const { desktop, done, kept } = desktopOf(asks, true, undefined, () => keep())
    await expect(desktop.run('app.set', { closing: 'tray' })).rejects.toThrow('No room')
    await expect(desktop.run('app.set', { closing: 'tray' })).rejects.toThrow('No room')
    desktop.closeAsked()
    keep = () => undefined
    await desktop.run('app.set', { closing: 'tray' })

    expect(done).toEqual(['hide'])
    expect(kept).toEqual([{ ...asks, closing: 'tray' }])
  })

  it('leaves the window there, still asking, when closing was to be remembered', async () => {
    const { desktop, done, states } = desktopOf(asks, true, undefined, full)
    desktop.closeAsked()
    await expect(desktop.run('app.close', { what: 'stop', remembers: true })).rejects.toThrow('No room')
    expect(states.at(-1)).toBe('asking')
    expect(done).toEqual(['show'])

    await desktop.run('app.close', { what: 'stop', remembers: false })
    expect(done).toEqual(['show', 'quit'])
  })
})

describe('what else is asked', () => {
  it('goes to the host', async () => {
    await expect(desktopOf().desktop.run('cluster.status', {})).rejects.toThrow('asked the host')
  })
})

describe('preferences', () => {
  let dir: string
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'lagoon-preferences-'))))
  afterEach(() => rmSync(dir, { recursive: true }))
  const noLog = (): void => undefined

  it('are those that were kept', () => {
    const path = join(dir, 'profile', 'preferences.json')
    keepPreferences(path, { closing: 'tray', notifies: false, language: 'ko' }, noLog)

    expect(readPreferences(path, 'en-US')).toEqual({ closing: 'tray', notifies: false, language: 'ko' })
    expect(readFileSync(path, 'utf8')).toMatch(/\n$/)
  })

  it.each(['', '{', 'null', '[]', '{"closing":"never","notifies":1,"language":"ko-KR"}', '\u0000'])(
    'that cannot be read are the defaults: %j',
    (text) => {
      const path = join(dir, 'preferences.json')
      writeFileSync(path, text)

      expect(readPreferences(path, 'ko-KR')).toEqual({ closing: 'ask', notifies: true, language: 'ko' })
      expect(readPreferences(join(dir, 'none'), 'fr')).toEqual({ closing: 'ask', notifies: true, language: 'en' })
    }
  )

  it('that cannot be kept are said, with the file and the reason, and in the log; what was kept stays', () => {
    const said: string[] = []
    const path = join(dir, 'preferences.json')
    keepPreferences(path, asks, noLog)
    mkdirSync(`${path}.new`)

    const keep = (): void => keepPreferences(path, { ...asks, closing: 'stop' }, (_, message) => said.push(message))
    expect(keep).toThrow(ApiError)
    expect(keep).toThrow(/preferences\.json could not be written: EISDIR/)

    expect(said).toEqual(['preferences are not kept', 'preferences are not kept'])
    expect(readPreferences(path, 'en')).toEqual(asks)
  })
})

describe('an alarm', () => {
  const view = (leaderlessPartitions: number | null) => ({ name: 'lab', leaderlessPartitions }) as ClusterView
  const event = (id: number, code: ClusterEvent['code']): ClusterEvent => ({
    id,
    atMs: id,
    code,
    level: 'critical',
    kind: 'process',
    subject: 'broker-2',
    params: {}
  })

  it('is given for partitions that lose their leader, not for those that have none still, nor for what is not known', () => {
    const alarms = new Alarms()
    expect(new Alarms().seen(view(4), 'en')).toBeUndefined()
    const given = [0, 3, 3, null, 3, 5, 0, 1].map((count) => alarms.seen(view(count), 'en')?.body)

    const told = (count: number): string => `Partitions without a leader: ${count}`
    expect(given).toEqual([undefined, told(3), undefined, undefined, undefined, told(5), undefined, told(1)])
  })

  it('is given once for each node that ended by itself, not for one that was killed on purpose nor for the past', () => {
    const alarms = new Alarms()
    alarms.skip([event(1, 'nodeCrashed')])
    const events = [event(1, 'nodeCrashed'), event(2, 'nodeKilled'), event(3, 'nodeCrashed')]

    expect(alarms.happened(events, 'lab', 'en')).toEqual([{ title: 'lab', body: 'broker-2 ended by itself' }])
    expect(alarms.happened(events, 'lab', 'ko')).toEqual([])
  })
})

describe('the mark in the tray', () => {
  const levels = ['healthy', 'recovering', 'degraded', 'critical', 'stopped', 'unknown'] as const

  it('has a shape of its own for each level, not only a colour', () => {
    const shapes = levels.map((level) =>
      trayMark(level, 22)
        .filter((_, index) => index % 4 === 3)
        .join()
    )

    expect(new Set(shapes).size).toBe(levels.length)
  })

  it('is premultiplied, and clear at its corners', () => {
    for (const level of levels) {
      const pixels = trayMark(level, 16)
      expect(pixels[3]).toBe(0)
      for (let at = 0; at < pixels.length; at += 4)
        expect(Math.max(...pixels.subarray(at, at + 3))).toBeLessThanOrEqual(pixels[at + 3] ?? 0)
    }
  })
})
