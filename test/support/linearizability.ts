/**
 * Whether operations that overlapped could have happened one after another, each at a moment between its beginning and its end
 * (linearizability; Herlihy and Wing, 1990). The search of Wing and Gong (1993) as Lowe has it ("Testing for linearizability",
 * 2017, just in time and with memory): ends of operations are taken in the order of time, and one is given its place only when it ends,
 * with such of those under way before it as it takes. What is kept between two ends is every state that there may be, and who of those
 * under way has its place by then; states that are reached again are not searched again.
 *
 * An object at a time: a history is linearizable when those of its objects are (the same paper of 1990, theorem 1).
 */

export interface Operation<Call> {
  readonly by: string
  /** What was asked, and what was answered. */
  readonly call: Call
  /** Of one clock for everybody; what ends when another begins overlaps it. */
  readonly began: number
  /** Infinity: no answer came. It may have happened at any time from its beginning on, or never. */
  readonly ended: number
}

/** An object that exists once, and does one thing after another. */
export interface SequentialObject<State extends string | number, Call> {
  readonly initial: State
  /** The state after it; undefined: it cannot have had that answer then, or without an answer it changes nothing. */
  readonly after: (state: State, call: Call) => State | undefined
  /** Whether it changes any state: one that does not can be left out of what is told. */
  readonly changes: (call: Call) => boolean
  readonly told: (call: Call) => string
  /** From this state on it can never happen; for those without an answer, of which there may be more and more. */
  readonly isPast?: (state: State, call: Call) => boolean
  /** Those without an answer that are alike have the same effect: the one that began first is taken first. */
  readonly likeness?: (call: Call) => string | undefined
}

export type Verdict<Call> =
  | { readonly type: 'linearizable' }
  | {
      readonly type: 'notLinearizable'
      /** Its answer cannot be explained; nothing that ended before it is wrong. */
      readonly unexplained: Operation<Call>
      /** The only state that there could be before them. */
      readonly from: string
      /** The shortest part that has no order: what was under way then or began later, up to the end of `unexplained`. */
      readonly part: readonly Operation<Call>[]
    }
  /** Neither was shown within `stepsMax` steps. */
  | { readonly type: 'undecided'; readonly steps: number }

export interface SearchLimits {
  /** Of the object, tried. */
  readonly stepsMax?: number
}

/** A second or two. */
const stepsMaxDefault = 2_000_000

interface Place<State> {
  readonly state: State
  /** Of those under way, by index, in rising order: these have happened. */
  readonly happened: readonly number[]
}

/** A moment at which there was one state. */
interface Known<State> {
  readonly place: Place<State>
  readonly underWay: readonly number[]
  /** Operations from this one on, in the order of beginnings, had not begun. */
  readonly begun: number
}

export function verdictOn<State extends string | number, Call>(
  object: SequentialObject<State, Call>,
  operations: readonly Operation<Call>[],
  { stepsMax = stepsMaxDefault }: SearchLimits = {}
): Verdict<Call> {
  return new Search(object, operations, stepsMax).verdict()
}

class Search<State extends string | number, Call> {
  readonly #object: SequentialObject<State, Call>
  /** In the order of their beginnings. */
  readonly #operations: readonly Operation<Call>[]
  readonly #stepsMax: number
  #steps = 0
  /** Begun, and not ended; without an answer: not past. */
  readonly #underWay = new Set<number>()
  #places: readonly Place<State>[]
  #known: Known<State>

  constructor(object: SequentialObject<State, Call>, operations: readonly Operation<Call>[], stepsMax: number) {
    this.#object = object
    this.#operations = operations.toSorted((a, b) => a.began - b.began)
    this.#stepsMax = stepsMax
    const place = { state: object.initial, happened: [] }
    this.#places = [place]
    this.#known = { place, underWay: [], begun: 0 }
  }

