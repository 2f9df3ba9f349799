import { createServer } from 'node:net'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureKazoo, kazoo } from '../support/ensemble-kazoo'
import {
  EnsembleProcess,
  fourLetterWord,
  freePort,
  nodeEnsembleClient,
  temporaryFolder
} from '../support/ensemble-process'
import { EnsembleProcesses } from '../support/ensemble-processes'

describe('a member, with kazoo', () => {
  const folder = temporaryFolder()
  let port: number
  let member: EnsembleProcess

  beforeAll(async () => {
    ensureKazoo()
    port = await freePort()
    member = await EnsembleProcess.start({ dataDir: folder.path, port })
  })

  afterAll(async () => {
    await member.stop()
    folder.remove()
  })

  it('creates, reads, changes, lists and deletes, with ZooKeeper’s errors', async () => {
    expect(await kazoo('basics', port)).toEqual({
      created: '/a',
      again: 'NodeExistsError',
      orphan: 'NoNodeError',
      got: ['one', 0, 3],
      set: 1,
      'bad version': 'BadVersionError',
      null: ['/empty', ''],
      'not empty': 'NotEmptyError',
      children: ['kid'],
      children2: [['a', 'empty', 'zookeeper'], 3],
      exists: [true, null],
      gone: 'NoNodeError',
      cversion: 2,
      sync: '/a',
      acl: [[31, 'world', 'anyone']],
      'closed acl': '/secret',
      'closed to others': 'NoAuthError',
      create2: ['/with-stat', 4],
      big: true
    })
  })

  it('numbers sequential znodes, and deletes ephemerals when their session closes', async () => {
    expect(await kazoo('ephemeral_and_sequential', port)).toEqual({
      sequence: ['/q/n-0000000000', '/q/n-0000000001', '/q/n-0000000002'],
      jump: '/q/n-0000000004',
      owner: true,
      'child of ephemeral': 'NoChildrenForEphemeralsError',
      'after close': null
    })
  })

  it('commits a multi as one, or not at all', async () => {
    expect(await kazoo('transactions', port)).toEqual({
      done: [true, '/t/a', 1, true, '/t/s-0000000001'],
      'one zxid': true,
      failed: ['RolledBackError', 'BadVersionError', 'RuntimeInconsistency'],
      'nothing left': null,
      empty: []
    })
  })

  it('fires each watch once', async () => {
    expect(await kazoo('watches', port)).toEqual({
      events: [
        ['CHANGED', '/w'],
        ['CHILD', '/w'],
        ['CREATED', '/later'],
        ['DELETED', '/later']
      ],
      'one-shot': true
    })
  })

  it('keeps znodes for those who have shown who they are', async () => {
    expect(await kazoo('access', port)).toEqual({
      mine: ['mine', 'NoAuthError', 'NoAuthError', 'NoAuthError'],
      shown: ['digest', 'me:x'],
      after: ['mine', 1],
      auth: ['digest', 'me'],
      unknown: 'AuthFailedError',
      watch: 'NoAuthError'
    })
  })

  it('carries kazoo’s lock, counter, election and queue', async () => {
    expect(await kazoo('recipes', port)).toEqual({
      shared: 30,
      overlaps: 0,
      counter: 30,
      leaders: [0, 1, 2],
      queue: ['0', '1', '2', '3', '4']
    })
  })

  it('deletes the ephemeral of a client that died after its timeout of 4 s', async () => {
    const { there, gone, seconds } = (await kazoo('expiry', port)) as Record<string, unknown>

    expect({ there, gone }).toEqual({ there: true, gone: null })
    expect(seconds).toBeGreaterThan(3)
    expect(seconds).toBeLessThan(6)
  })

  it('keeps the session and the ephemerals of a client over its own death by SIGKILL', async () => {
    const restart = async (): Promise<void> => {
      await member.kill()
      member = await EnsembleProcess.start({ dataDir: folder.path, port })
    }

    expect(await kazoo('restart', port, { restart })).toEqual({
      session: true,
      ephemeral: true,
      data: 'after',
      states: ['SUSPENDED', 'CONNECTED']
    })
  })

  it('answers four-letter words in the layout that tools parse', async () => {
    const answers = (await kazoo('words', port)) as Record<string, string>

    expect(answers['ruok']).toBe('imok')
    expect(answers['srvr']).toMatch(/^Zookeeper version: 3\.8.*\nLatency min\/avg\/max: \d+\/[\d.]+\/\d+\n/)
    expect(answers['srvr']).toMatch(/\nZxid: 0x[1-9a-f][0-9a-f]{8}\nMode: standalone\nNode count: \d+\n$/)
    expect(answers['mntr']).toMatch(/^zk_version\t3\.8/)
    expect(answers['mntr']).toMatch(/\nzk_znode_count\t\d+\n/)
    const session = answers['session'] ?? ''
    expect(answers).toMatchObject({
      stat: expect.stringMatching(/\nClients:\n( \/127\.0\.0\.1:\d+\[[01]\]\(queued=.*\)\n)+\nLatency min/) as string,
      cons: expect.stringContaining(`sid=${session},lop=EXIS,`) as string,
      envi: expect.stringMatching(/^Environment:\nzookeeper\.version=3\.8\.0.*\nhost\.name=/) as string,
      conf: expect.stringMatching(new RegExp(`^clientPort=${port}\n`)) as string,
      dump: expect.stringContaining(`\n${session}:\n\t/words\n`) as string,
      dirs: expect.stringMatching(/^datadir_size: [1-9]\d*\nlogdir_size: [1-9]\d*\n$/) as string,
      wchs: '1 connections watching 1 paths\nTotal watches:1\n',
      wchc: `${session}\n\t/words\n\n`,
      wchp: `/words\n\t${session}\n\n`,
      isro: 'rw',
      crst: 'Connection stats reset.\n',
      srst: 'Server stats reset.\n'
    })
  })
})

