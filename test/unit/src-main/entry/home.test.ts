import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { meantCluster, withWayOut } from '../../../../src-main/entry/home'
import { realFolder } from '../../../../src-main/host/control-path'
import { AppError } from '../../../../src-main/kernel/errors'

let root = ''
beforeEach(() => {
  root = realFolder(mkdtempSync(join(tmpdir(), 'lagoon-home-')))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const at = (home: string | undefined) => ({ home: () => home })
const corrupt = {
  home: () => {
    throw new AppError('CORRUPT', 'It cannot be read.')
  }
}

describe('the cluster that is meant', () => {
  it('is the one that is named, by --data before $LAGOON_DATA, and whatever is written down', () => {
    expect(meantCluster(join(root, 'a'), corrupt, join(root, 'b'))).toEqual({ dir: join(root, 'a'), asked: {} })
    expect(meantCluster('', corrupt, join(root, 'b'))).toEqual({ dir: join(root, 'b'), asked: {} })
  })

  it('is otherwise where it is made, until it is moved: then it must be there', () => {
    expect(meantCluster(undefined, at(undefined), '')).toEqual({
      dir: realFolder(join(homedir(), 'Lagoon', 'local-lab')),
      asked: {}
    })
    expect(meantCluster(undefined, at(join(root, 'moved')), undefined)).toEqual({
      dir: join(root, 'moved'),
      asked: { isKnown: true }
    })
  })

  it('has one name, its real one', () => {
    mkdirSync(join(root, 'disk'))
    symlinkSync(join(root, 'disk'), join(root, 'link'))
    expect(meantCluster(undefined, at(join(root, 'link', 'lab')), '').dir).toBe(join(root, 'disk', 'lab'))
  })

  it('is not guessed when where it was moved to cannot be read', () => {
    expect(() => meantCluster(undefined, corrupt, '')).toThrow('It cannot be read.')
  })
})

it('who moved it away and cannot reach it is told the ways out; nobody else is', () => {
  const gone = new AppError('NOT_FOUND', 'There is no cluster in /disk any more.')
  const moved = { dir: '/disk', asked: { isKnown: true } }

  expect(withWayOut(gone, moved)).toMatchObject({
    message: /\/disk any more\. It is your own cluster.*--data.*home\.json/
  })
  expect(withWayOut(gone, { dir: '/disk', asked: {} })).toBe(gone)
  const locked = new AppError('LOCKED', 'Somebody has it.')
  expect(withWayOut(locked, moved)).toBe(locked)
})
