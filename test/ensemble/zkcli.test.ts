/** Java's own client, ZooKeeper's zkCli, on three members of ours. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { EnsembleProcesses } from '../support/ensemble-processes'
import { ensureZooKeeper } from '../support/real-zookeeper'

const jars = ['zookeeper', 'slf4j-api', 'slf4j-simple', 'commons-cli'].map((name) => `/usr/share/java/${name}.jar`)

let ensemble: EnsembleProcesses
beforeAll(async () => {
  ensureZooKeeper()
  ensemble = await EnsembleProcesses.start(3)
})
afterAll(() => ensemble.discard())

/** What it says to these lines, without what it logs. */
async function said(lines: readonly string[]): Promise<string> {
  const servers = ensemble.ports.map((port) => `127.0.0.1:${port}`).join()
  const main = 'org.apache.zookeeper.ZooKeeperMain'
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=off'
  const child = spawn('java', [quiet, '-cp', jars.join(':'), main, '-server', servers, '-waitforconnection'])
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  child.stdin.end(`${lines.join('\n')}\nquit\n`)
  await once(child, 'close')
  return text
}

it('makes every kind of znode, gives rights, watches, and says who it is', async () => {
  const text = await said([
    'create -c /c cont',
    'create -t 60000 /ttl x',
    'addauth digest me:secret',
    'create /mine data auth::cdrwa',
    'setAcl /mine world:anyone:r,auth::cdrwa',
    'getAcl /mine',
    'addWatch -m PERSISTENT_RECURSIVE /c',
    'create /c/a 1',
    'create -e -s /c/e- 2',
    'getEphemerals /c',
    'getAllChildrenNumber /',
    'whoami',
    'config',
    'removewatches /c',
    'stat -w /mine',
    'set /mine new',
    'reconfig -remove 3',
    'sync /mine'
  ])

  expect(text).toContain('Created /c\nCreated /ttl\nCreated /mine\n')
  expect(text).toContain("'world,'anyone\n: r\n'digest,'me:016djjlksVQS5RgX3M7biBGyYwY=\n: cdrwa\n")
  expect(text).toContain('type:NodeCreated path:/c/a\n')
  expect(text).toContain('type:NodeCreated path:/c/e-0000000001\n')
  expect(text).toContain('[/c/e-0000000001]\n8\n')
  expect(text).toContain('Auth scheme: User\nip: 127.0.0.1\ndigest: me\n')
  for (const [index, port] of ensemble.peerPorts.entries())
    expect(text).toContain(`server.${index + 1}=127.0.0.1:${port}:${port}:participant\n`)
  expect(text).toContain('type:PersistentWatchRemoved path:/c\n')
  expect(text).toContain('type:NodeDataChanged path:/mine\n')
  expect(text).toContain('KeeperErrorCode = Reconfig is disabled\n')
  expect(text).toContain('Sync is OK\n')
})

it('learns that what is somebody else’s is not for it', async () => {
  const text = await said([
    'get /mine',
    'set /mine other',
    'getAcl /mine',
    'create /mine/kid x',
    'delete /mine',
    'ls /'
  ])

  expect(text).toContain('\nnew\n')
  expect(text).toContain('Insufficient permission : /mine\n')
  expect(text).toContain("'digest,'me:x\n: cdrwa\n")
  expect(text).toContain('Insufficient permission : /mine/kid\n')
  // Whether it may go is its parent's to say.
  expect(text).toContain('[c, ttl, zookeeper]\n')
})
