/**
 * Lag history as lines of text, so that a file that was cut off, or has bad bytes in it, loses just those lines. Fields
 * are separated by tabs; the last is the CRC-32C of what stands before it.
 *
 *   K <ms>            a keyframe: every group that there is follows anew
 *   G <group> <lags>  from the next T on the group has these lags: [[topic,[partition,lag,…]],…], or null: it is gone
 *   R <group> <pace>  from the next T on it is written and read so fast: [written,read] in records a second, or null: not
 *                     known. Builds before it pass over such lines
 *   T <ms>            one sample: all groups have the lags told last
 *
 * Only changes are written between keyframes: groups whose lag stands still cost nothing but their T.
 */
import { ignore } from '../../kernel/errors'
import type { TopicPartition } from '../../kernel/ids'
import type { Checksum } from '../../kernel/ports'
import { unknownPace, type GroupPace } from './group-pace'

export type PartitionLagValue = TopicPartition & { readonly lag: number | null }
export type GroupLags = readonly PartitionLagValue[]

/** Samples from one keyframe to the next. */
export const keyframeEvery = 60

const encoder = new TextEncoder()

function checked(checksum: Checksum, text: string): string {
  return `${text}\t${checksum.crc32c(encoder.encode(text)).toString(16).padStart(8, '0')}\n`
}

export class HistoryWriter {
  readonly #checksum: Checksum
  /** What the file says of each group. */
  readonly #written = new Map<string, string>()
  readonly #paces = new Map<string, string>()
  #samplesLeft = 0

  constructor(checksum: Checksum) {
    this.#checksum = checksum
  }

  /** The next sample begins with a keyframe: another file, or one that was cut. */
  startAnew(): void {
    this.#samplesLeft = 0
  }

  sample(
    atMs: number,
    groups: ReadonlyMap<string, GroupLags>,
    paceOf: (groupId: string) => GroupPace = () => unknownPace
  ): string {
    let lines = ''
    if (this.#samplesLeft <= 0) {
      this.#samplesLeft = keyframeEvery
      this.#written.clear()
      this.#paces.clear()
      lines += checked(this.#checksum, `K\t${atMs}`)
    }
    this.#samplesLeft--
    for (const groupId of this.#written.keys()) {
      if (groups.has(groupId)) continue
      this.#written.delete(groupId)
      this.#paces.delete(groupId)
      lines += checked(this.#checksum, `G\t${JSON.stringify(groupId)}\tnull`)
    }
    for (const [groupId, lags] of groups) {
      const body = bodyOf(lags)
      if (this.#written.get(groupId) !== body) {
        this.#written.set(groupId, body)
        lines += checked(this.#checksum, `G\t${JSON.stringify(groupId)}\t${body}`)
      }
      const pace = paceBody(paceOf(groupId))
      if ((this.#paces.get(groupId) ?? 'null') === pace) continue
      this.#paces.set(groupId, pace)
      lines += checked(this.#checksum, `R\t${JSON.stringify(groupId)}\t${pace}`)
    }
    return lines + checked(this.#checksum, `T\t${atMs}`)
  }
}

function bodyOf(lags: GroupLags): string {
  const topics = new Map<string, (number | null)[]>()
  for (const { topic, partition, lag } of lags) {
    const values = topics.get(topic)
    if (values === undefined) topics.set(topic, [partition, lag])
    else values.push(partition, lag)
  }
  return JSON.stringify([...topics])
}

function paceBody({ writtenPerSecond, readPerSecond }: GroupPace): string {
  return writtenPerSecond === null || readPerSecond === null
    ? 'null'
    : JSON.stringify([rounded(writtenPerSecond), rounded(readPerSecond)])
}

const rounded = (rate: number): number => (rate >= 100 ? Math.round(rate) : Math.round(rate * 10) / 10)

export interface HistorySample {
  readonly atMs: number
  readonly lags: GroupLags
  readonly pace: GroupPace
}

/** Reads the lines of one group out of all. */
export class HistoryReader {
  readonly #checksum: Checksum
  readonly #groupPrefix: string
  readonly #pacePrefix: string
  /** undefined: the group is not there, or what was told of it is lost. */
  #lags: GroupLags | undefined
  #pace = unknownPace

  constructor(checksum: Checksum, groupId: string) {
    this.#checksum = checksum
    this.#groupPrefix = `G\t${JSON.stringify(groupId)}\t`
    this.#pacePrefix = `R\t${JSON.stringify(groupId)}\t`
  }

  /** A sample when the line is one and the group was there. Lines that are torn give none. */
  line(line: string): HistorySample | undefined {
    const kind = line[0]
    if (kind === 'G') {
      if (line.startsWith(this.#groupPrefix)) this.#lags = this.#readLags(line)
      return undefined
    }
    if (kind === 'R') {
      if (line.startsWith(this.#pacePrefix)) this.#pace = this.#readPace(line)
      return undefined
    }
    if (kind !== 'T' && kind !== 'K') return undefined
    const text = this.#intact(line)
    if (text === undefined) return undefined
    if (kind === 'K') {
      this.#lags = undefined
      this.#pace = unknownPace
      return undefined
    }
    if (this.#lags === undefined) return undefined
    return { atMs: Number(text.slice(2)), lags: this.#lags, pace: this.#pace }
  }

  #readPace(line: string): GroupPace {
    const text = this.#intact(line)
    if (text === undefined) return unknownPace
    try {
      const rates = JSON.parse(text.slice(this.#pacePrefix.length)) as [number, number] | null
      return rates === null ? unknownPace : { writtenPerSecond: rates[0], readPerSecond: rates[1] }
    } catch (error) {
      ignore(error, 'a line with a right checksum that we did not write says nothing')
      return unknownPace
    }
  }

  #readLags(line: string): GroupLags | undefined {
    const text = this.#intact(line)
    if (text === undefined) return undefined
    try {
      const topics = JSON.parse(text.slice(this.#groupPrefix.length)) as [string, (number | null)[]][] | null
      return topics?.flatMap(([topic, values]) => {
        const lags: PartitionLagValue[] = []
        for (let i = 0; i + 1 < values.length; i += 2) {
          lags.push({ topic, partition: values[i] ?? 0, lag: values[i + 1] ?? null })
        }
        return lags
      })
    } catch (error) {
      ignore(error, 'a line with a right checksum that we did not write says nothing')
      return undefined
    }
  }

  #intact(line: string): string | undefined {
    const end = line.lastIndexOf('\t')
    const text = line.slice(0, end)
    if (end < 1 || Number.parseInt(line.slice(end + 1), 16) !== this.#checksum.crc32c(encoder.encode(text))) {
      return undefined
    }
    return text
  }
}
