/**
 * Avro bytes as JSON text (Avro 1.12, "JSON encoding"): longs with all their digits, values of unions in an object that
 * names their branch, bytes as one character each. Written again with the same schema it gives the same value.
 */
import type { ProblemCode, TypedProblem } from '../api/formats'
import { avroDepthMax, fitsInto, nodeOf, typeLabel, type AvroNode } from './avro-node'
import type { AvroSchema } from './avro-schema'
import { pathText } from './avro-write'

/** Blocks may claim any number of items, and items of nothing take no bytes. */
const itemsMax = 1_000_000
const charactersMax = 128 * 1024 * 1024

export function avroText(schema: AvroSchema, bytes: Uint8Array): string | TypedProblem {
  const reader = new AvroReader(bytes)
  try {
    reader.read(nodeOf(schema.type), [])
    reader.end()
    return reader.text()
  } catch (error) {
    if (error instanceof Unreadable) return error.problem
    throw error
  }
}

type Path = readonly (string | number)[]

/** Thrown inside this file only. */
class Unreadable extends Error {
  readonly problem: TypedProblem

  constructor(code: ProblemCode, params: TypedProblem['params']) {
    super(code)
    this.problem = { code, params }
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

class AvroReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #parts: string[] = []
  #at = 0
  #items = 0
  #characters = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  text(): string {
    return this.#parts.join('')
  }

  end(): void {
    const size = this.#bytes.length - this.#at
    if (size > 0) throw new Unreadable('avroLong', { size })
  }

  read(type: AvroNode, path: Path): void {
    if (path.length > avroDepthMax) {
      throw new Unreadable('avroDeep', { path: pathText(path.slice(0, 3)), max: avroDepthMax })
    }
    switch (type.typeName) {
      case 'null':
        this.#put('null')
        return
      case 'boolean':
        this.#boolean(path)
        return
      case 'int':
      case 'long': {
        const value = this.#long(path)
        if (!fitsInto(type.typeName, value)) {
          throw new Unreadable('avroRange', { path: pathText(path), found: String(value), type: type.typeName })
        }
        this.#put(String(value))
        return
      }
      case 'float':
        this.#put(floatText(this.#view.getFloat32(this.#take(4, path), true)))
        return
      case 'double':
        this.#put(numberText(this.#view.getFloat64(this.#take(8, path), true)))
        return
      case 'string':
        this.#put(JSON.stringify(this.#string(path)))
        return
      case 'bytes':
        this.#put(latin1Text(this.#sized(path)))
        return
      case 'fixed': {
        const at = this.#take(type.size, path)
        this.#put(latin1Text(this.#bytes.subarray(at, at + type.size)))
        return
      }
      case 'enum':
        this.#put(JSON.stringify(this.#choice(type.symbols, 'symbol', path)))
        return
      case 'array':
        this.#blocks('[]', path, (i) => this.read(type.itemsType, [...path, i]))
        return
      case 'map':
        this.#blocks('{}', path, () => {
          const name = this.#string(path)
          this.#put(`${JSON.stringify(name)}:`)
          this.read(type.valuesType, [...path, name])
        })
        return
      case 'record':
      case 'error':
        this.#put('{')
        for (const [i, field] of type.fields.entries()) {
          this.#put(`${i === 0 ? '' : ','}${JSON.stringify(field.name)}:`)
          this.read(field.type, [...path, field.name])
        }
        this.#put('}')
        return
      case 'union:wrapped': {
        const branch = this.#choice(type.types, 'branch', path)
        if (branch.typeName === 'null') {
          this.#put('null')
          return
        }
        this.#put(`{${JSON.stringify(typeLabel(branch))}:`)
        this.read(branch, path)
        this.#put('}')
      }
    }
  }

  #put(text: string): void {
    this.#items++
    this.#characters += text.length
    if (this.#items > itemsMax || this.#characters > charactersMax) {
      throw new Unreadable('avroTooMuch', { max: charactersMax, items: itemsMax })
    }
    this.#parts.push(text)
  }

  #boolean(path: Path): void {
    const byte = this.#bytes[this.#take(1, path)] ?? 0
    if (byte > 1) throw this.#unreadable(path, `${byte} is neither 0 nor 1`)
    this.#put(byte === 1 ? 'true' : 'false')
  }

  #string(path: Path): string {
    const bytes = this.#sized(path)
    try {
      return strict.decode(bytes)
    } catch {
      throw this.#unreadable(path, 'its bytes are no UTF-8')
    }
  }

  #choice<T>(of: readonly T[], what: string, path: Path): T {
    const index = this.#long(path)
    const chosen = index >= 0n && index < BigInt(of.length) ? of[Number(index)] : undefined
    if (chosen === undefined) throw this.#unreadable(path, `there is no ${what} ${index}`)
    return chosen
  }

  #blocks(brackets: '[]' | '{}', path: Path, item: (index: number) => void): void {
    this.#put(brackets[0] ?? '')
    let index = 0
    for (let count = this.#long(path); count !== 0n; count = this.#long(path)) {
      // A negative count is followed by the size of its block.
      if (count < 0n) this.#long(path)
      for (let left = count < 0n ? -count : count; left > 0n; left--) {
        if (index > 0) this.#put(',')
        item(index++)
      }
    }
    this.#put(brackets[1] ?? '')
  }

  #sized(path: Path): Uint8Array {
    const size = this.#long(path)
    if (size < 0n) throw this.#unreadable(path, `its size is ${size}`)
    if (size > BigInt(this.#bytes.length - this.#at)) throw new Unreadable('avroShort', { path: pathText(path) })
    const at = this.#take(Number(size), path)
    return this.#bytes.subarray(at, at + Number(size))
  }

  #long(path: Path): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#take(1, path)] ?? 0
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) {
        const whole = BigInt.asUintN(64, value)
        return (whole >> 1n) ^ -(whole & 1n)
      }
    }
    throw this.#unreadable(path, 'its number has more than 10 bytes')
  }

  /** Where the bytes begin. */
  #take(size: number, path: Path): number {
    const at = this.#at
    if (at + size > this.#bytes.length) throw new Unreadable('avroShort', { path: pathText(path) })
    this.#at += size
    return at
  }

  #unreadable(path: Path, reason: string): Unreadable {
    return new Unreadable('avroRead', { path: pathText(path), reason })
  }
}

/** JSON has no words for these, so they are strings, as Java's encoder writes them. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`
  return Object.is(value, -0) ? '-0.0' : String(value)
}

/** The shortest that is this float again. */
function floatText(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return numberText(short)
  }
  return numberText(value)
}

function latin1Text(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return JSON.stringify(text)
}
