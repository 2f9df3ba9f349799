import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

function filesUnder(folder: string, endings: readonly string[]): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .map((name) => join(root, folder, name))
}

/** Source without comments, so that a rule can be spoken of. */
function codeOf(path: string): string {
  return readFileSync(path, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|\s)\/\/.*$/gm, '$1')
}

const rooms = ['storage', 'coordination', 'broker', 'supervisor', 'monitor', 'workload']
/** Synchronous by design: what they decide is decided in one step. `ports` and `api/api` only describe promises of others. */
const cores = [
  ...rooms.map((room) => `src-main/${room}/core`),
  'src-main/coordination/wire',
  'src-main/kernel',
  'src-main/protocol',
  'src-main/api'
]

interface Ban {
  readonly what: RegExp
  readonly instead: string
  readonly folders: readonly string[]
  readonly except?: RegExp
}

const pure = [
  'kernel',
  'protocol',
  'storage',
  'coordination',
  'broker',
  'supervisor',
  'monitor',
  'workload',
  'api'
].map((room) => `src-main/${room}`)
const everywhere = ['src-main', 'src-renderer']

const bans: readonly Ban[] = [
  { what: /\bDate\.now\b|\bnew Date\(\)/, instead: 'the Clock port', folders: pure },
  {
    what: /\basync\b|\bawait\b|\bnew Promise\b|\bPromise\.|\.then\(/,
    instead: 'a service around the core',
    folders: cores,
    // What services of every room wait with: the kernel is the one room that all of them may import. It decides nothing.
    except: /kernel\/waiting\.ts$/
  },
  { what: /\bMath\.random\b/, instead: 'the Random port', folders: everywhere },
  { what: /\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b/, instead: 'the Clock port', folders: pure },
  // snippets.ts holds code for users to copy.
  { what: /\bconsole\./, instead: 'the Log port', folders: everywhere, except: /overview\/snippets\.ts$/ },
  { what: /\bas any\b|: any\s*[,;)\]}=|]|: any$|<any>/, instead: 'a type', folders: [...everywhere, 'test'] },
  { what: /@ts-ignore|@ts-nocheck/, instead: 'a type', folders: [...everywhere, 'test'] },
  { what: /catch\s*(\([^)]*\))?\s*\{\s*\}/, instead: 'ignore(error, why)', folders: [...everywhere, 'test'] },
  { what: /\benum\s+\w+\s*\{/, instead: 'an `as const` table', folders: everywhere },
  { what: /\b(it|test|describe)\.(skip|only|todo)\b/, instead: 'a test that runs', folders: ['test'] },
  {
    what: /\bvi\.mock\(/,
    instead: 'an argument, or a file of its own process (vitest.config.ts)',
    folders: ['test'],
    except: /\.mocks\.test\.ts$/
  },
  { what: /\bTODO\b|\bFIXME\b/, instead: 'an issue', folders: [...everywhere, 'test'] },
  { what: /v-html/, instead: 'text', folders: ['src-renderer'] },
  { what: /\beval\(|new Function\(/, instead: 'code', folders: everywhere }
]

const self = /test\/tidy\//

describe('banned calls', () => {
  it.each(bans.map((ban) => [String(ban.what), ban] as const))('%s', (_name, ban) => {
    const found: string[] = []

    for (const folder of ban.folders) {
      for (const path of filesUnder(folder, ['.ts', '.vue', '.mjs'])) {
        if (self.test(path) || ban.except?.test(path)) continue
        codeOf(path)
          .split('\n')
          .forEach((line, i) => {
            if (ban.what.test(line)) found.push(`${relative(root, path)}:${i + 1} use ${ban.instead}: ${line.trim()}`)
          })
      }
    }

    expect(found).toEqual([])
  })
})
