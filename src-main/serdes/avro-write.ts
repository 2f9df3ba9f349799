/**
 * JSON text as Avro bytes (Avro 1.12, "JSON encoding" and "Binary encoding"). Stricter than JSON where bytes would differ
 * from what was typed: 1.0 is no long, 9223372036854775808 does not fit. Laxer in one thing: a value of a union may
 * stand without its branch where only one fits. Logical types are written as what they are stored as.
 */
import type { ProblemCode, TypedProblem } from '../api/formats'
import { avroDepthMax, fitsInto, nodeOf, typeLabel, type AvroNode } from './avro-node'
import { defaultKey, type AvroSchema } from './avro-schema'
import { ByteSink } from './byte-sink'
import type { JsonNode } from './json-tree'

export function avroBytes(schema: AvroSchema, value: JsonNode): Uint8Array | TypedProblem {
  const writer = new AvroWriter(schema.defaults)
  try {
    writer.write(nodeOf(schema.type), value, [])
    return writer.sink.bytes()
  } catch (error) {
    if (error instanceof DoesNotFit) return error.problem
    throw error
  }
}

type Path = readonly (string | number)[]

/** Thrown inside this file only. */
class DoesNotFit extends Error {
  readonly problem: TypedProblem
  /** Of the value that does not fit: in a union the deepest is the one that was meant. */
  readonly depth: number

  constructor(code: ProblemCode, path: Path, params: TypedProblem['params'] = {}) {
    super(code)
    this.problem = { code, params: { path: pathText(path), ...params } }
    this.depth = path.length
  }
}

/**
 * Values of a union without their branch are tried with each; where such unions lie in each other the tries multiply.
 */
const triesMax = 100_000

class AvroWriter {
  readonly sink = new ByteSink()
  readonly #defaults: ReadonlyMap<string, JsonNode>
  /** Of the whole value. */
  readonly #tries: { left: number }

  constructor(defaults: ReadonlyMap<string, JsonNode>, tries = { left: triesMax }) {
    this.#defaults = defaults
    this.#tries = tries
  }

  write(type: AvroNode, value: JsonNode, path: Path, isDefault = false): void {
    if (path.length > avroDepthMax) throw new DoesNotFit('avroDeep', path.slice(0, 3), { max: avroDepthMax })
    const { sink } = this
    switch (type.typeName) {
      case 'null':
        if (value.type !== 'null') throw wrongKind(path, type, value)
        return
      case 'boolean':
        if (value.type !== 'boolean') throw wrongKind(path, type, value)
        sink.byte(value.value ? 1 : 0)
        return
      case 'int':
      case 'long':
        sink.long(wholeNumber(type, value, path))
        return
      case 'float':
      case 'double':
        this.#floating(type, value, path)
        return
      case 'string':
        sink.text(textOf(type, value, path))
        return
      case 'bytes': {
        const bytes = latin1Bytes(type, value, path)
        sink.long(BigInt(bytes.length))
        sink.append(bytes)
        return
      }
      case 'fixed': {
        const bytes = latin1Bytes(type, value, path)
        if (bytes.length !== type.size) {
          throw new DoesNotFit('avroSize', path, { found: bytes.length, size: type.size, type: typeLabel(type) })
        }
        sink.append(bytes)
        return
      }
      case 'enum': {
        if (value.type !== 'string') throw wrongKind(path, type, value)
        const index = type.symbols.indexOf(value.text)
        if (index < 0) {
          throw new DoesNotFit('avroSymbol', path, { found: found(value), symbols: list(type.symbols) })
        }
        sink.long(BigInt(index))
        return
      }
      case 'array': {
        if (value.type !== 'array') throw wrongKind(path, type, value)
        if (value.items.length > 0) sink.long(BigInt(value.items.length))
        for (const [i, item] of value.items.entries()) this.write(type.itemsType, item, [...path, i], isDefault)
        sink.byte(0)
        return
      }
      case 'map':
        this.#map(type, value, path, isDefault)
        return
      case 'record':
      case 'error':
        this.#record(type, value, path, isDefault)
        return
      case 'union:wrapped':
        // A default is of the first branch and stands without its name.
        if (isDefault) this.#branch(type, 0, value, path, true)
        else this.#union(type, value, path)
    }
  }

