import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const top = ['README.md', 'DESIGN.md', 'GLOSSARY.md', 'CHANGELOG.md']
const documents = [
  ...top.map((name) => join(root, name)),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(root, 'docs', name))
]

/** `[text](target)` without those that lead out of the repository. */
function linksOf(path: string): readonly string[] {
  return [...readFileSync(path, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((target) => !/^(https?:|mailto:|#)/.test(target))
    .map((target) => target.split('#')[0] ?? '')
}

/** `src-main/…` and the like in code spans: paths that a reader will look for. */
function pathsOf(path: string): readonly string[] {
  return [
    ...readFileSync(path, 'utf8').matchAll(/`((?:src-main|src-renderer|test|scripts|docs|resources)\/[\w./-]+)`/g)
  ].map((match) => match[1] ?? '')
}

describe('documents', () => {
  it.each(documents.map((path) => [relative(root, path), path] as const))(
    '%s links to what is there',
    (_name, path) => {
      const missing = [
        ...linksOf(path).filter((target) => !existsSync(resolve(dirname(path), target))),
        ...pathsOf(path).filter((target) => !existsSync(join(root, target)))
      ]

      expect(missing).toEqual([])
    }
  )

  it('number decisions without a gap', () => {
    const numbers = readdirSync(join(root, 'docs/adr')).map((name) => Number(name.slice(0, 4)))

    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, i) => i + 1))
  })
})
