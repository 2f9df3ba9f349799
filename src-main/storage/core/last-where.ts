/** The number of the last of `count` ordered things for which `holds` is true, -1 when it is for none: true ones come first. O(log n). */
export function lastWhere(count: number, holds: (index: number) => boolean): number {
  let low = 0
  let high = count - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) low = middle + 1
    else high = middle - 1
  }
  return high
}
