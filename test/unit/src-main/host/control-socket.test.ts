import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ApiProvider } from '../../../../src-main/host/client-session'
import { openControlSocket } from '../../../../src-main/host/control-socket'

const api = { call: () => Promise.resolve({}), watch: () => () => undefined } as unknown as ApiProvider

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
