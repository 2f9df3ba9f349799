/**
 * The produce form and what became of what was sent. The form stays as it is typed until it is sent over or replaced, also
 * while its dialog is closed; what is being sent ends with the dialog, and its end is a notice then.
 */
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { CommandInput, CommandOutput } from '@api/commands'
import { API_ERROR_CODES, ApiError } from '@api/api'
import type { ProductionView } from '@api/producing'
import type { RecordView } from '@api/views'
import { asApiError } from './api-error'
import { integer } from '@/format'
import { useDialogsStore, type Dialog } from './dialogs'
import { host } from './host'
import { useNoticesStore } from './notices'
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

const NOTHING_SENT: LinesProgress = { sent: 0, acked: 0, failed: 0 }

export const useProduceStore = defineStore('produce', () => {
  const notices = useNoticesStore()
  const dialogs = useDialogsStore()
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
  /** The dialog is gone: nobody sees what becomes of what it has sent. */
  let isLeft = false
  let lastId = 0

  const isTyped = (): boolean => {
    const { key, value, headers } = draft.value
    return key.text !== '' || value.text !== '' || headers.length > 0
  }
  const open = (topic: string | undefined): void => {
    isLeft = false
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
    const { records } = await host().call('records.produce', input)
    list(records, nowMs())
    const error = records.find((one) => one.error !== undefined)?.error
    if (isLeft && error !== undefined) notices.failed('unseen.produce', input.topic, asError(error))
  }
  /** Rejects with ApiError when a request fails as a whole; what went before it is listed and counted. */
  const sendLines = async (timestampMs: number | string | undefined, nowMs: () => number): Promise<void> => {
    isStopped = false
    const target = targetOf(draft.value)
    const own = dialogs.dialog
    const told = (error?: ApiError): void => {
      if (isLeft) notices.add('linesEnded', target.topic, endOf(progress, error, own))
    }
    let progress = NOTHING_SENT
    lines.value = progress
    for (const records of linesOf(draft.value, timestampMs)) {
      if (isStopped) break
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
        if (!isLeft) throw error
        return told(asApiError(error))
      }
      lines.value = progress
    }
    told()
  }
  const start = async (
    timestampMs: number | string | undefined,
    limits: { readonly count?: number; readonly ratePerSecond?: number }
  ): Promise<void> => {
    stop()
    const input = { ...targetOf(draft.value), record: recordOf(draft.value, timestampMs), ...limits }
    const own = dialogs.dialog
    const { production: id } = await host().call('production.start', input)
    // It begins when it is watched: nothing has been sent.
    if (isLeft) return
    productionId = id
    let last: ProductionView | undefined
    let isOurs = true
    const unwatch = host().watch(`production:${id}`, (view) => {
      // Whoever lost it knows no counts; those that were told last still hold.
      last = view.state === 'lost' && last !== undefined ? { ...last, state: 'lost' } : view
      if (isOurs) production.value = last
      else if (last.state !== 'running') {
        unwatch()
        notices.add('productionEnded', input.topic, endOf(last, problemOf(last), own))
      }
    })
    endWatch = () => {
      isOurs = false
      // Its last view says how far it came, so it is ended before it is no longer watched.
      if (last === undefined || last.state === 'running') {
        host()
          .call('production.stop', { production: id })
          .catch((cause: unknown) => {
            unwatch()
            notices.add('productionEnded', input.topic, endOf(last ?? NOTHING_SENT, asApiError(cause), own))
          })
      } else unwatch()
    }
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

  /** The dialog is gone: what it sends ends. */
  const leave = (): void => {
    isLeft = true
    stop()
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
    stop,
    leave
  }
})

const asError = ({ code, message, kafkaError }: NonNullable<Sent['error']>): ApiError =>
  new ApiError({
    code: API_ERROR_CODES.find((one) => one === code) ?? 'KAFKA',
    message,
    ...(kafkaError === undefined ? {} : { kafkaError })
  })

/** What a production could not do: that it cannot go on, else the first records that were refused. */
function problemOf({ problem, failures }: ProductionView): ApiError | undefined {
  if (problem !== null) return new ApiError({ code: 'FAILED', message: problem })
  const [first] = failures
  return first === undefined ? undefined : asError({ code: 'KAFKA', ...first })
}

/** How a notice tells the end of many records that nobody saw. */
function endOf({ sent, acked, failed }: LinesProgress, error: ApiError | undefined, again: Dialog | undefined) {
  const level = error !== undefined || failed > 0 ? ('critical' as const) : ('degraded' as const)
  const named = { sent: integer(sent), acked: integer(acked), failed: integer(failed) }
  return { error, level, again, named }
}
