import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeNetwork } from '../../../../src-main/adapters/node-network'
import { portHolder } from '../../../../src-main/adapters/port-holder'

describe('the holder of a port', () => {
  it('is named with its process, and in the error of whoever cannot have it', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo

    expect(portHolder(port)).toContain(`(process ${process.pid})`)
    const listening = nodeNetwork.listen({ host: '127.0.0.1', port, frameBytesMax: 100 }, () => undefined as never)
    await expect(listening).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: expect.stringContaining(`process ${process.pid}`) as string
    })
    server.close()
    await once(server, 'close')
    expect(portHolder(port)).toBeUndefined()
  })

  it('is named as the node that it is', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'lagoon-holder-'))
    const script = join(dir, 'broker-process.js')
    writeFileSync(
      script,
      `require('node:net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })`
    )
    const child = spawn(process.execPath, [script, JSON.stringify({ dataDir: '/home/kim/my lab/broker-2' })])
    const [text] = (await once(child.stdout, 'data')) as [Buffer]

    expect(portHolder(Number(text.toString()))).toBe(
      `broker-2 of the cluster in /home/kim/my lab (process ${child.pid ?? 0})`
    )
    child.kill()
    await once(child, 'exit')
    rmSync(dir, { recursive: true })
  })
})
