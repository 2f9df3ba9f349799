/**
 * The produce form and what became of what was sent. The form stays as it is typed until it is sent over or replaced, also
 * while its dialog is closed; a production ends with the dialog.
 */
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { CommandInput, CommandOutput } from '@api/commands'
import { ApiError } from '@api/api'
import type { ProductionView } from '@api/producing'
import type { RecordView } from '@api/views'
import { host } from './host'
import { draftOf, linesOf, newDraft, recordOf, targetOf } from './produce-draft'
import type { ProduceDraft } from './produce-draft'

/** Kept to be shown; of more only the count is. */
const RESULTS_MAX = 200

type Sent = CommandOutput<'records.produce'>['records'][number]
export interface ProduceResult extends Sent {
  readonly id: number
  readonly atMs: number
}

export interface LinesProgress {
  readonly sent: number
  readonly acked: number
  readonly failed: number
}

export const useProduceStore = defineStore('produce', () => {
  const draft = ref<ProduceDraft>(newDraft(''))
  /** What was typed before a record took its place. */
  const replaced = shallowRef<ProduceDraft>()
  /** Newest first. */
  const results = shallowRef<readonly ProduceResult[]>([])
  const resultCount = ref(0)
  const lines = shallowRef<LinesProgress>()
  const production = shallowRef<ProductionView>()
  let productionId: string | undefined
  let endWatch: (() => void) | undefined
  let isStopped = false
  let lastId = 0

  const isTyped = (): boolean => {
    const { key, value, headers } = draft.value
    return key.text !== '' || value.text !== '' || headers.length > 0
  }
  const open = (topic: string | undefined): void => {
    if (topic !== undefined) draft.value.topic = topic
  }
  const forget = (): void => {
    draft.value = newDraft(draft.value.topic)
    replaced.value = undefined
  }
  /** Rejects with ApiError when what is left out of a cut record cannot be had any more. */
  const fill = async (record: RecordView): Promise<void> => {
    const { topic, partition, offset } = record
    const whole =
      record.cutFromBytes === undefined ? record : await host().call('record.whole', { topic, partition, offset })
    if (isTyped()) replaced.value = draft.value
    draft.value = draftOf(whole)
  }
  const takeBack = (): void => {
    if (replaced.value !== undefined) draft.value = replaced.value
    replaced.value = undefined
  }

  const check = (input: CommandInput<'records.check'>): Promise<CommandOutput<'records.check'>> =>
    host().call('records.check', input)
  /** null where it is not known. */
  const batchBytesMax = async (topic: string): Promise<number | null> => {
    const { configs } = await host().call('config.describe', { resource: { type: 'topic', topic } })
    const value = configs.find(({ name }) => name === 'max.message.bytes')?.value
    return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : null
  }

  const list = (sent: readonly Sent[], atMs: number): void => {
    resultCount.value += sent.length
    const shown = sent.slice(-RESULTS_MAX).map((one) => ({ ...one, id: (lastId += 1), atMs }))
    results.value = [...shown.reverse(), ...results.value].slice(0, RESULTS_MAX)
  }
  const send = async (timestampMs: number | string | undefined, nowMs: () => number): Promise<void> => {
    const input = { ...targetOf(draft.value), records: [recordOf(draft.value, timestampMs)] }
    list((await host().call('records.produce', input)).records, nowMs())
  }
  /** Rejects with ApiError when a request fails as a whole; what went before it is listed and counted. */
  const sendLines = async (timestampMs: number | string | undefined, nowMs: () => number): Promise<void> => {
    isStopped = false
    const target = targetOf(draft.value)
    let progress = { sent: 0, acked: 0, failed: 0 }
    lines.value = progress
    for (const records of linesOf(draft.value, timestampMs)) {
      if (isStopped) return
      try {
        const sent = await host().call('records.produce', { ...target, records })
        const failed = sent.records.filter(({ error }) => error !== undefined).length
        list(sent.records, nowMs())
        progress = {
          sent: progress.sent + records.length,
          acked: progress.acked + (target.acks === 0 ? 0 : records.length - failed),
          failed: progress.failed + failed
        }
      } catch (error) {
        // Lines that were refused before they were sent are not sent.
        const isSent = error instanceof ApiError && error.code !== 'INVALID_INPUT'
        // Without an answer nobody knows what became of them: sent, and neither acknowledged nor failed.
        const isAnswered = isSent && error.code === 'KAFKA'
        const failed = progress.failed + (isAnswered ? records.length : 0)
        if (isSent) progress = { ...progress, sent: progress.sent + records.length, failed }
        lines.value = progress
        throw error
      }
      lines.value = progress
    }
  }
  const start = async (
    timestampMs: number | string | undefined,
    limits: { readonly count?: number; readonly ratePerSecond?: number }
  ): Promise<void> => {
    stop()
    const input = { ...targetOf(draft.value), record: recordOf(draft.value, timestampMs), ...limits }
    const { production: id } = await host().call('production.start', input)
    productionId = id
    endWatch = host().watch(`production:${id}`, (view) => {
      // Whoever lost it knows no counts; those that were told last still hold.
      const before = production.value
      production.value = view.state === 'lost' && before !== undefined ? { ...before, state: 'lost' } : view
    })
  }
  /** What is under way is still sent, and the last view tells it. */
  const pause = async (): Promise<void> => {
    isStopped = true
    if (productionId !== undefined) await host().call('production.stop', { production: productionId })
  }
  const stop = (): void => {
    isStopped = true
    endWatch?.()
    endWatch = undefined
    productionId = undefined
    production.value = undefined
    lines.value = undefined
  }

  return {
    draft,
    replaced,
    results,
    resultCount,
    lines,
    production,
    open,
    forget,
    fill,
    takeBack,
    isTyped,
    check,
    batchBytesMax,
    send,
    sendLines,
    start,
    pause,
    stop
  }
})
