import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const folders = ['src-main', 'src-renderer', 'test', 'scripts', 'docs', '.ci']
const top = ['README.md', 'DESIGN.md', 'GLOSSARY.md', 'CHANGELOG.md', 'electron.vite.config.ts', 'vitest.config.ts']
const documents = new Set(
  [...top, ...folders.flatMap((folder) => listed(folder))]
    .filter((path) => path.endsWith('.md'))
    .map((path) => path.split('/').at(-1))
)

function listed(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|vue|mjs|cjs|css|md|py|sh|java|c)$|^run$/.test(name))
    .map((name) => `${folder}/${name}`)
}

const self = relative(root, import.meta.filename)

/** What nobody can look up from here: numbered rules of documents that are not in the repository. */
const unfollowable =
  /\bstyle rule\b|\b[Pp]itfalls?\s+\d|\bby the design\b|\brules? \d+ (of|to) |§\s*\d|\b(coordination|kafka) reference\b/

/** Markdown files that are named and are not there. */
function missingIn(line: string): readonly string[] {
  return [...line.matchAll(/\b([\w-]+\.md)\b/g)].map((match) => match[1] ?? '').filter((name) => !documents.has(name))
}

describe('comments and documents', () => {
  it('cite what a reader can follow: a KIP, a class of Kafka, a protocol guide, a decision of ours', () => {
    const found = [...top, ...folders.flatMap(listed)]
      .filter((path) => path !== self)
      .flatMap((path) =>
        readFileSync(join(root, path), 'utf8')
          .split('\n')
          .flatMap((line, i) =>
            unfollowable.test(line) || missingIn(line).length > 0 ? [`${path}:${i + 1} ${line.trim()}`] : []
          )
      )

    expect(found).toEqual([])
  })

  it('are found out when they do not', () => {
    expect(
      ['kafka.md 6.4', '(style rule 19)', 'pitfall 4', 'coordination reference §1.5'].map(
        (text) => unfollowable.test(text) || missingIn(text).length > 0
      )
    ).toEqual([true, true, true, true])
    expect(missingIn('see DESIGN.md and CHANGELOG.md')).toEqual([])
  })
})