describe('three members', () => {
  it('each say what they are, and without a quorum that they do not serve', async () => {
    const ensemble = await EnsembleProcesses.start(3)
    const { ports, peerPorts } = ensemble
    const modes = async (): Promise<string[]> =>
      Promise.all(ports.map(async (port) => /\nMode: (\w+)\n/.exec(await fourLetterWord(port, 'srvr'))?.[1] ?? 'none'))
    const eventually = async (look: () => Promise<boolean>): Promise<void> => {
      for (const endMs = Date.now() + 20_000; !(await look());) expect(Date.now()).toBeLessThan(endMs)
    }
    await eventually(async () => (await modes()).sort().join() === 'follower,follower,leader')

    const leading = (await modes()).indexOf('leader')
    const port = ports[leading] ?? 0
    const follower = ports[(leading + 1) % 3] ?? 0
    await eventually(async () => (await fourLetterWord(port, 'mntr')).includes('\nzk_synced_followers\t2\n'))
    expect(await fourLetterWord(port, 'mntr')).toMatch(
      /\nzk_peer_state\tleading - broadcast\n(.*\n)*zk_quorum_size\t3\n/
    )
    const figures = async (of: number): Promise<Readonly<Record<string, number>>> =>
      Object.fromEntries(
        (await fourLetterWord(of, 'mntr')).split('\n').map((line) => {
          const [name = '', value] = line.split('\t')
          return [name.replace('zk_', ''), Number(value)]
        })
      )
    const client = nodeEnsembleClient(port)
    client.start()
    await client.whenConnected()
    await client.create('/sized', new Uint8Array(5_000))
    const known = await figures(port)
    expect(known['max_proposal_size']).toBeGreaterThan(5_000)
    expect(known['max_proposal_size']).toBeLessThan(5_300)
    expect(await fourLetterWord(port, 'srvr')).toMatch(
      /\nNode count: \d+\nProposal sizes last\/min\/max: \d+\/\d+\/5\d{3}\n$/
    )
    for (const name of ['leader_uptime', 'cnt_fsynctime', 'cnt_election_time', 'open_file_descriptor_count'])
      expect(known[name], name).toBeGreaterThan(0)
    expect(known['leader_uptime']).toBeLessThanOrEqual(known['uptime'] ?? 0)
    expect(known['pending_syncs']).toBe(0)
    expect(known['open_file_descriptor_count']).toBeLessThan(known['max_file_descriptor_count'] ?? 0)
    await client.close()
    const others = await figures(follower)
    for (const name of ['leader_uptime', 'pending_syncs', 'max_proposal_size']) expect(others).not.toHaveProperty(name)
    expect(others['cnt_election_time']).toBeGreaterThan(0)
    expect(await fourLetterWord(follower, 'conf')).toMatch(
      /\ntickTime=250\nmaxClientCnxns=[1-9]\d*\n(.*\n)*syncLimit=2\n/
    )
    expect(await fourLetterWord(follower, 'mntr')).toMatch(/\nzk_peer_state\tfollowing - broadcast\n/)
    expect(await fourLetterWord(follower, 'dump')).toMatch(/^SessionTracker dump:\nGlobal Sessions\(0\):\n/)
    expect((await fourLetterWord(follower, 'conf')).split('\n').slice(-4)).toEqual([
      ...peerPorts.map((peerPort, i) => `server.${i + 1}=127.0.0.1:${peerPort}:${peerPort}:participant`),
      'version=0'
    ])

    await ensemble.kill([leading + 1, ((leading + 2) % 3) + 1])

    await eventually(async () => (await fourLetterWord(follower, 'isro')) === 'null')
    for (const name of ['srvr', 'stat', 'mntr', 'conf', 'cons', 'dump', 'dirs', 'wchs', 'wchc', 'wchp', 'crst', 'srst'])
      expect(await fourLetterWord(follower, name), name).toBe(
        'This ZooKeeper instance is not currently serving requests\n'
      )
    expect(await fourLetterWord(follower, 'ruok')).toBe('imok')
    expect(await fourLetterWord(follower, 'envi')).toContain('zookeeper.version=3.8.0')
    await ensemble.discard()
  })
})