  #floating(type: AvroNode & { typeName: 'float' | 'double' }, value: JsonNode, path: Path): void {
    const isFloat = type.typeName === 'float'
    const write = (number: number): void => (isFloat ? this.sink.float(number) : this.sink.double(number))
    if (value.type === 'string') {
      const special = { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, '-Infinity': Number.NEGATIVE_INFINITY }
      if (!Object.hasOwn(special, value.text)) throw wrongKind(path, type, value)
      write(special[value.text as keyof typeof special])
      return
    }
    if (value.type !== 'number') throw wrongKind(path, type, value)
    const number = Number(value.text)
    const stored = isFloat ? Math.fround(number) : number
    if (!Number.isFinite(stored)) {
      throw new DoesNotFit('avroRange', path, { found: value.text.slice(0, foundMax), type: type.typeName })
    }
    write(number)
  }

  #map(type: AvroNode & { typeName: 'map' }, value: JsonNode, path: Path, isDefault: boolean): void {
    if (value.type !== 'object') throw wrongKind(path, type, value)
    refuseTwice(value.members, path)
    if (value.members.length > 0) this.sink.long(BigInt(value.members.length))
    for (const { name, value: one } of value.members) {
      this.sink.text(wellFormed(name, [...path, name]))
      this.write(type.valuesType, one, [...path, name], isDefault)
    }
    this.sink.byte(0)
  }

  #record(type: AvroNode & { typeName: 'record' | 'error' }, value: JsonNode, path: Path, isDefault: boolean): void {
    if (value.type !== 'object') throw wrongKind(path, type, value)
    refuseTwice(value.members, path)
    const known = new Set(type.fields.map(({ name }) => name))
    const unknown = value.members.find(({ name }) => !known.has(name))
    if (unknown !== undefined) throw new DoesNotFit('avroUnknown', [...path, unknown.name])
    const members = new Map(value.members.map((member) => [member.name, member.value]))
    for (const { name, type: fieldType } of type.fields) {
      const at = [...path, name]
      const given = members.get(name)
      const byDefault = this.#defaults.get(defaultKey(type.name, name))
      if (given !== undefined) this.write(fieldType, given, at, isDefault)
      else if (byDefault !== undefined) this.write(fieldType, byDefault, at, true)
      else throw new DoesNotFit('avroMissing', at)
    }
  }

  #branch(
    type: AvroNode & { typeName: 'union:wrapped' },
    index: number,
    value: JsonNode,
    path: Path,
    isDefault: boolean
  ): void {
    const branch = type.types[index]
    if (branch === undefined) throw new DoesNotFit('avroUnion', path, { branches: '', example: '' })
    this.sink.long(BigInt(index))
    this.write(branch, value, path, isDefault)
  }

  #union(type: AvroNode & { typeName: 'union:wrapped' }, value: JsonNode, path: Path): void {
    const only = value.type === 'object' && value.members.length === 1 ? value.members[0] : undefined
    if (only !== undefined) {
      const named = type.types.findIndex((branch) => typeLabel(branch) === only.name)
      if (named >= 0) {
        this.#branch(type, named, only.value, path, false)
        return
      }
    }
    const fitting: { readonly index: number; readonly bytes: Uint8Array }[] = []
    let deepest: DoesNotFit | undefined
    for (const [index, branch] of type.types.entries()) {
      if (this.#tries.left-- <= 0) throw ambiguous(type, 0, path)
      const trial = new AvroWriter(this.#defaults, this.#tries)
      try {
        trial.write(branch, value, path)
        fitting.push({ index, bytes: trial.sink.bytes() })
      } catch (error) {
        if (!(error instanceof DoesNotFit) || error.problem.code === 'avroDeep') throw error
        if (error.depth > (deepest?.depth ?? path.length)) deepest = error
      }
    }
    const [fit, another] = fitting
    if (fit !== undefined && another === undefined) {
      this.sink.long(BigInt(fit.index))
      this.sink.append(fit.bytes)
      return
    }
    if (fit === undefined && deepest !== undefined) throw deepest
    throw ambiguous(type, fit?.index ?? type.types.findIndex(({ typeName }) => typeName !== 'null'), path)
  }
}

