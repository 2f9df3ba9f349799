/**
 * Avro schemas as they are pasted: parsed by avsc, logical types left what they are stored as. The fingerprint is
 * CRC-64-AVRO over the parsing canonical form (Avro 1.12, "Schema Fingerprints").
 */
import avro from 'avsc'
import { problemSentence, type TypedProblem } from '../api/formats'
import { isProblem, jsonTree, type JsonNode } from './json-tree'

/** Text of a schema; registries take a few hundred KB. */
export const schemaCharactersMax = 1024 * 1024
/** Parsed schemas that are kept: whoever sends many records sends them with one or two. */
const keptMax = 16

export interface AvroSchema {
  readonly type: avro.Type
  /** As little-endian bytes, as single-object encoding has it. */
  readonly fingerprint: Uint8Array
  /** By `defaultKey`. */
  readonly defaults: ReadonlyMap<string, JsonNode>
}

const kept = new Map<string, AvroSchema | TypedProblem>()

export function avroSchema(text: string): AvroSchema | TypedProblem {
  const known = kept.get(text)
  if (known !== undefined) return known
  const parsed = parse(text)
  const oldest = kept.keys().next()
  if (kept.size >= keptMax && oldest.done !== true) kept.delete(oldest.value)
  kept.set(text, parsed)
  return parsed
}

function parse(text: string): AvroSchema | TypedProblem {
  if (text.length > schemaCharactersMax) {
    return { code: 'schemaBad', params: { reason: `it has more than ${schemaCharactersMax} characters` } }
  }
  const tree = jsonTree(text)
  if (isProblem(tree)) return { code: 'schemaJson', params: { reason: problemSentence(tree) } }
  try {
    const defaults = new Map<string, JsonNode>()
    // Without logical types of ours their annotation is no more than that.
    const type = avro.Type.forSchema(withoutDefaults(tree, '', defaults) as avro.Schema, { wrapUnions: 'always' })
    return { type, fingerprint: fingerprintOf(type), defaults }
  } catch (error) {
    return { code: 'schemaBad', params: { reason: error instanceof Error ? error.message : String(error) } }
  }
}

/**
 * What avsc takes. It stops at 2^53 in longs, and a default is only ever written, so defaults are kept apart as text:
 * by "full name of the record" and "field".
 */
function withoutDefaults(node: JsonNode, namespace: string, defaults: Map<string, JsonNode>): unknown {
  switch (node.type) {
    case 'object': {
      const scope = scopeOf(node, namespace)
      return Object.fromEntries(
        node.members.flatMap(({ name, value }) => {
          if (name === 'default') return []
          if (name === 'fields' && value.type === 'array') keepDefaults(value.items, scope.fullName, defaults)
          return [[name, withoutDefaults(value, scope.namespace, defaults)]]
        })
      )
    }
    case 'array':
      return node.items.map((item) => withoutDefaults(item, namespace, defaults))
    case 'number':
      return Number(node.text)
    case 'string':
      return node.text
    case 'boolean':
      return node.value
    case 'null':
      return null
  }
}

/** Avro 1.12, "Names": a dot in the name wins, then `namespace`, then what encloses it. */
function scopeOf(node: JsonNode, enclosing: string): { readonly fullName: string; readonly namespace: string } {
  const name = textMember(node, 'name')
  if (name === undefined || textMember(node, 'type') === undefined) return { fullName: '', namespace: enclosing }
  if (name.includes('.')) return { fullName: name, namespace: name.slice(0, name.lastIndexOf('.')) }
  const namespace = textMember(node, 'namespace') ?? enclosing
  return { fullName: namespace === '' ? name : `${namespace}.${name}`, namespace }
}

function keepDefaults(fields: readonly JsonNode[], record: string, defaults: Map<string, JsonNode>): void {
  for (const field of fields) {
    if (field.type !== 'object') continue
    const given = field.members.find(({ name }) => name === 'default')
    if (given !== undefined) defaults.set(defaultKey(record, textMember(field, 'name') ?? ''), given.value)
  }
}

function textMember(node: JsonNode, wanted: string): string | undefined {
  const value = node.type === 'object' ? node.members.find(({ name }) => name === wanted)?.value : undefined
  return value?.type === 'string' ? value.text : undefined
}

export function defaultKey(record: string, field: string): string {
  return `${record} ${field}`
}

// ── fingerprint ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Fingerprint of no bytes at all; also the polynomial. */
const emptyFingerprint = 0xc15d213aa4d7a795n
const table = Array.from({ length: 256 }, (_, byte) => {
  let value = BigInt(byte)
  for (let bit = 0; bit < 8; bit++) value = (value >> 1n) ^ (emptyFingerprint & -(value & 1n))
  return BigInt.asUintN(64, value)
})

/** CRC-64-AVRO (Rabin), unsigned. */
export function rabin(bytes: Uint8Array): bigint {
  let value = emptyFingerprint
  for (const byte of bytes) value = (value >> 8n) ^ (table[Number((value ^ BigInt(byte)) & 0xffn)] ?? 0n)
  return value
}

function fingerprintOf(type: avro.Type): Uint8Array {
  const canonical = new TextEncoder().encode(JSON.stringify(type.schema()))
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, rabin(canonical), true)
  return bytes
}
