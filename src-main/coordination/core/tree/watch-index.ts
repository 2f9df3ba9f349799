/** Which connections wait at which paths, both ways. Local, never in the log. */
export class WatchIndex {
  /** Most paths are watched by one connection, and there may be hundreds of thousands: no set for each of those. */
  readonly #byPath = new Map<string, number | Set<number>>()
  readonly #byConnection = new Map<number, Set<string>>()
  #count = 0

  get count(): number {
    return this.#count
  }

  countOf(connectionId: number): number {
    return this.#byConnection.get(connectionId)?.size ?? 0
  }

  has(path: string, connectionId: number): boolean {
    return this.#byConnection.get(connectionId)?.has(path) === true
  }

  pathsOf(connectionId: number): Iterable<string> {
    return this.#byConnection.get(connectionId) ?? []
  }

  connections(): Iterable<number> {
    return this.#byConnection.keys()
  }

  paths(): Iterable<string> {
    return this.#byPath.keys()
  }

  at(path: string): Iterable<number> {
    const watching = this.#byPath.get(path)
    if (watching === undefined) return []
    return typeof watching === 'number' ? [watching] : watching
  }

  add(path: string, connectionId: number): void {
    let own = this.#byConnection.get(connectionId)
    if (own === undefined) this.#byConnection.set(connectionId, (own = new Set()))
    if (own.has(path)) return
    own.add(path)
    this.#count++
    const watching = this.#byPath.get(path)
    if (watching === undefined) this.#byPath.set(path, connectionId)
    else if (typeof watching === 'number') this.#byPath.set(path, new Set([watching, connectionId]))
    else watching.add(connectionId)
  }

  /** False when it did not wait there. */
  remove(path: string, connectionId: number): boolean {
    const own = this.#byConnection.get(connectionId)
    if (own?.delete(path) !== true) return false
    if (own.size === 0) this.#byConnection.delete(connectionId)
    this.#forget(path, connectionId)
    return true
  }

  /** All that wait there, who do so no more. */
  take(path: string): Iterable<number> {
    const connections = this.at(path)
    this.#byPath.delete(path)
    for (const connectionId of connections) {
      const own = this.#byConnection.get(connectionId)
      own?.delete(path)
      if (own?.size === 0) this.#byConnection.delete(connectionId)
      this.#count--
    }
    return connections
  }

  connectionClosed(connectionId: number): void {
    const own = this.#byConnection.get(connectionId)
    if (own === undefined) return
    this.#byConnection.delete(connectionId)
    for (const path of own) this.#forget(path, connectionId)
  }

  #forget(path: string, connectionId: number): void {
    const watching = this.#byPath.get(path)
    if (typeof watching === 'object') watching.delete(connectionId)
    if (watching === connectionId || (typeof watching === 'object' && watching.size === 0)) this.#byPath.delete(path)
    this.#count--
  }
}
