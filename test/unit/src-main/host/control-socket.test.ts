import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { clientLimits } from '../../../../src-main/host/clients'
import { ControlClient } from '../../../../src-main/host/control-client'
import type { ApiProvider } from '../../../../src-main/host/client-session'
import { openControlSocket } from '../../../../src-main/host/control-socket'

const api = { run: () => Promise.resolve({}), watch: () => () => undefined } as unknown as ApiProvider

describe('openControlSocket', () => {
  let dir = ''
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'lagoon-socket-'))
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  it('is open to its user alone, from its first moment', async () => {
    const opening = openControlSocket(dir, api, () => undefined)
    const atFirst = existsSync(join(dir, 'lagoon.sock')) ? statSync(join(dir, 'lagoon.sock')).mode & 0o777 : undefined
    const control = await opening

    expect(atFirst).toBe(0o600)
    expect(statSync(join(dir, 'lagoon.sock')).mode & 0o777).toBe(0o600)
    await control.close()
  })

  describe('finds one folder', () => {
    const before = process.env['TMPDIR']
    const cwd = process.cwd()
    afterEach(() => {
      process.chdir(cwd)
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
    })

    it.each([
      ['short', ''],
      ['over 100 bytes', `${'long '.repeat(30)}/${'폴더'.repeat(20)}`]
    ])('by any name, with a path that is %s, from another TMPDIR, and leaves nothing behind', async (_length, deep) => {
      const folder = join(dir, 'real', deep)
      const elsewhere = join(dir, 'tmp')
      for (const path of [folder, elsewhere]) mkdirSync(path, { recursive: true })
      symlinkSync(join(dir, 'real'), join(dir, 'link'))
      process.env['TMPDIR'] = elsewhere
      const control = await openControlSocket(join(dir, 'link', deep), api, () => undefined)
      process.env['TMPDIR'] = '/tmp'
      process.chdir(dir)

      for (const name of [folder, join(dir, 'link', deep), join('real', deep), `./link/../real/${deep}/.`]) {
        const client = await ControlClient.connect(name)
        await client.call('cluster.status', {})
        client.close()
      }
      await control.close()

      expect(readdirSync(elsewhere)).toEqual([])
      expect(existsSync(join(folder, 'lagoon.sock'))).toBe(false)
      await expect(ControlClient.connect(folder)).rejects.toMatchObject({ code: 'NOT_RUNNING' })
    })
  })

  it('refuses what is asked through a connection that has ended, instead of leaving it without an answer', async () => {
    const control = await openControlSocket(dir, api, () => undefined)
    const client = await ControlClient.connect(dir)
    const ended = new Promise<void>((resolve) => client.onClose(resolve))
    await control.close()
    await ended

    await expect(client.call('cluster.status', {})).rejects.toMatchObject({ code: 'DISCONNECTED' })
  })

  it('rejects, whatever is in the way of the socket or of the link to it', async () => {
    const deep = join(dir, 'long '.repeat(30))
    mkdirSync(join(dir, 'lagoon.sock'))
    mkdirSync(deep)
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = '/none'
    try {
      const named = { name: 'AppError', message: expect.stringContaining('TMPDIR') }
      await expect(ControlClient.connect(deep)).rejects.toMatchObject(named)
      await expect(openControlSocket(deep, api, () => undefined)).rejects.toMatchObject(named)
    } finally {
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
    }
    await expect(openControlSocket(dir, api, () => undefined)).rejects.toMatchObject({ name: 'AppError' })
  })

  it('takes lines that end at LF only, whatever else is in them', async () => {
    const received: unknown[] = []
    const listening = {
      ...api,
      run: (_name: string, input: unknown) => Promise.resolve({ count: received.push(input) })
    }
    const control = await openControlSocket(dir, listening as unknown as ApiProvider, () => undefined)
    const client = await ControlClient.connect(dir)
    const groupId = 'a\u2028b\u2029c\rd'

    await client.call('group.describe', { groupId })

    expect(received).toEqual([{ groupId }])
    client.close()
    await control.close()
  })

  it('answers a line that does not end with a sentence, and stays up', async () => {
    const control = await openControlSocket(dir, api, () => undefined)
    const socket = connect(join(dir, 'lagoon.sock'))
    let answer = ''
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
    socket.on('error', () => undefined)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    const piece = Buffer.alloc(1024 * 1024, 'a')
    let sent = 0
    for (; sent < 100 && socket.writable; sent++) {
      await new Promise<void>((resolve) => socket.write(piece, () => resolve()))
    }
    await closed

    expect(sent).toBeLessThan(100)
    expect(JSON.parse(answer)).toMatchObject({ id: 0, error: { message: expect.stringContaining('bytes at most') } })
    const client = await ControlClient.connect(dir)
    await client.call('cluster.status', {})
    client.close()
    await control.close()
  })

  it('refuses a client too many with the reason, and takes the next one when one has gone', async () => {
    const control = await openControlSocket(dir, api, () => undefined)
    const clients: ControlClient[] = []
    for (let i = 0; i < clientLimits.clientsMax; i++) {
      const client = await ControlClient.connect(dir)
      await client.call('cluster.status', {})
      clients.push(client)
    }
    const refused = await ControlClient.connect(dir)
    await expect(refused.call('cluster.status', {})).rejects.toMatchObject({ code: 'CONFLICT' })

    clients.pop()?.close()

    await vi.waitFor(async () => {
      const next = await ControlClient.connect(dir)
      clients.push(next)
      await next.call('cluster.status', {})
    })
    for (const client of clients) client.close()
    await control.close()
  })

  it('leaves the mask of other files as it is', async () => {
    const before = process.umask()
    const opening = openControlSocket(dir, api, () => undefined)
    const during = process.umask()
    const control = await opening

    expect(during).toBe(before)
    await control.close()
  })

  it('leaves the mask as it is when the socket cannot be made', async () => {
    const before = process.umask()

    await expect(openControlSocket(join(dir, 'missing'), api, () => undefined)).rejects.toMatchObject({
      code: 'FAILED'
    })
    expect(process.umask()).toBe(before)
  })
})
