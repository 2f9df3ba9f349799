/**
 * One partition's part of a scan: offsets [from, until), read forwards, or in windows from the end back. Knows what is
 * still unread at any time, so that it can be named.
 */
import type { NotReadView, ScanProgress } from '../../api/search'
import { invariant } from '../../kernel/invariant'

/** Why something is not read. */
export type Why = Pick<NotReadView, 'code' | 'reason'>

type ShareView = ScanProgress['partitions'][number]

/** Before one has been seen. */
const recordBytesGuess = 512
/** Answers in a window: what the last one brings beyond it is read again. */
const answersPerWindow = 4
const windowOffsetsMin = 100

export class PartitionShare {
  readonly partition: number
  readonly #order: 'newestFirst' | 'oldestFirst'
  #from: number | undefined
  #until: number | undefined
  #windowStart = 0
  #windowEnd = 0
  #position = 0
  #recordBytes = recordBytesGuess
  #answerBytes = 0
  #emptyAnswers = 0
  #isGivenUp = false
  #isCut = false
  readonly #gaps: (Why & { readonly fromOffset: number; readonly untilOffset: number })[] = []
  #why: Why = { code: 'other', reason: '' }

  constructor(partition: number, order: 'newestFirst' | 'oldestFirst') {
    this.partition = partition
    this.#order = order
  }

  get isPlaced(): boolean {
    return this.#from !== undefined
  }

  /** Something of it is still to be read. */
  get isOpen(): boolean {
    return !this.#isGivenUp && !this.#isRead
  }

  get #isRead(): boolean {
    return this.#from !== undefined && this.#position >= this.#windowEnd && this.#windowStart <= this.#from
  }

  get state(): ShareView['state'] {
    if (this.#isGivenUp) return 'notRead'
    if (this.#isRead) return 'done'
    return this.isPlaced ? 'reading' : 'waiting'
  }

  get position(): number {
    return this.#position
  }

  /** Exclusive. */
  get windowEnd(): number {
    return this.#windowEnd
  }

  get total(): number | undefined {
    return this.#from === undefined || this.#until === undefined ? undefined : this.#until - this.#from
  }

  place(from: number, until: number): void {
    this.#from = from
    this.#until = Math.max(from, until)
    if (this.#order === 'oldestFirst') this.#window(from, this.#until)
    else this.#window(this.#until, this.#until)
  }

  #window(start: number, end: number): void {
    this.#windowStart = start
    this.#windowEnd = end
    this.#position = start
  }

  /** So many bytes an answer brings at most; the next window is made for it. */
  expect(answerBytes: number): void {
    this.#answerBytes = answerBytes
    if (this.#position >= this.#windowEnd) this.#nextWindow()
  }

  #nextWindow(): void {
    const from = this.#from ?? 0
    if (this.#windowStart <= from) return
    const offsets = Math.ceil((this.#answerBytes * answersPerWindow) / this.#recordBytes)
    const end = this.#windowStart
    this.#window(Math.max(from, end - Math.max(windowOffsetsMin, offsets)), end)
  }

  /** An answer was read from the position up to here. */
  advance(nextOffset: number, bytes: number): void {
    invariant(nextOffset > this.#position, 'a partition is read forwards', { nextOffset, position: this.#position })
    this.#recordBytes = Math.max(1, bytes / (nextOffset - this.#position))
    this.#position = Math.min(nextOffset, this.#windowEnd)
    this.#emptyAnswers = 0
  }

  /** How often in a row. */
  gotNothing(): number {
    this.#emptyAnswers += 1
    return this.#emptyAnswers
  }

  /** The log does not hold the position any more: where it begins and ends now has to be asked. */
  cut(): void {
    this.#isCut = true
  }

  get isCut(): boolean {
    return this.#isCut
  }

  /** Goes on with what is left of a log that was cut; what is gone was not read. */
  resume(logStart: number, logEnd: number, why: Why): void {
    this.#isCut = false
    const start = Math.min(this.#windowEnd, Math.max(logStart, this.#position))
    if (start > this.#position) this.#gaps.push({ fromOffset: this.#position, untilOffset: start, ...why })
    this.#position = start
    if (logEnd < this.#position && this.isOpen) this.giveUp(why)
    // Windows below the new start are gone as well.
    else if (this.#windowStart < logStart && this.#order === 'newestFirst') this.#loseWindows(why)
  }

  #loseWindows(why: Why): void {
    const from = this.#from ?? 0
    if (from < this.#windowStart) this.#gaps.push({ fromOffset: from, untilOffset: this.#windowStart, ...why })
    this.#from = this.#windowStart
  }

  giveUp(why: Why): void {
    this.#isGivenUp = true
    this.#why = why
  }

  /** What will not be read any more, and why. */
  notRead(): readonly NotReadView[] {
    const { partition } = this
    const gaps = this.#gaps.map((gap) => ({ partition, ...gap }))
    if (!this.#isGivenUp) return gaps
    return [...gaps, ...this.#unread().map((range) => ({ partition, ...range, ...this.#why }))]
  }

  /** Ranges that are still to be read, or will not be. */
  #unread(): readonly { fromOffset: number | null; untilOffset: number | null }[] {
    if (this.#from === undefined) return [{ fromOffset: null, untilOffset: null }]
    const ranges = [
      [this.#from, this.#order === 'newestFirst' ? this.#windowStart : this.#from],
      [this.#position, this.#windowEnd]
    ] as const
    return ranges
      .filter(([from, until]) => from < until)
      .map(([fromOffset, untilOffset]) => ({ fromOffset, untilOffset }))
  }

  view(): ShareView {
    const unread = this.#unread().reduce(
      (sum, { fromOffset, untilOffset }) => sum + (untilOffset ?? 0) - (fromOffset ?? 0),
      0
    )
    return {
      partition: this.partition,
      fromOffset: this.#from ?? null,
      untilOffset: this.#until ?? null,
      scanned: Math.max(0, (this.total ?? 0) - unread),
      state: this.state
    }
  }
}
