/**
 * Names of the logs that a broker has (ADR 36): another one when they may have lost their ends, which still says whose ends
 * those are; nothing of it in a folder that was emptied.
 */
const separator = '.'

/** Of logs that were `before`, and may have lost their ends since; `unique` is used nowhere else. */
export function shortenedName(before: string, unique: string): string {
  return `${rootOf(before)}${separator}${unique}`
}

/** Both are of the same folder, which was not emptied in between. */
export function isSameFolder(one: string, other: string): boolean {
  return rootOf(one) === rootOf(other)
}

function rootOf(name: string): string {
  return name.split(separator, 1)[0] ?? name
}
