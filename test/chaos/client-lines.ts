/**
 * What clients of a chaos run say, line by line, as entries of a history. Times are milliseconds of CLOCK_MONOTONIC, p is a
 * partition, n the number of a record: its value is `NAME:n`, and perhaps a space and padding. Each line: NAME, then
 *
 *     s time p n                  this record is about to be sent
 *     a time p n offset           it is acknowledged; offset -1: nobody said where it is
 *     r time p offset value       this record was read
 *     k time p offset             the next record to be read is this one
 *     e time p offset             here the partition ends
 *     c began ended p offset [group]   this was committed, asked and answered at these times
 *     o began ended p offset [group]   this is committed, as it was told
 *     d sent left failed          a producer has ended
 *     ! words                     what must not happen
 *     ~ words                     what may happen, for the story
 */
import type { HistoryEntry } from './history-checker'

/** An entry and when it was so, for the order of those of several clients. */
export interface TimedEntry {
  readonly atMs: number
  readonly entry: HistoryEntry
}

export interface ProducerEnd {
  readonly sent: number
  readonly left: number
  readonly failed: number
}

export interface LineSink {
  readonly entry: (timed: TimedEntry) => void
  readonly acked: (name: string, partition: string, offset: number, atMs: number) => void
  readonly ended: (name: string, end: ProducerEnd) => void
  readonly complained: (name: string, words: string) => void
  readonly remarked: (name: string, words: string) => void
}

/** Turns the lines of the clients of one topic into entries; a line that is none of theirs throws. */
export class ClientLines {
  readonly #topic: string
  /** By the name of a member. */
  readonly #groups: ReadonlyMap<string, string>
  readonly #sink: LineSink
  #asks = 0

  constructor(topic: string, groups: ReadonlyMap<string, string>, sink: LineSink) {
    this.#topic = topic
    this.#groups = groups
    this.#sink = sink
  }

  take(line: string): void {
    const [name = '', kind = '', ...words] = line.split(' ')
    const number = (at: number): number => {
      const value = Number(words[at])
      if (words[at] === undefined || Number.isNaN(value)) throw new Error(`a client says what is no line: ${line}`)
      return value
    }
    const sink = this.#sink
    const place = (at: number): string => `${this.#topic}-${number(at)}`
    const tell = (atMs: number, entry: HistoryEntry): void => sink.entry({ atMs, entry })
    switch (kind) {
      case 's':
        return tell(number(0), { type: 'sent', producer: name, partition: place(1), value: `${name}:${number(2)}` })
      case 'a':
        sink.acked(name, place(1), number(3), number(0))
        return tell(number(0), {
          type: 'acked',
          producer: name,
          partition: place(1),
          value: `${name}:${number(2)}`,
          offset: number(3)
        })
      case 'r':
        return tell(number(0), {
          type: 'read',
          reader: name,
          partition: place(1),
          offset: number(2),
          value: words[3] ?? ''
        })
      case 'k':
        return tell(number(0), { type: 'sought', reader: name, partition: place(1), offset: number(2) })
      case 'e':
        return tell(number(0), { type: 'ended', client: name, partition: place(1), offset: number(2) })
      case 'c':
      case 'o': {
        const group = words[4] ?? this.#groups.get(name) ?? name
        const asked = String(++this.#asks)
        const about = { group, partition: place(2), asked }
        tell(number(0), { type: 'commitAsked', ...about })
        return tell(number(1), { type: kind === 'c' ? 'committed' : 'commitTold', ...about, offset: number(3) })
      }
      case 'd':
        return sink.ended(name, { sent: number(0), left: number(1), failed: number(2) })
      case '!':
        return sink.complained(name, words.join(' '))
      case '~':
        return sink.remarked(name, words.join(' '))
      default:
        throw new Error(`a client says what is no line: ${line}`)
    }
  }
}
