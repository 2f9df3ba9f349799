/** Lines that are put together until there are too many of them: then a last one says so. */
export const answerBytesMax = 8 * 1024 * 1024

const lastLine = '(There is more; it would be too much for one answer.)\n'

export class BoundedText {
  readonly #lines: string[] = []
  #length = 0
  #isFull = false

  get isFull(): boolean {
    return this.#isFull
  }

  line(text: string): this {
    if (this.#isFull) return this
    this.#length += text.length + 1
    this.#isFull = this.#length > answerBytesMax
    this.#lines.push(this.#isFull ? lastLine : `${text}\n`)
    return this
  }

  lines<Item>(items: Iterable<Item>, textOf: (item: Item) => string): this {
    for (const item of items) {
      if (this.#isFull) break
      this.line(textOf(item))
    }
    return this
  }

  toString(): string {
    return this.#lines.join('')
  }
}
