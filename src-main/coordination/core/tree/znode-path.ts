/** Paths of znodes (ZooKeeper's PathUtils). The root is '/' outside and '' as a parent. */

const slash = 0x2f
const dot = 0x2e

/** Is this a path a znode can be created at? Reads do not ask: a malformed path is just a znode that is not there. */
export function isValidPath(path: string): boolean {
  if (path === '/') return true
  if (path.charCodeAt(0) !== slash) return false
  let from = 1
  for (let index = 1; index < path.length; index++) {
    const unit = path.charCodeAt(index)
    if (isForbidden(unit)) return false
    if (unit !== slash) continue
    if (!isName(path, from, index)) return false
    from = index + 1
  }
  return isName(path, from, path.length)
}

/** Neither empty nor `.` nor `..`. */
function isName(path: string, from: number, to: number): boolean {
  const length = to - from
  if (length === 0 || length > 2) return length > 2
  return path.charCodeAt(from) !== dot || path.charCodeAt(to - 1) !== dot
}

/** UTF-16 units as in Java: surrogates are among them, so no character beyond the first plane. */
function isForbidden(unit: number): boolean {
  return (
    unit <= 0x1f ||
    (unit >= 0x7f && unit <= 0x9f) ||
    (unit >= 0xd800 && unit <= 0xf8ff) ||
    (unit >= 0xfff0 && unit <= 0xffff)
  )
}

/** Everything before the last slash: '' for a child of the root. Undefined when there is no slash. */
export function parentPath(path: string): string | undefined {
  const last = path.lastIndexOf('/')
  return last === -1 ? undefined : path.slice(0, last)
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Ten digits, as Java's %010d: a counter that has wrapped carries its sign. */
export function sequenceSuffix(counter: number): string {
  return counter < 0 ? `-${String(-counter).padStart(9, '0')}` : String(counter).padStart(10, '0')
}
