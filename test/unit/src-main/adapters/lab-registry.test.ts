import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { labRegistry } from '../../../../src-main/adapters/lab-registry'

describe('the labs of a user', () => {
  const before = process.env['LAGOON_STATE']
  let dir = ''
  let state = ''
  const labOf = (name: string): string => {
    const path = join(dir, name)
    mkdirSync(path, { recursive: true })
    return path
  }
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'lagoon-labs-'))
    state = join(dir, 'state')
    process.env['LAGOON_STATE'] = state
  })
  afterEach(() => {
    if (before === undefined) delete process.env['LAGOON_STATE']
    else process.env['LAGOON_STATE'] = before
    rmSync(dir, { recursive: true, force: true })
  })

  it('are known to each other by their ports, with what each told last', () => {
    labRegistry.remember(labOf('one'), [9092, 2181], 'one')
    labRegistry.remember(labOf('two'), [9093], 'two')
    labRegistry.remember(labOf('two'), [9094, 9095], 'two')

    expect(labRegistry.portsOfOthers(labOf('one'))).toEqual([9094, 9095])
    expect(labRegistry.portsOfOthers(labOf('three')).toSorted()).toEqual([2181, 9092, 9094, 9095])
  })

  it('are forgotten when their folder is deleted, not when its disk is away', () => {
    labRegistry.remember(labOf('one'), [9092], 'one')
    labRegistry.remember(join(dir, 'stick', 'lab'), [9093], 'lab')
    rmSync(join(dir, 'one'), { recursive: true })

    expect(labRegistry.portsOfOthers('/')).toEqual([9093])
    expect(readdirSync(state)).toHaveLength(1)
  })

  it('have one among them that is meant where none is named, where it was moved to', () => {
    expect(labRegistry.home()).toBeUndefined()
    labRegistry.keepHome('/disk/mine')
    labRegistry.keepNewBrokers(2)
    expect([labRegistry.home(), labRegistry.newBrokers(), labRegistry.list()]).toEqual(['/disk/mine', 2, []])

    labRegistry.keepHome(undefined)
    expect(labRegistry.home()).toBeUndefined()
  })

  it.each(['', '{', 'null', '[]', '{"home":7}', '{"home":""}', '{"home":"not/whole"}'])(
    'do not hide where that one is behind a file that cannot be read: %j',
    (text) => {
      mkdirSync(state)
      writeFileSync(join(state, 'home.json'), text)
      expect(() => labRegistry.home()).toThrow(/home\.json, and that cannot be read: .* Name its folder with --data/)
    }
  )

  it('do not stand in the way with a file that is empty, half or foreign, or a folder that cannot be written', () => {
    labRegistry.remember(labOf('one'), [9092], 'one')
    for (const [i, text] of ['', '{"dir":"/x","por', '[]', 'null', '{"dir":7,"ports":{}}'].entries())
      writeFileSync(join(state, `${i}.json`), text)
    expect(labRegistry.portsOfOthers('/')).toEqual([9092])

    process.env['LAGOON_STATE'] = '/dev/null/labs'
    labRegistry.remember(labOf('one'), [9092], 'one')

    expect(labRegistry.portsOfOthers('/')).toEqual([])
  })
})
