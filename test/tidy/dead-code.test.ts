/**
 * What is exported for nobody, and members that nobody calls. Names are compared as words over the whole source: a name
 * that lives on elsewhere hides a dead one, never the other way round. Tests are no users: what only they need is dead.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/** Exported or public for others than our own source, each with its reason. */
const licensed: Readonly<Record<string, string>> = {
  'src-main/storage/log-types.ts: defaultLogConfig': 'logs of tests and benchmarks',
  'src-main/protocol/record/batch-builder.ts: buildEndTransactionMarker': 'foreign batches that we have to read',
  'src-main/protocol/record/batch-header.ts: readBatchHeader': 'what tests look at batches with',
  'src-main/storage/core/recovery-scan.ts: scanSegment': 'the scan in one step, for its tests',
  'src-main/coordination/ensemble-client.ts: dropConnection': 'the fault of a network that tests need',
  'src-main/kernel/line-splitter.ts: heldBytes': 'the bound that is tested',
  'src-main/storage/partition-log.ts: segmentCount': 'what tests look at logs with',
  'src-main/storage/partition-log.ts: appendAsFollower': 'what followers do, which come next',
  'src-main/broker/core/partition-leader.ts: isrChanged': 'the answer of AlterPartition (KIP-497), which comes next',
  'src-main/broker/core/partition-leader.ts: isrRefused': 'the answer of AlterPartition (KIP-497), which comes next',
  'src-main/storage/partition-log.ts: endOffsetForEpoch': 'OffsetForLeaderEpoch (KIP-101), which followers will ask',
  'src-main/storage/partition-log.ts: deleteRecordsBefore': 'DeleteRecords (KIP-107), which is not served yet'
}

interface Source {
  readonly path: string
  /** How often each word stands in it, comments and strings of TypeScript left out. */
  readonly words: ReadonlyMap<string, number>
  readonly exported: readonly string[]
  readonly members: readonly string[]
}

function wordsOf(text: string, isTypeScript: boolean): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  const count = (word: string): void => void counts.set(word, (counts.get(word) ?? 0) + 1)
  if (!isTypeScript) {
    for (const [word] of text.matchAll(/[A-Za-z_$][\w$]*/g)) count(word)
    return counts
  }
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) count(node.text)
    // A table may name what it means as a string: 'topic.create', ['offsets'].
    else if (ts.isStringLiteral(node)) count(node.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true))
  return counts
}

function namesOf(statement: ts.Statement): readonly string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? [name.text] : []))
  }
  const { name } = statement as { readonly name?: ts.Node }
  return name !== undefined && ts.isIdentifier(name) ? [name.text] : []
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : []
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
}

function membersOf(statement: ts.Statement): readonly string[] {
  if (!ts.isClassDeclaration(statement)) return []
  return statement.members.flatMap(({ name }) => (name !== undefined && ts.isIdentifier(name) ? [name.text] : []))
}

function sourceOf(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8')
  const isTypeScript = path.endsWith('.ts')
  const statements = isTypeScript ? ts.createSourceFile(path, text, ts.ScriptTarget.Latest).statements : []
  return {
    path,
    words: wordsOf(text, isTypeScript),
    exported: statements.filter(isExported).flatMap(namesOf),
    members: statements.flatMap(membersOf)
  }
}

const sources = ['src-main', 'src-renderer'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|vue)$/.test(name))
    .map((name) => sourceOf(`${folder}/${name}`))
)

function timesInAll(word: string): number {
  return sources.reduce((total, { words }) => total + (words.get(word) ?? 0), 0)
}

/** What is declared and stands nowhere else. A name that is declared several times has to be used once more than that. */
function unused(namesIn: (source: Source) => readonly string[]): readonly string[] {
  const declared = new Map<string, number>()
  for (const source of sources) for (const name of namesIn(source)) declared.set(name, (declared.get(name) ?? 0) + 1)
  const isUnused = (name: string): boolean => timesInAll(name) <= (declared.get(name) ?? 0)
  return sources
    .flatMap((source) =>
      namesIn(source)
        .filter(isUnused)
        .map((name) => `${source.path}: ${name}`)
    )
    .filter((one) => !(one in licensed))
}

describe('dead code', () => {
  it('is not exported: our source needs each export', () => {
    expect(unused(({ exported }) => exported)).toEqual([])
  })

  it('is no member: our source calls each', () => {
    expect(unused(({ members }) => members.filter((name) => name !== 'constructor'))).toEqual([])
  })
})
