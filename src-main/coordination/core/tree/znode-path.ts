/** Paths of znodes (ZooKeeper's PathUtils). The root is '/' outside and '' as a parent. */

/** Is this a path a znode can be created at? Reads do not ask: a malformed path is just a znode that is not there. */
export function isValidPath(path: string): boolean {
  if (path === '/') return true
  if (!path.startsWith('/') || path.endsWith('/')) return false
  for (const part of path.slice(1).split('/')) {
    if (part === '' || part === '.' || part === '..') return false
  }
  for (let index = 0; index < path.length; index++) {
    if (isForbidden(path.charCodeAt(index))) return false
  }
  return true
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
  const slash = path.lastIndexOf('/')
  return slash === -1 ? undefined : path.slice(0, slash)
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Ten digits, as Java's %010d: a counter that has wrapped carries its sign. */
export function sequenceSuffix(counter: number): string {
  return counter < 0 ? `-${String(-counter).padStart(9, '0')}` : String(counter).padStart(10, '0')
}
