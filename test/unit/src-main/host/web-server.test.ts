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
})
