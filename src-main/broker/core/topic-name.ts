/** Legal topic names and their collisions: `.` and `_` are the same in names of metrics (Kafka's Topic.java). */
const legal = /^[a-zA-Z0-9._-]+$/
const lengthMax = 249

/** One sentence, or undefined when the name is legal. */
export function topicNameProblem(name: string): string | undefined {
  if (name === '') return 'The topic name is empty.'
  if (name === '.' || name === '..') return `The topic name cannot be "." or "..".`
  if (name.length > lengthMax) return `The topic name is ${name.length} characters long; ${lengthMax} are allowed.`
  if (!legal.test(name))
    return `The topic name "${name}" has characters other than ASCII letters, digits, ".", "_" and "-".`
  return undefined
}

const folded = (name: string): string => name.replaceAll('.', '_')

/** Metric names fold `.` into `_`, so two topics may not differ in that alone. */
export function collidingTopic(name: string, existing: Iterable<string>): string | undefined {
  if (!name.includes('.') && !name.includes('_')) return undefined
  const own = folded(name)
  for (const other of existing) if (other !== name && folded(other) === own) return other
  return undefined
}

export const groupOffsetsTopic = '__consumer_offsets'

export function isInternalTopic(name: string): boolean {
  return name === groupOffsetsTopic
}
