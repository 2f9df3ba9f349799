import { flushPromises } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import { ApiError } from '@api/api'
import { useSubmit } from '@/composables/use-submit'
import { useDialogsStore } from '@/stores/dialogs'
import { useLagStore } from '@/stores/lag'
import { useNoticesStore } from '@/stores/notices'
import { useFakeHost } from '../support/mount'

const unseen = { what: 'unseen.createTopic', subject: 'orders' }

beforeEach(() => {
  useFakeHost()
  useDialogsStore().open({ type: 'createTopic' })
})

describe('the button of a dialog', () => {
  it('does its work once at a time, closes the dialog, and then does what follows', async () => {
    const order: string[] = []
    let finish: () => void = () => undefined
    const work = (): Promise<() => void> => {
      order.push('work')
      return new Promise((resolve) => {
        finish = () => resolve(() => order.push(useDialogsStore().dialog === undefined ? 'after close' : 'too early'))
      })
    }
    const { isPending, submit } = useSubmit(work, () => unseen)
    void submit()
    void submit()
    expect([order, isPending.value]).toEqual([['work'], true])

    finish()
    await flushPromises()
    expect([order, isPending.value]).toEqual([['work', 'after close'], false])
  })

  it('leaves another dialog open that was opened meanwhile, and then leads nowhere', async () => {
    const told: boolean[] = []
    let finish: () => void = () => undefined
    const { submit } = useSubmit(
      () =>
        new Promise<(isHere: boolean) => void>((resolve) => {
          finish = () => resolve((isHere) => told.push(isHere))
        }),
      () => unseen
    )
    void submit()
    useDialogsStore().close()
    useDialogsStore().open({ type: 'produce' })
    finish()
    await flushPromises()

    expect(useDialogsStore().dialog).toEqual({ type: 'produce' })
    useDialogsStore().open({ type: 'createTopic' })
    void submit()
    finish()
    await flushPromises()
    expect([told, useDialogsStore().dialog]).toEqual([[false, true], undefined])
  })

  it('keeps the dialog and the error of what failed, and forgets it with the next try', async () => {
    const answers = [
      Promise.reject(new ApiError({ code: 'FAILED', message: 'No.' })),
      new Promise<() => void>(() => undefined)
    ]
    const { error, submit } = useSubmit(
      () => answers.shift(),
      () => unseen
    )
    await submit()
    expect(error.value?.message).toBe('No.')
    expect(useDialogsStore().dialog).toBeDefined()

    void submit()
    expect(error.value).toBeUndefined()
  })

  it('tells a failure that nobody sees any more once, as a notice that opens the dialog again', async () => {
    let refuse: (error: Error) => void = () => undefined
    const named = { ...unseen }
    const { error, submit } = useSubmit(
      () => new Promise((_resolve, reject) => (refuse = reject)),
      () => ({ ...named })
    )
    void submit()
    named.subject = 'typed since'
    useDialogsStore().close()
    refuse(new ApiError({ code: 'FAILED', message: 'No.' }))
    await flushPromises()

    const [notice, ...more] = useNoticesStore().notices
    expect(more).toEqual([])
    expect(notice).toMatchObject({ ...unseen, level: 'critical', again: { type: 'createTopic' } })
    expect([notice?.error?.message, error.value]).toEqual(['No.', undefined])
  })

  it('does nothing while there is nothing that could be sent', async () => {
    const { isPending, submit } = useSubmit(
      () => undefined,
      () => unseen
    )
    await submit()
    expect([isPending.value, useDialogsStore().dialog !== undefined]).toEqual([false, true])
  })
})

describe('the places of series in a chart', () => {
  it('are kept while the chart is not shown, for the charts that were looked at last', () => {
    const { slotsOf } = useLagStore()
    slotsOf('overview').value = ['billing']
    for (let chart = 0; chart < 40; chart++) slotsOf(`group:${chart}`)
    expect(slotsOf('overview').value).toEqual(['billing'])

    for (let chart = 0; chart < 60; chart++) slotsOf(`group:more ${chart}`)
    expect(slotsOf('overview').value).toEqual([])
  })
})
