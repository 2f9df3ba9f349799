/** Schemas that were pasted to read a topic's records with, kept while this window is open; the reading is the host's. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { CommandInput, CommandOutput } from '@api/commands'
import { host } from './host'

export const useAvroStore = defineStore('avro', () => {
  const schemas = shallowRef<ReadonlyMap<string, string>>(new Map())
  const keep = (topic: string, schema: string): void => {
    schemas.value = new Map(schemas.value).set(topic, schema)
  }
  const decode = (input: CommandInput<'avro.decode'>): Promise<CommandOutput<'avro.decode'>> =>
    host().call('avro.decode', input)
  return { schemas, keep, decode }
})
