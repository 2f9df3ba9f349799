/** A parsed Avro type as our reader and writer walk it. */
import type { Type } from 'avsc'

export type AvroNode =
  | { readonly typeName: 'null' | 'boolean' | 'bytes' | 'string' }
  | { readonly typeName: 'int' | 'long' }
  | { readonly typeName: 'float' | 'double' }
  | {
      readonly typeName: 'record' | 'error'
      readonly name: string
      readonly fields: readonly { readonly name: string; readonly type: AvroNode }[]
    }
  | { readonly typeName: 'enum'; readonly name: string; readonly symbols: readonly string[] }
  | { readonly typeName: 'fixed'; readonly name: string; readonly size: number }
  | { readonly typeName: 'array'; readonly itemsType: AvroNode }
  | { readonly typeName: 'map'; readonly valuesType: AvroNode }
  | { readonly typeName: 'union:wrapped'; readonly types: readonly AvroNode[] }

export function nodeOf(type: Type): AvroNode {
  return type as unknown as AvroNode
}

/** Of a branch of a union, and in sentences: the full name of a named type, else the type. */
export function typeLabel(node: AvroNode): string {
  const name = 'name' in node ? (node.name as string | undefined) : undefined
  return name ?? node.typeName.replace(':wrapped', '')
}

/** Levels of a value. A schema may contain itself, so its values have no bound of their own. */
export const avroDepthMax = 500

const longRange = { min: -(2n ** 63n), max: 2n ** 63n - 1n } as const
const intRange = { min: -(2n ** 31n), max: 2n ** 31n - 1n } as const

export function fitsInto(type: 'int' | 'long', value: bigint): boolean {
  const { min, max } = type === 'int' ? intRange : longRange
  return value >= min && value <= max
}
