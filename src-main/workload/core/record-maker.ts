/** The records of a workload's producer: keys spread as asked, values of the size asked for, a number in each. */
import type { ProducerSettings } from '../../api/workloads'
import type { NewRecord } from '../../kernel/cluster-ports'

const letters = 'abcdefghijklmnopqrstuvwxyz'
const byte = 0x100

export class RecordMaker {
  readonly #settings: ProducerSettings
  readonly #filler: string
  #sequence = 0

  constructor(settings: ProducerSettings) {
    this.#settings = settings
    this.#filler = letters.repeat(Math.ceil(settings.valueBytes / letters.length))
  }

  /** `random` is uniform in [0, 2^32). */
  next(nowMs: number, random: number): NewRecord {
    const sequence = ++this.#sequence
    return { key: this.#key(random), value: this.#value(sequence, nowMs), headers: [] }
  }

  #key(random: number): Uint8Array | null {
    const { keys, hotShare } = this.#settings
    if (keys === 0) return null
    const share = random / 0x1_0000_0000
    if (share < hotShare) return ascii('key-0')
    // What is left is spread evenly over all.
    const rest = hotShare >= 1 ? 0 : (share - hotShare) / (1 - hotShare)
    return ascii(`key-${Math.min(keys - 1, Math.floor(rest * keys))}`)
  }

  #value(sequence: number, nowMs: number): Uint8Array {
    const { serializer, valueBytes } = this.#settings
    if (serializer === 'string') return ascii(this.#padded(`${sequence} `, valueBytes))
    if (serializer === 'json') {
      const [head, tail] = [`{"sequence":${sequence},"atMs":${nowMs},"text":"`, '"}']
      return ascii(`${this.#padded(head, Math.max(head.length, valueBytes - tail.length))}${tail}`)
    }
    // Never UTF-8: the first byte is none that may begin a character.
    const bytes = new Uint8Array(valueBytes)
    for (let at = 0; at < bytes.length; at++) bytes[at] = at === 0 ? byte - 1 : (sequence + at) % byte
    return bytes
  }

  /** ASCII: as many bytes as characters. A size below that of the head cuts it. */
  #padded(head: string, sizeBytes: number): string {
    return head.length >= sizeBytes ? head.slice(0, sizeBytes) : head + this.#filler.slice(0, sizeBytes - head.length)
  }
}

function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}
