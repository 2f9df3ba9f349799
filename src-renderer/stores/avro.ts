/** Schemas that were pasted to read a topic's records with, kept while this window is open; the reading is the host's. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { CommandInput, CommandOutput } from '@api/commands'
import { host } from './host'

/** Keys are written with a schema of their own. */
export type RecordPart = 'key' | 'value'

const placeName = (part: RecordPart, topic: string): string => `${part} ${topic}`

export const useAvroStore = defineStore('avro', () => {
  const schemas = shallowRef<ReadonlyMap<string, string>>(new Map())
  const keep = (part: RecordPart, topic: string, schema: string): void => {
    schemas.value = new Map(schemas.value).set(placeName(part, topic), schema)
  }
  const schemaOf = (part: RecordPart, topic: string): string => schemas.value.get(placeName(part, topic)) ?? ''
  const decode = (input: CommandInput<'avro.decode'>): Promise<CommandOutput<'avro.decode'>> =>
    host().call('avro.decode', input)
  return { keep, schemaOf, decode }
})
