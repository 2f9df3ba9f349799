import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { translator, type Speaker } from '../../src-renderer/i18n/said'

const root = resolve(import.meta.dirname, '../..')
const korean = JSON.parse(readFileSync(join(root, 'src-renderer/i18n/said/ko.json'), 'utf8')) as Readonly<
  Record<string, string>
>

function sources(): readonly { readonly path: string; readonly tree: ts.SourceFile }[] {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'src-main'], {
    cwd: root,
    encoding: 'utf8'
  })
  return files
    .split('\n')
    .filter((path) => path.endsWith('.ts'))
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      return { path, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) }
    })
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  ts.forEachChild(node, (child) => walk(child, visit))
}

/** `There is no topic {0}.` */
function templateOf(literal: ts.TemplateLiteral): string {
  if (ts.isNoSubstitutionTemplateLiteral(literal)) return literal.text
  return literal.templateSpans.reduce((text, span, place) => `${text}{${place}}${span.literal.text}`, literal.head.text)
}

const all = sources()
const templates = new Set<string>()
/** Of what a broker says to whoever asks it. */
const ofBrokers = new Set<string>()
for (const { path, tree } of all)
  walk(tree, (node) => {
    if (!ts.isTaggedTemplateExpression(node) || node.tag.getText(tree) !== 'said') return
    const template = templateOf(node.template)
    templates.add(template)
    if (/^src-main\/broker\/(controller|core|handlers)\//.test(path)) ofBrokers.add(template)
  })

/** Of these every error is told to a screen. Others write to a log, or to programs. */
const ROOMS = [
  'monitor/',
  'admin/',
  'app/',
  'host/',
  'supervisor/',
  'workload/',
  'adapters/child-launcher',
  'adapters/file-sinks',
  'adapters/folder-lock',
  'adapters/node-disk',
  'adapters/port-holder',
  'broker/config-writer',
  'broker/controller/',
  'broker/core/config-changes',
  'broker/core/topic-',
  'broker/handlers/19-create-topics',
  'broker/handlers/20-delete-topics',
  'broker/handlers/37-create-partitions',
  'broker/handlers/43-elect-leaders',
  'broker/handlers/45-alter-partition-reassignments',
  'broker/handlers/alter-configs',
  'broker/repair-log',
  'broker/replica-manager',
  'coordination/corrupt-file',
  'coordination/member-folder',
  'storage/bad-batch-survey',
  'storage/disk-failure',
  'storage/log-dir-identity'
]
/** Of these a person meets nothing in a window: the line is drawn in ADR 51. */
const ELSEWHERE = ['host/control-', 'supervisor/core/cluster-spec']
/** Words, and none of them marked: an error's second argument, or what is called a message. */
function unmarked({ path, tree }: (typeof all)[number]): readonly string[] {
  const found: string[] = []
  const look = (words: ts.Expression | undefined): void => {
    if (words === undefined) return
    if (ts.isConditionalExpression(words)) [words.whenTrue, words.whenFalse].forEach(look)
    else if (ts.isBinaryExpression(words)) look(words.right)
    else if (ts.isParenthesizedExpression(words)) look(words.expression)
    else if (
      (ts.isTemplateExpression(words) || ts.isStringLiteralLike(words)) &&
      /[a-z]{2,} [a-z]/.test(words.getText(tree).replaceAll(/\$\{[^}]*\}/g, ''))
    )
      found.push(`${path}: ${words.getText(tree)}`)
  }
  walk(tree, (node) => {
    if (ts.isNewExpression(node) && node.expression.getText(tree) === 'AppError') look(node.arguments?.[1])
    if ((ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node)) && node.name.getText(tree) === 'message')
      look(node.initializer)
  })
  return found
}
const isIn = (path: string, some: readonly string[]): boolean =>
  some.some((start) => path.startsWith(`src-main/${start}`))
const places = (text: string): string =>
  [...text.matchAll(/\{(\w+)(?::(?:said|told|choice))?\}/g)]
    .map((match) => match[1])
    .sort()
    .join()

describe('sentences of the host', () => {
  it('are in Korean, all of them and no others', () => {
    expect(templates.size).toBeGreaterThan(50)
    expect([...templates].filter((template) => korean[template] === undefined)).toEqual([])
    expect(Object.keys(korean).filter((template) => !templates.has(template))).toEqual([])
  })

  it('are marked where they are said', () => {
    const rooms = all.filter(({ path }) => isIn(path, ROOMS) && !isIn(path, ELSEWHERE))

    expect(rooms.length).toBeGreaterThan(20)
    expect(rooms.flatMap(unmarked)).toEqual([])
  })

  it('have the same places in Korean, each once', () => {
    const different = Object.entries(korean).filter(([english, spoken]) => places(english) !== places(spoken))

    expect(different).toEqual([])
  })

  it('have no particle directly behind a place in Korean', () => {
    const wrong = Object.values(korean).filter((spoken) =>
      /\}(은|는|이|가|을|를|와|과|으로|로|\(으\)로)(\s|$|[.,(])/.test(spoken)
    )

    expect(wrong).toEqual([])
  })

  it('can be known by their words: there are some, and some between two places', () => {
    const bare = [...templates].filter((template) => !/[a-z]{2}/.test(template.replaceAll(/\{\d+\}/g, '')))
    const adjacent = [...templates].filter((template) => /\}[^\sA-Za-z{]{0,2}\{/.test(template))

    expect([...bare, ...adjacent]).toEqual([])
  })

  it('have enough of them to be known where a broker says them', () => {
    const heard = translator(korean)
    const speaker: Speaker = { named: (name) => name, refusal: () => '' }
    const filled = (template: string): string => template.replaceAll(/\{\d+\}/g, 'x')

    expect(ofBrokers.size).toBeGreaterThan(50)
    expect([...ofBrokers].filter((one) => heard(filled(one), speaker, 'broker') === undefined)).toEqual([])
  })
})
