/** Legal topic names and their collisions: `.` and `_` are the same in names of metrics (Kafka's Topic.java). */
import { said } from '../../kernel/said'
const legal = /^[a-zA-Z0-9._-]+$/
const lengthMax = 249

/** One sentence, or undefined when the name is legal. */
export function topicNameProblem(name: string): string | undefined {
  if (name === '') return said`The topic name is empty.`
  if (name === '.' || name === '..') return said`The topic name cannot be "." or "..".`
  if (name.length > lengthMax) return said`The topic name is ${name.length} characters long; ${lengthMax} are allowed.`
  if (!legal.test(name))
    return said`The topic name "${name}" has characters other than ASCII letters, digits, ".", "_" and "-".`
  return undefined
}

const folded = (name: string): string => name.replaceAll('.', '_')

/**
 * Topics by name that know which name would collide with which: metric names fold `.` into `_`, so two topics may not
 * differ in that alone.
 */
export class TopicMap<Topic> extends Map<string, Topic> {
  /** Names that have a `.` or `_`, by what they fold to. */
  readonly #folded = new Map<string, Set<string>>()

  override set(name: string, topic: Topic): this {
    if (!this.has(name) && mayCollide(name)) {
      const same = this.#folded.get(folded(name))
      if (same === undefined) this.#folded.set(folded(name), new Set([name]))
      else same.add(name)
    }
    return super.set(name, topic)
  }

  override delete(name: string): boolean {
    const same = this.#folded.get(folded(name))
    same?.delete(name)
    if (same?.size === 0) this.#folded.delete(folded(name))
    return super.delete(name)
  }

  override clear(): void {
    this.#folded.clear()
    super.clear()
  }

  /** Another topic that this name would collide with. */
  colliding(name: string): string | undefined {
    if (!mayCollide(name)) return undefined
    for (const other of this.#folded.get(folded(name)) ?? []) if (other !== name) return other
    return undefined
  }
}

const mayCollide = (name: string): boolean => name.includes('.') || name.includes('_')

export const groupOffsetsTopic = '__consumer_offsets'

export function isInternalTopic(name: string): boolean {
  return name === groupOffsetsTopic
}