describe('the process of a member', () => {
  it('stops cleanly when asked and on SIGTERM, and keeps what it has', async () => {
    const folder = temporaryFolder()
    const port = await freePort()
    for (const how of ['message', 'SIGTERM'] as const) {
      const member = await EnsembleProcess.start({ dataDir: folder.path, port })
      const client = nodeEnsembleClient(port)
      client.start()
      await client.whenConnected()
      await client.create(`/${how}`, null)
      await client.close()

      if (how === 'SIGTERM') member.child.kill('SIGTERM')

      expect(await (how === 'message' ? member.stop() : member.exited)).toEqual({ code: 0, signal: null })
      expect(readdirSync(folder.path)).not.toContain('lock')
    }
    const member = await EnsembleProcess.start({ dataDir: folder.path, port })
    const client = nodeEnsembleClient(port)
    client.start()
    await client.whenConnected()
    expect((await client.getChildren('/'))?.children).toEqual(['SIGTERM', 'message', 'zookeeper'])
    await client.close()
    await member.stop()
    folder.remove()
  })

  it('exits at once when its parent is gone', async () => {
    const folder = temporaryFolder()
    const member = await EnsembleProcess.start({ dataDir: folder.path, port: await freePort() })

    member.child.disconnect()

    expect((await member.exited).signal).toBeNull()
    folder.remove()
  })

  it('says in one sentence that its port is taken, and leaves with 1', async () => {
    const folder = temporaryFolder()
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const { port } = holder.address() as { port: number }

    const member = EnsembleProcess.spawn({ dataDir: folder.path, port })
    const problem = await member.saying('problem')

    expect(problem).toMatchObject({ code: 'ADDRESS_IN_USE', message: expect.stringContaining(String(port)) as string })
    expect((await member.exited).code).toBe(1)
    expect(member.stderr.trim().split('\n')).toHaveLength(1)
    holder.close()
    folder.remove()
  })

  it('refuses a folder that another member holds, a foreign one and a damaged one, and touches none', async () => {
    const folder = temporaryFolder()
    const foreign = temporaryFolder()
    writeFileSync(join(foreign.path, 'photo.jpg'), 'x')
    const member = await EnsembleProcess.start({ dataDir: folder.path, port: await freePort() })

    const refusal = async (dataDir: string): Promise<unknown> => {
      const refused = EnsembleProcess.spawn({ dataDir, port: await freePort() })
      const { code } = await refused.saying('problem')
      expect((await refused.exited).code).toBe(1)
      return code
    }
    expect(await refusal(folder.path)).toBe('LOCKED')
    expect(await refusal(foreign.path)).toBe('FOREIGN_FOLDER')
    expect(readdirSync(foreign.path)).toEqual(['photo.jpg'])

    await member.stop()
    const log = join(folder.path, readdirSync(folder.path).find((name) => name.startsWith('log.')) ?? '')
    writeFileSync(log, Buffer.concat([Buffer.from([0]), readFileSync(log).subarray(1), readFileSync(log)]))
    writeFileSync(`${folder.path}/snapshot.0000000100000009`, 'not a snapshot at all')
    expect(await refusal(folder.path)).toBe('CORRUPT')
    folder.remove()
    foreign.remove()
  })

  it('refuses a configuration it cannot use with 2', async () => {
    const member = EnsembleProcess.spawn({ dataDir: '/nowhere', port: 'x' as unknown as number })

    expect((await member.exited).code).toBe(2)
  })
})
