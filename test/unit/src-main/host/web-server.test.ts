import { once } from 'node:events'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ApiProvider } from '../../../../src-main/host/client-session'
import { openWebServer, type WebServer } from '../../../../src-main/host/web-server'

const api = { call: () => Promise.resolve({}), watch: () => () => undefined } as unknown as ApiProvider

describe('openWebServer', () => {
  let web: WebServer
  let port = 0
  beforeEach(async () => {
    web = await openWebServer(api, tmpdir(), () => undefined)
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

  it('names its cookie so that another cluster in the same browser does not take it away', async () => {
    const other = await openWebServer(api, tmpdir(), () => undefined)
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
