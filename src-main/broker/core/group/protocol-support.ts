/** How many members of a group have each protocol, kept as members come, change and go: a join costs what it names, however many there are. */
import type { Member } from './member'

export class ProtocolSupport {
  readonly #counts = new Map<string, number>()
  readonly #namesOf = new Map<Member, ReadonlySet<string>>()

  /** It is a member, with the protocols that it has now. */
  set(member: Member): void {
    this.delete(member)
    const names = new Set(member.protocols.map(({ name }) => name))
    this.#namesOf.set(member, names)
    for (const name of names) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }

  delete(member: Member): void {
    for (const name of this.#namesOf.get(member) ?? []) {
      const count = (this.#counts.get(name) ?? 0) - 1
      if (count > 0) this.#counts.set(name, count)
      else this.#counts.delete(name)
    }
    this.#namesOf.delete(member)
  }

  /** Do all members have it, this one left aside? */
  isCommon(name: string, aside?: Member): boolean {
    const own = aside === undefined ? undefined : this.#namesOf.get(aside)
    const others = this.#namesOf.size - (own === undefined ? 0 : 1)
    return (this.#counts.get(name) ?? 0) - (own?.has(name) === true ? 1 : 0) === others
  }

  clear(): void {
    this.#counts.clear()
    this.#namesOf.clear()
  }
}
