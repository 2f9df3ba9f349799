import { once } from 'node:events'
import { connect } from 'node:net'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { clientLimits } from '../../../../src-main/host/clients'
import type { PageFace } from '../../../../src-main/host/cluster-face'
import { openWebServer, type WebServer } from '../../../../src-main/host/web-server'

const api = {
  run: () => Promise.resolve({}),
  watch: () => () => undefined,
  close: () => undefined
} as unknown as PageFace

describe('openWebServer', () => {
  let web: WebServer
  let port = 0
  beforeEach(async () => {
    web = await openWebServer(
      () => api,
      tmpdir(),
      () => undefined
    )
    port = Number(new URL(web.url).port)
  })
  afterEach(() => web.close())

  it('outlives browsers that break off while their WebSocket is refused', async () => {
    const uncaught: unknown[] = []
    const caught = (error: unknown): void => void uncaught.push(error)
    process.on('uncaughtException', caught)
    const upgrade = `GET /api HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`

    for (let i = 0; i < 20; i++) {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      socket.write(upgrade.repeat(1 + (i % 3)))
      socket.resetAndDestroy()
      await once(socket, 'close')
    }
    const status = (await fetch(`http://127.0.0.1:${port}/`)).status
    process.off('uncaughtException', caught)

    expect(status).toBe(401)
    expect(uncaught).toEqual([])
  })

  it('answers an address that is none', async () => {
    for (const target of ['//', '/\\', 'http://[', '//evil.example/x', '*']) {
      const socket = connect(port, '127.0.0.1')
      socket.write(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`)
      const [answer] = (await once(socket, 'data')) as [Buffer]
      expect(answer.toString(), target).toMatch(/^HTTP\/1\.1 4\d\d /)
      socket.destroy()
    }
  })

  it('refuses a WebSocket too many', async () => {
    const cookie = (await fetch(web.url, { redirect: 'manual' })).headers.get('set-cookie')?.split(';')[0] ?? ''
    const open = async (): Promise<{ client: WebSocket; status: number }> => {
      const headers = { cookie, origin: `http://127.0.0.1:${port}` }
      const client = new WebSocket(`ws://127.0.0.1:${port}/api`, { headers })
      client.on('error', () => undefined)
      const [, answer] = (await Promise.race([
        once(client, 'open').then(() => [client, { statusCode: 101 }]),
        once(client, 'unexpected-response')
      ])) as [unknown, { statusCode: number }]
      return { client, status: answer.statusCode }
    }
    const opened = await Promise.all(Array.from({ length: clientLimits.clientsMax }, open))
    expect(new Set(opened.map(({ status }) => status))).toEqual(new Set([101]))

    expect((await open()).status).toBe(503)

    for (const { client } of opened) client.terminate()
  })

  it('names its cookie so that another cluster in the same browser does not take it away', async () => {
    const other = await openWebServer(
      () => api,
      tmpdir(),
      () => undefined
    )
    const cookies: string[] = []
    for (const { url } of [web, other]) {
      const answer = await fetch(url, { redirect: 'manual' })
      cookies.push(answer.headers.get('set-cookie')?.split(';')[0] ?? '')
    }
    await other.close()

    expect(cookies[0]?.split('=')[0]).not.toBe(cookies[1]?.split('=')[0])
    const page = await fetch(`http://127.0.0.1:${port}/nothing`, { headers: { cookie: cookies.join('; ') } })
    expect(page.status).toBe(404)
  })
})

describe('a web server that keeps its place', () => {
  const dirs: string[] = []
  const newDir = (): string => {
    const dir = mkdtempSync(join(tmpdir(), 'lagoon-web-'))
    dirs.push(dir)
    return dir
  }
  afterEach(() => dirs.splice(0).forEach((dir) => rmSync(dir, { recursive: true, force: true })))

  const open = (dir: string): Promise<WebServer> =>
    openWebServer(
      () => api,
      tmpdir(),
      () => undefined,
      undefined,
      dir
    )
  const cookieOf = async (web: WebServer): Promise<string> =>
    (await fetch(web.url, { redirect: 'manual' })).headers.get('set-cookie')?.split(';')[0] ?? ''

  it('is back on its port after a restart and lets an open tab in, but no old address', async () => {
    const dir = newDir()
    const first = await open(dir)
    const cookie = await cookieOf(first)
    await first.close()
    const second = await open(dir)

    expect(new URL(second.url).port).toBe(new URL(first.url).port)
    expect((await fetch(new URL('/assets/none', second.url), { headers: { cookie } })).status).toBe(404)
    expect((await fetch(first.url, { redirect: 'manual' })).status).toBe(401)
    expect(statSync(join(dir, 'web.json')).mode & 0o777).toBe(0o600)
    await second.close()
  })

  it('takes another port when somebody has taken its own, and keeps that', async () => {
    const dir = newDir()
    const first = await open(dir)
    const second = await open(dir)
    const { port } = new URL(second.url)

    expect(port).not.toBe(new URL(first.url).port)
    expect(JSON.parse(readFileSync(join(dir, 'web.json'), 'utf8'))).toMatchObject({ port: Number(port) })
    await first.close()
    await second.close()
  })

  it('makes another place of a file that is empty, half or not ours', async () => {
    for (const text of ['', '\0\0\0', '{"port":80', '{"port":1e9,"secret":"x"}', '[]', 'null']) {
      const dir = newDir()
      writeFileSync(join(dir, 'web.json'), text)
      const web = await open(dir)

      expect((await fetch(web.url, { redirect: 'manual' })).status, text).toBe(303)
      await web.close()
    }
  })
})