function ambiguous(type: AvroNode & { typeName: 'union:wrapped' }, meantIndex: number, path: Path): DoesNotFit {
  const meant = type.types[meantIndex]
  const example = meant === undefined ? 'null' : `{"${typeLabel(meant)}": …}`
  return new DoesNotFit('avroUnion', path, { branches: list(type.types.map(typeLabel)), example })
}

// ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────

function wholeNumber(type: AvroNode & { typeName: 'int' | 'long' }, value: JsonNode, path: Path): bigint {
  if (value.type !== 'number') throw wrongKind(path, type, value)
  const { typeName } = type
  const shown = value.text.slice(0, foundMax)
  if (!/^-?\d+$/.test(value.text)) throw new DoesNotFit('avroWhole', path, { type: typeName, found: shown })
  // Longer than any that fits: it is not made a number of first.
  const isTooLong = value.text.replace(/^-/, '').length > 19
  if (isTooLong || !fitsInto(typeName, BigInt(value.text))) {
    throw new DoesNotFit('avroRange', path, { found: shown, type: typeName })
  }
  return BigInt(value.text)
}

function textOf(type: AvroNode, value: JsonNode, path: Path): string {
  if (value.type !== 'string') throw wrongKind(path, type, value)
  return wellFormed(value.text, path)
}

function wellFormed(text: string, path: Path): string {
  if (/[\ud800-\udfff]/u.test(text)) throw new DoesNotFit('avroRead', path, { reason: 'half a character' })
  return text
}

function latin1Bytes(type: AvroNode, value: JsonNode, path: Path): Uint8Array {
  if (value.type !== 'string') throw wrongKind(path, type, value)
  const bytes = new Uint8Array(value.text.length)
  for (let i = 0; i < bytes.length; i++) {
    const code = value.text.charCodeAt(i)
    if (code > 0xff) throw new DoesNotFit('avroBytes', path)
    bytes[i] = code
  }
  return bytes
}

function refuseTwice(members: readonly { readonly name: string }[], path: Path): void {
  const seen = new Set<string>()
  for (const { name } of members) {
    if (seen.has(name)) throw new DoesNotFit('avroTwice', [...path, name])
    seen.add(name)
  }
}

// ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────

const foundMax = 60
const listMax = 20

function wrongKind(path: Path, type: AvroNode, value: JsonNode): DoesNotFit {
  return new DoesNotFit('avroKind', path, { type: typeLabel(type), found: found(value) })
}

function found(value: JsonNode): string {
  switch (value.type) {
    case 'string':
      return JSON.stringify(value.text.slice(0, foundMax))
    case 'number':
      return value.text.slice(0, foundMax)
    case 'boolean':
      return String(value.value)
    default:
      return value.type
  }
}

function list(names: readonly string[]): string {
  const more = names.length > listMax ? ` … (${names.length})` : ''
  return names.slice(0, listMax).join(', ') + more
}

/** $.lines[2].price, as JSONPath writes it; $ is the value itself. */
export function pathText(path: Path): string {
  const step = (one: string | number): string => {
    if (typeof one === 'number') return `[${one}]`
    return /^[A-Za-z_]\w*$/.test(one) ? `.${one}` : `[${JSON.stringify(one.slice(0, foundMax))}]`
  }
  return `$${path.slice(0, listMax).map(step).join('')}`
}
