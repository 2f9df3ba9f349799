/** Configs of topics and brokers: asked for when looked at, and read back after each change. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { CommandInput } from '@api/commands'
import type { ConfigView } from '@api/views'
import { host } from './host'

export type ConfigResource = CommandInput<'config.describe'>['resource']

export const useConfigsStore = defineStore('configs', () => {
  /** Counts changes made from this window, so that whoever shows configs reads them again. */
  const changes = shallowRef(0)
  const describe = async (resource: ConfigResource): Promise<readonly ConfigView[]> =>
    (await host().call('config.describe', { resource })).configs
  const alter = async (input: CommandInput<'config.alter'>): Promise<readonly ConfigView[]> => {
    const { configs } = await host().call('config.alter', input)
    changes.value += 1
    return configs
  }
  return { changes, describe, alter }
})