  verdict(): Verdict<Call> {
    const byEnd = [...this.#operations.keys()]
      .filter((index) => this.#at(index).ended < Infinity)
      .sort((a, b) => this.#at(a).ended - this.#at(b).ended)
    let begun = 0
    for (const ending of byEnd) {
      for (; begun < this.#operations.length && this.#at(begun).began <= this.#at(ending).ended; begun++)
        this.#begins(begun)
      const places = this.#placesAfter(ending)
      if (this.#steps > this.#stepsMax) return { type: 'undecided', steps: this.#steps }
      if (places.length === 0) return this.#unexplained(ending, begun)
      this.#underWay.delete(ending)
      this.#places = leastOf(places, (index) => this.#at(index).ended === Infinity)
      this.#forgetPast()
      const [only] = this.#places
      if (only !== undefined && this.#places.length === 1)
        this.#known = { place: only, underWay: [...this.#underWay], begun }
    }
    return { type: 'linearizable' }
  }

  #at(index: number): Operation<Call> {
    const operation = this.#operations[index]
    if (operation === undefined) throw new Error(`there is no operation ${index}`)
    return operation
  }

  #after(state: State, index: number): State | undefined {
    this.#steps++
    return this.#object.after(state, this.#at(index).call)
  }

  #begins(index: number): void {
    this.#underWay.add(index)
    if (this.#at(index).ended < Infinity) this.#places = this.#places.map((place) => this.#withReads(place, [index]))
  }

  /** What is answered, and changes nothing, happens at the first moment at which it may: that is never too early. */
  #withReads(place: Place<State>, asked: Iterable<number>): Place<State> {
    const now: number[] = []
    for (const index of asked)
      if (
        this.#at(index).ended < Infinity &&
        !place.happened.includes(index) &&
        this.#after(place.state, index) === place.state
      )
        now.push(index)
    return now.length === 0 ? place : { state: place.state, happened: rising([...place.happened, ...now]) }
  }

  /** Every place there may be once this one has happened. */
  #placesAfter(ending: number): readonly Place<State>[] {
    const reached: Place<State>[] = []
    const seen = new Set<string>()
    const left: Place<State>[] = [...this.#places]
    for (let place = left.pop(); place !== undefined; place = left.pop()) {
      const key = keyOf(place)
      if (seen.has(key)) continue
      seen.add(key)
      if (place.happened.includes(ending)) {
        reached.push({ state: place.state, happened: place.happened.filter((index) => index !== ending) })
        continue
      }
      if (this.#steps > this.#stepsMax) return []
      for (const index of this.#next(place)) {
        const state = this.#after(place.state, index)
        if (state === undefined || state === place.state) continue
        left.push(this.#withReads({ state, happened: rising([...place.happened, index]) }, this.#underWay))
      }
    }
    return reached
  }

  /** Who may be next; of those that are alike the first. */
  *#next({ happened }: Place<State>): Generator<number> {
    const alike = new Set<string>()
    for (const index of this.#underWay) {
      if (happened.includes(index)) continue
      const { call, ended } = this.#at(index)
      const likeness = ended === Infinity ? this.#object.likeness?.(call) : undefined
      if (likeness !== undefined && alike.has(likeness)) continue
      if (likeness !== undefined) alike.add(likeness)
      yield index
    }
  }

  /** Of those without an answer, who can happen in no state that there may be. */
  #forgetPast(): void {
    const { isPast } = this.#object
    if (isPast === undefined) return
    const gone = new Set<number>()
    for (const index of this.#underWay) {
      const { call, ended } = this.#at(index)
      if (ended === Infinity && this.#places.every(({ state }) => isPast(state, call))) gone.add(index)
    }
    if (gone.size === 0) return
    for (const index of gone) this.#underWay.delete(index)
    this.#places = this.#places.map(({ state, happened }) => {
      return { state, happened: happened.filter((index) => !gone.has(index)) }
    })
  }

  /** From the last moment at which there was one state; what only reads is left out, where the rest has no order without it. */
  #unexplained(ending: number, begun: number): Verdict<Call> {
    const { place, underWay, begun: begunThen } = this.#known
    const later = Array.from({ length: begun - begunThen }, (_, at) => begunThen + at)
    const part = [...underWay, ...later].filter((index) => !place.happened.includes(index))
    const object = { ...this.#object, initial: place.state }
    let least = part
    for (const index of part) {
      if (index === ending || this.#object.changes(this.#at(index).call)) continue
      const without = least.filter((one) => one !== index)
      const shorter = without.map((one) => this.#at(one))
      if (new Search(object, shorter, this.#stepsMax).verdict().type === 'notLinearizable') least = without
    }
    return {
      type: 'notLinearizable',
      unexplained: this.#at(ending),
      from: String(place.state),
      part: least.map((index) => this.#at(index))
    }
  }
}

const rising = (indexes: readonly number[]): readonly number[] => indexes.toSorted((a, b) => a - b)
const keyOf = <State extends string | number>({ state, happened }: Place<State>): string =>
  `${happened.join()} ${state}`

/**
 * A place where fewer of those without an answer have happened, and all else is equal, leaves as much open, and more: they may
 * happen later, or never.
 */
function leastOf<State extends string | number>(
  places: readonly Place<State>[],
  isOptional: (index: number) => boolean
): readonly Place<State>[] {
  if (places.length === 1) return places
  const groups = new Map<string, { readonly place: Place<State>; readonly optional: readonly number[] }[]>()
  for (const place of places) {
    const key = keyOf({ ...place, happened: place.happened.filter((index) => !isOptional(index)) })
    const optional = place.happened.filter(isOptional)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [{ place, optional }])
    else group.push({ place, optional })
  }
  const least: Place<State>[] = []
  for (const group of groups.values()) {
    group.sort((a, b) => a.optional.length - b.optional.length)
    const kept: (readonly number[])[] = []
    for (const { place, optional } of group) {
      if (kept.some((fewer) => fewer.every((index) => optional.includes(index)))) continue
      kept.push(optional)
      least.push(place)
    }
  }
  return least
}

/** What is wrong with these objects, in words; empty when nothing is. What could not be decided is wrong, too. */
export function orderProblems<State extends string | number, Call>(
  object: SequentialObject<State, Call>,
  histories: ReadonlyMap<string, readonly Operation<Call>[]>,
  limits: SearchLimits = {}
): readonly string[] {
  const problems: string[] = []
  for (const [name, operations] of histories) {
    const verdict = verdictOn(object, operations, limits)
    if (verdict.type === 'undecided')
      problems.push(
        `${name}: ${verdict.steps} steps did not show whether its ${operations.length} operations have an order`
      )
    else if (verdict.type === 'notLinearizable') {
      const told = ({ by, call, began, ended }: Operation<Call>): string =>
        `${by} ${object.told(call)} [${began}, ${ended === Infinity ? 'no answer' : ended}]`
      const others = verdict.part.filter((one) => one !== verdict.unexplained)
      const among = others.length === 0 ? '' : `, among ${others.map(told).join('; ')}`
      problems.push(`${name}: from ${verdict.from} on there is no order for ${told(verdict.unexplained)}${among}`)
    }
  }
  return problems
}
