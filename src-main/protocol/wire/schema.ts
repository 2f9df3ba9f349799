/**
 * The language in which messages are described, one description for all versions (Kafka describes its own in JSON the
 * same way). A field says from which version to which it exists, from which it may be null, its default, and its tag
 * if it is a tagged field (KIP-482). Types follow from the description: `ValueOf` is what decoding gives (absent
 * fields have their default), `InputOf` is what encoding takes (fields with a default or a version range may be left
 * out). codec.ts turns a description and a version into a reader and a writer.
 */
import type { BrokerEpoch, BrokerId, ControllerEpoch, LeaderEpoch, Offset } from '../../kernel/ids'
import type { Uuid } from '../../kernel/uuid'
import type { ExternalBytes } from './writer'

export type Primitive =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'int64'
  | 'int64Exact'
  | 'float64'
  | 'string'
  | 'uuid'
  | 'bytes'
  | 'records'

export type FieldType =
  | { readonly type: 'primitive'; readonly primitive: Primitive }
  | {
      readonly type: 'array'
      readonly of: FieldType
      readonly distinctBy?: (element: unknown) => string
    }
  | { readonly type: 'struct'; readonly fields: Fields }

export interface FieldOptions<T> {
  /** First and last version that has the field; the whole message's range when left out. */
  readonly from?: number
  readonly to?: number
  readonly nullableFrom?: number
  readonly default?: T
  readonly tag?: number
  /** First version in which it is a tagged field, when that differs from `from`. */
  readonly tagFrom?: number
  /** Dropped without complaint where the version lacks it. */
  readonly ignorable?: boolean
  /**
   * Of an array: it is a set. Elements for which this gives the same as for an earlier one are read and dropped, so that
   * it costs nothing to be told the same a million times.
   */
  readonly distinctBy?: (element: never) => string
}

declare const outType: unique symbol
declare const inType: unique symbol
declare const isOptional: unique symbol

export interface Field<Out = unknown, In = unknown, Optional extends boolean = boolean> {
  readonly fieldType: FieldType
  readonly options: FieldOptions<unknown>
  readonly [outType]?: Out
  readonly [inType]?: In
  readonly [isOptional]?: Optional
}
export type Fields = Readonly<Record<string, Field>>

type Nullable<T, O> = O extends { readonly nullableFrom: number } ? T | null : T
type CanBeLeftOut<O> = O extends
  { readonly default: unknown } | { readonly from: number } | { readonly to: number } | { readonly tag: number }
  ? true
  : false

type OutOf<F> = F extends Field<infer Out, unknown, boolean> ? Out : never
type InOf<F> = F extends Field<unknown, infer In, boolean> ? In : never
type OptionalKeys<S extends Fields> = {
  [K in keyof S]: S[K] extends Field<unknown, unknown, true> ? K : never
}[keyof S]

export type ValueOfFields<S extends Fields> = { readonly [K in keyof S]: OutOf<S[K]> }
export type InputOfFields<S extends Fields> = {
  readonly [K in Exclude<keyof S, OptionalKeys<S>>]: InOf<S[K]>
} & { readonly [K in OptionalKeys<S>]?: InOf<S[K]> | undefined }

function primitive<T, In = T>(name: Primitive) {
  return <const O extends FieldOptions<T | null> = Record<never, never>>(
    options?: O
  ): Field<Nullable<T, O>, Nullable<In, O>, CanBeLeftOut<O>> => ({
    fieldType: { type: 'primitive', primitive: name },
    options: options ?? {}
  })
}

export const bool = primitive<boolean>('bool')
export const int8 = primitive<number>('int8')
export const int16 = primitive<number>('int16')
export const uint16 = primitive<number>('uint16')
export const int32 = primitive<number>('int32')
/** Offsets, sizes, times: a number, exact up to 2^53. */
export const int64 = primitive<number>('int64')
/** Opaque ids and timestamps: exact. */
export const int64Exact = primitive<bigint>('int64Exact')
// What Kafka's own descriptions call entityType: the same bytes, not to be mixed.
export const offset = primitive<Offset>('int64')
export const leaderEpoch = primitive<LeaderEpoch>('int32')
export const controllerEpoch = primitive<ControllerEpoch>('int32')
export const brokerEpoch = primitive<BrokerEpoch>('int64Exact')
export const brokerId = primitive<BrokerId>('int32')
export const float64 = primitive<number>('float64')
export const string = primitive<string>('string')
export const uuid = primitive<Uuid>('uuid')
export const bytes = primitive<Uint8Array>('bytes')
/** Record batches: a view into the frame when read; bytes or external bytes when written. */
export const records = primitive<Uint8Array, Uint8Array | ExternalBytes>('records')

export function struct<const S extends Fields, const O extends FieldOptions<null> = Record<never, never>>(
  fields: S,
  options?: O
): Field<Nullable<ValueOfFields<S>, O>, Nullable<InputOfFields<S>, O>, CanBeLeftOut<O>> {
  return { fieldType: { type: 'struct', fields }, options: options ?? {} }
}

export function array<Out, In, const O extends FieldOptions<null> = Record<never, never>>(
  of: Field<Out, In>,
  options?: O
): Field<Nullable<readonly Out[], O>, Nullable<readonly In[], O>, CanBeLeftOut<O>> {
  const { distinctBy } = (options ?? {}) as { readonly distinctBy?: (element: unknown) => string }
  const fieldType: FieldType = { type: 'array', of: of.fieldType, ...(distinctBy === undefined ? {} : { distinctBy }) }
  return { fieldType, options: options ?? {} }
}

export interface Message<S extends Fields = Fields> {
  readonly name: string
  /** First and last version. */
  readonly versions: readonly [number, number]
  /** First version with compact lengths and tags; Infinity for never. */
  readonly flexibleFrom: number
  readonly fields: S
}
export type ValueOf<M> = M extends Message<infer S> ? ValueOfFields<S> : never
export type InputOf<M> = M extends Message<infer S> ? InputOfFields<S> : never

export function message<const S extends Fields>(
  name: string,
  versions: readonly [number, number],
  flexibleFrom: number,
  fields: S
): Message<S> {
  return { name, versions, flexibleFrom, fields }
}

export const never = Infinity
