/** Records of which many are looked at: searches, tails and exports, each followed until it ends or is closed. */
import { defineStore } from 'pinia'
import type { CommandInput, CommandOutput } from '@api/commands'
import type { JobPush } from '@api/search'
import type { ApiError } from '@api/api'
import { host } from './host'

export interface RecordJob {
  readonly id: string
  /** Ends it; idempotent. */
  readonly close: () => void
}

type Opens = 'search.open' | 'tail.open' | 'export.open'

export const useRecordsStore = defineStore('records', () => {
  /** Rejects with ApiError; what comes later is told to `pushed` and `lost`. */
  const open = async <Name extends Opens>(
    name: Name,
    input: CommandInput<Name>,
    pushed: (push: JobPush) => void,
    lost: (error: ApiError) => void
  ): Promise<RecordJob> => {
    const { job } = (await host().call(name, input)) as { readonly job: string }
    const unwatch = host().watch(`job:${job}`, pushed, lost)
    let isClosed = false
    const close = (): void => {
      if (isClosed) return
      isClosed = true
      // Its last push says how far it came, so it is ended before it is no longer watched.
      host().call('job.close', { job }).then(unwatch, unwatch)
    }
    return { id: job, close }
  }
  const pause = (job: string, isPaused: boolean): Promise<CommandOutput<'tail.pause'>> =>
    host().call('tail.pause', { job, isPaused })
  const save = (input: CommandInput<'record.save'>): Promise<CommandOutput<'record.save'>> =>
    host().call('record.save', input)
  const from = (input: CommandInput<'records.from'>): Promise<CommandOutput<'records.from'>> =>
    host().call('records.from', input)
  return { open, pause, save, from }
})
