/**
 * Whether what clients saw of one znode could have been seen of one that exists once (linearizability; Herlihy and Wing, 1990). Its
 * versions are the order of its writes, so the search for an order is none: each operation has a place, and has to be there between
 * its beginning and its end.
 */
export interface RegisterOperation {
  readonly type: 'read' | 'write'
  /** Written, or read: never the same twice among writes. */
  readonly value: string
  /** Of the znode after it; undefined for a write of which no answer came. */
  readonly version: number | undefined
  readonly beganMs: number
  /** Infinity: no answer came. */
  readonly endedMs: number
}

/** What is wrong, in words; empty when nothing is. Reads of which no answer came are left out by the caller. */
export function registerProblems(operations: readonly RegisterOperation[]): readonly string[] {
  const problems: string[] = []
  const valueAt = new Map<number, string>()
  const versionOf = new Map<string, number>()
  const told = (version: number, value: string): void => {
    const known = valueAt.get(version)
    if (known !== undefined && known !== value) problems.push(`version ${version} is ${known} and ${value}`)
    const before = versionOf.get(value)
    if (before !== undefined && before !== version) problems.push(`${value} was applied as ${before} and ${version}`)
    valueAt.set(version, value)
    versionOf.set(value, version)
  }
  for (const { version, value } of operations) if (version !== undefined) told(version, value)
  // A write without an answer that somebody read was applied; one that nobody read may have been, or not.
  const placed = operations.flatMap((operation) => {
    const version = operation.version ?? versionOf.get(operation.value)
    return version === undefined ? [] : [{ ...operation, version }]
  })
  for (const { type, value, version } of placed)
    if (type === 'read' && version > 0 && !operations.some((one) => one.type === 'write' && one.value === value))
      problems.push(`version ${version} reads ${value}, which nobody wrote`)
  // In the order of their ends: the newest version that anybody had been told of when an operation began.
  const byEnd = placed.filter(({ endedMs }) => endedMs < Infinity).toSorted((a, b) => a.endedMs - b.endedMs)
  const byBeginning = placed.toSorted((a, b) => a.beganMs - b.beganMs)
  let newest = -1
  let at = 0
  for (const { type, value, version, beganMs } of byBeginning) {
    for (let end = byEnd[at]; end !== undefined && end.endedMs < beganMs; end = byEnd[++at])
      newest = Math.max(newest, end.version)
    if (type === 'write' ? version <= newest : version < newest)
      problems.push(`${type} of ${value} is version ${version}, and began after ${newest} was known`)
  }
  return problems
}
