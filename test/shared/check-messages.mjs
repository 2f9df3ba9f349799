// Holds our message descriptions against the table of fields that Apache Kafka publishes (a folder of JSON files, given
// as the argument): versions, flexible versions, field names in order, types, version ranges, nullability, tags.
// Ends with `N passed, N failed`.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'

const folder = resolve(process.argv[2])
const api = resolve(import.meta.dirname, '../../src-main/protocol/api')
const work = mkdtempSync(join(resolve(import.meta.dirname, '../../node_modules/.cache'), 'messages-'))

/** Our descriptions, bundled so that plain Node can load them. */
async function ourMessages() {
  const files = readdirSync(api)
  const entry = join(work, 'all.ts')
  writeFileSync(entry, files.map((name) => `export * from ${JSON.stringify(join(api, name))}`).join('\n'))
  const bundle = await rolldown({ input: entry })
  const out = join(work, 'all.mjs')
  await bundle.write({ file: out, format: 'esm' })
  return Object.values(await import(pathToFileURL(out).href)).filter((value) => value?.versions !== undefined)
}

const parse = (name) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8').replace(/^\s*\/\/.*$/gm, ''))
const camel = (name) => name[0].toLowerCase() + name.slice(1)

function range(text) {
  if (text === undefined || text === 'none') return undefined
  if (text.endsWith('+')) return [Number(text.slice(0, -1)), Infinity]
  const [first, last] = text.split('-').map(Number)
  return [first, last ?? first]
}

/** int64Exact is int64 for them. */
const typeName = (type) => (type.type === 'primitive' ? type.primitive.replace('Exact', '') : type.type)

function compareFields(path, ours, theirs, structs, [first, last], problems) {
  const expected = theirs.filter((field) => {
    const [from, to] = range(field.versions) ?? [Infinity, -Infinity]
    return from <= last && to >= first
  })
  const names = Object.keys(ours)
  const wanted = expected.map((field) => camel(field.name))
  if (names.join() !== wanted.join()) problems.push(`${path}: fields ${names.join()} instead of ${wanted.join()}`)
  for (const field of expected) {
    const own = ours[camel(field.name)]
    if (own !== undefined) compareField(`${path}.${field.name}`, own, field, structs, [first, last], problems)
  }
}

function compareField(path, own, field, structs, versions, problems) {
  const [from, to] = range(field.versions)
  const { options, fieldType } = own
  const same = (what, a, b) => {
    if (a !== b) problems.push(`${path}: ${what} is ${a}, not ${b}`)
  }
  same('first version', Math.max(options.from ?? 0, versions[0]), Math.max(from, versions[0]))
  same('last version', Math.min(options.to ?? Infinity, versions[1]), Math.min(to, versions[1]))
  same('first nullable version', options.nullableFrom ?? Infinity, range(field.nullableVersions)?.[0] ?? Infinity)
  same('tag', options.tag, field.tag)
  const isArray = field.type.startsWith('[]')
  const element = isArray ? field.type.slice(2) : field.type
  same('array', fieldType.type === 'array', isArray)
  const type = isArray ? fieldType.of : fieldType
  const fields = field.fields ?? structs.get(element)
  if (fields === undefined) same('type', typeName(type), element)
  else if (type.type === 'struct') compareFields(path, type.fields, fields, structs, versions, problems)
  else problems.push(`${path}: is no struct`)
}

let passed = 0
let failed = 0
for (const message of await ourMessages()) {
  const theirs = parse(message.name)
  const problems = []
  const valid = range(theirs.validVersions)
  if (message.versions[0] < valid[0] || message.versions[1] > valid[1])
    problems.push(`versions ${message.versions} are not within ${valid}`)
  const flexible = range(theirs.flexibleVersions)?.[0] ?? Infinity
  if (message.flexibleFrom !== flexible) problems.push(`flexible from ${message.flexibleFrom}, not ${flexible}`)
  const structs = new Map((theirs.commonStructs ?? []).map((struct) => [struct.name, struct.fields]))
  compareFields(message.name, message.fields, theirs.fields, structs, message.versions, problems)
  if (problems.length === 0) passed += 1
  else failed += 1
  for (const problem of problems) console.log(problem)
}
rmSync(work, { recursive: true })
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
