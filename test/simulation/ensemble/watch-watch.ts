/** What a client may expect of its watches: each fires before the client is shown what it waits for, and none is forgotten. */
type Kind = 'data' | 'children' | 'exists'

interface Watch {
  readonly kind: Kind
  readonly path: string
  /** Version, or the zxid of the last child, that was there; -1: nothing. Undefined: it was not answered. */
  at: number | undefined
  isFired: boolean
}

interface Observer {
  readonly told: (who: string, what: string) => void
  readonly violated: (what: string) => void
}

export class WatchWatch {
  readonly #name: string
  readonly #observer: Observer
  #watches: Watch[] = []

  constructor(name: string, observer: Observer) {
    this.#name = name
    this.#observer = observer
  }

  /** The session is over, and they with it. */
  clear(): void {
    this.#watches = []
  }

  /** To be armed with what was there, when that is known. */
  watch(kind: Kind, path: string): { readonly fired: () => void; readonly armed: (at: number) => void } {
    const watch: Watch = { kind, path, at: undefined, isFired: false }
    const fired = (): void => {
      watch.isFired = true
      this.#watches = this.#watches.filter((one) => one !== watch)
      this.#observer.told(this.#name, `hears of ${path}`)
    }
    const armed = (at: number): void => {
      watch.at = at
      if (!watch.isFired) this.#watches.push(watch)
    }
    return { fired, armed }
  }

  /** It was shown this much. */
  saw(kind: Kind, path: string, now: number): void {
    const late = this.#watches.find((one) => one.kind === kind && one.path === path && now > (one.at ?? Infinity))
    if (late !== undefined)
      this.#observer.violated(`${this.#name} saw ${now} of ${path} before its watch at ${late.at} was fired`)
  }

  checkEnd(find: (path: string) => { readonly version: number; readonly pzxidKey: number } | undefined): void {
    for (const { kind, path, at = Infinity } of this.#watches) {
      const found = find(path)
      const now = found === undefined ? -1 : kind === 'data' ? found.version : kind === 'children' ? found.pzxidKey : 0
      if (now > at) this.#observer.violated(`${this.#name} was never told of ${path} beyond ${at}: it is ${now}`)
    }
  }
}
