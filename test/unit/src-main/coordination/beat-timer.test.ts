import { describe, expect, it } from 'vitest'
import { BeatTimer } from '../../../../src-main/coordination/beat-timer'
import type { Clock } from '../../../../src-main/kernel/ports'

/** A process whose timers are due while it stands still, and that reads its sockets before what is to be done soon. */
class HeldProcess {
  nowMs = 0
  readonly did: string[] = []
  #timers: { readonly dueMs: number; readonly callback: () => void; isOn: boolean }[] = []
  #soon: (() => void)[] = []

  readonly clock: Clock = {
    nowMs: () => this.nowMs,
    monotonicMs: () => this.nowMs,
    after: (delayMs, callback) => {
      const timer = { dueMs: this.nowMs + delayMs, callback, isOn: true }
      this.#timers.push(timer)
      return { cancel: () => (timer.isOn = false) }
    },
    soon: (callback) => void this.#soon.push(callback)
  }

  /** It goes on after so long: timers first, then sockets, then what is to be done soon. */
  goOnAfter(ms: number, read = (): void => undefined): void {
    this.nowMs += ms
    const due = this.#timers.filter(({ isOn, dueMs }) => isOn && dueMs <= this.nowMs)
    this.#timers = this.#timers.filter((timer) => !due.includes(timer))
    for (const { callback } of due) callback()
    this.did.push('read')
    read()
    for (const callback of this.#soon.splice(0)) callback()
  }
}

function begun(): { readonly process: HeldProcess; readonly timer: BeatTimer } {
  const process = new HeldProcess()
  const timer = new BeatTimer(process.clock, () => process.did.push('beat'))
  timer.begin(20)
  return { process, timer }
}

describe('the beat of a member', () => {
  it('comes sooner when it is hurried, and only where one was begun that is later', () => {
    const { process, timer } = begun()
    timer.hurry(2)
    timer.hurry(10)
    process.goOnAfter(2)
    expect(process.did).toEqual(['beat', 'read'])

    process.goOnAfter(18)
    expect(process.did).toEqual(['beat', 'read', 'read'])
    timer.cancel()
    timer.hurry(21)
    process.goOnAfter(5)
    expect(process.did).toEqual(['beat', 'read', 'read', 'read'])
  })

  it('is not put off by who hurries it for the time that it has, between milliseconds or late', () => {
    const process = new HeldProcess()
    const timer = new BeatTimer(process.clock, () => process.did.push('beat'))
    process.nowMs = 0.3
    timer.begin(20.5)
    for (let i = 0; i < 50; i++) {
      timer.hurry(20.5)
      process.goOnAfter(0.45)
    }

    expect(process.did.filter((one) => one === 'beat')).toEqual(['beat'])
    timer.begin(40.5)
    process.goOnAfter(300, () => timer.hurry(40.5))
    expect(process.did.slice(-2)).toEqual(['read', 'beat'])
  })

  it('comes when it is due, before what arrives', () => {
    const { process } = begun()
    process.goOnAfter(19)
    process.goOnAfter(1)

    expect(process.did).toEqual(['read', 'beat', 'read'])
  })

  it('waits until what arrived is read when the process was held up', () => {
    const { process } = begun()
    process.goOnAfter(121)

    expect(process.did).toEqual(['read', 'beat'])
  })

  it('is called off while it waits for that as well', () => {
    const { process, timer } = begun()
    process.goOnAfter(700, () => timer.cancel())

    expect(process.did).toEqual(['read'])
  })

  it('comes within 50 ms where nothing is due', () => {
    const { process, timer } = begun()
    timer.begin(Infinity)
    process.goOnAfter(50)

    expect(process.did).toEqual(['beat', 'read'])
  })
})
