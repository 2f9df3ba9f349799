/**
 * What must hold of members at every moment, looked at as entries are applied and after each event. The first member that applies
 * an entry says what it comes to; all others have to come to the same, and clients are told nothing else.
 */
import type { ConsensusView, EnsembleNode } from '../../../src-main/coordination/ensemble-node'
import type { SessionId } from '../../../src-main/kernel/ids'
import { encodeLogEntry, type LogEntry } from '../../../src-main/coordination/core/log-entry'
import type { Applied } from '../../../src-main/coordination/core/replicated-state'
import { compareZxid, zxidName, zxidZero, type Zxid } from '../../../src-main/coordination/wire/zxid'
import { majorityOf } from '../../../src-main/coordination/core/consensus/quorum'
import { ConsensusChecks } from '../consensus/consensus-checks'
import type { SimEnsemble } from './sim-ensemble'
import type { SimMember } from './sim-members'
import { hashed, hashedText, stateDigest } from './state-digest'

/** Of every so many entries the whole tree is compared. */
const digestEvery = 16

interface Canonical {
  readonly index: number
  readonly hash: number
  digest: number | undefined
}

type Disk = Pick<ConsensusView, 'isVoter' | 'lastPersisted' | 'has'>

/** What was seen of a member last. */
interface View {
  readonly member: SimMember
  life: number
  state: object | undefined
  /** Of the last entry that it applied, in the order of all; -1: not known. */
  index: number
  committed: Zxid
  lastApplied: Zxid
  ledTerm: number
  /** Of its last process that counted: what was on its disk, now or when that ended. */
  disk: Disk | undefined
}

export interface Version {
  readonly value: string
  /** Of the entry: see `keyOf`. */
  readonly key: number
}

export interface ChecksObserver {
  readonly told: (who: string, what: string) => void
  readonly violated: (what: string) => void
  /** For good; `isExpired`: by the leader's clock. */
  readonly sessionClosed: (sessionId: SessionId, isExpired: boolean) => void
}

/** Positions as numbers, in their order. */
export const keyOf = ({ epoch, counter }: Zxid): number => epoch * 0x1_0000_0000 + counter

export class EnsembleChecks {
  readonly #observer: ChecksObserver
  readonly #consensus = new ConsensusChecks()
  readonly #majority: number
  readonly #views: readonly View[]
  readonly #entries = new Map<number, Canonical>()
  #lastKey = 0
  /** Of each znode that was ever there and is no ephemeral: its data by version. */
  readonly #versions = new Map<string, Version[]>()
  /** Which entry wrote which value: each is written once. */
  readonly #writes = new Map<string, number>()
  readonly #sessions = new Map<SessionId, Set<string>>()
  /** Of the value that a session wrote last. */
  readonly #lastNumbers = new Map<SessionId, number>()
  elections = 0

  constructor(ensemble: SimEnsemble, observer: ChecksObserver) {
    this.#observer = observer
    this.#majority = majorityOf(ensemble.members.length)
    this.#views = ensemble.members.map((member) => {
      return {
        member,
        life: -1,
        state: undefined,
        index: -1,
        committed: zxidZero,
        lastApplied: zxidZero,
        ledTerm: 0,
        disk: undefined
      }
    })
  }

  // ── what clients hold against it ───────────────────────────────────────────────────────────────────────────────

  valueAt(path: string, version: number): string | undefined {
    return this.#versions.get(path)?.[version]?.value
  }

  /** How far a register had come with this entry; -1: it was not there. */
  versionAt(path: string, key: number): number {
    const versions = this.#versions.get(path) ?? []
    for (let version = versions.length - 1; version >= 0; version--)
      if ((versions[version]?.key ?? Infinity) <= key) return version
    return -1
  }

  /** The entry that wrote it; undefined: none has. */
  writeOf(value: string): number | undefined {
    return this.#writes.get(value)
  }

  get appliedCount(): number {
    return this.#entries.size
  }

  // ── entries ────────────────────────────────────────────────────────────────────────────────────────────────────

  applied(member: SimMember, node: EnsembleNode, entry: LogEntry, applied: Applied): void {
    const key = keyOf(entry.zxid)
    const hash = hashedText(outcomeText(applied), hashed(encodeLogEntry(entry)))
    let known = this.#entries.get(key)
    if (known === undefined) {
      if (key <= this.#lastKey)
        this.#fails(`${member.host} applied ${zxidName(entry.zxid)}, which nobody had between others`)
      known = { index: this.#entries.size, hash, digest: undefined }
      this.#entries.set(key, known)
      this.#lastKey = key
      this.#first(node, entry, applied)
    } else if (known.hash !== hash) this.#fails(`${member.host} came to something else at ${zxidName(entry.zxid)}`)
    if (member.node === node) {
      this.#follow(member, node.state, known, entry.zxid)
      // Zero: a snapshot takes the place of the log, and what was on the disk before it is applied still.
      const onDisk = node.consensus?.lastPersisted ?? zxidZero
      if (compareZxid(onDisk, zxidZero) > 0 && compareZxid(onDisk, entry.zxid) < 0)
        this.#fails(`${member.host} applied ${zxidName(entry.zxid)}, which is not on its disk`)
    }
    if (known.index % digestEvery === 0) this.#compare(member.host, node, known, entry.zxid)
  }

  /** Each entry after the one before it, none left out. */
  #follow(member: SimMember, state: object, { index }: Canonical, zxid: Zxid): void {
    const view = this.#views[member.id - 1]
    if (view === undefined) return
    if (view.life === member.life && view.state === state && view.index >= 0 && index !== view.index + 1)
      this.#fails(`${member.host} applied ${zxidName(zxid)} without the one before it`)
    Object.assign(view, { life: member.life, state, index })
  }

  #compare(host: string, node: EnsembleNode, known: Canonical, zxid: Zxid): void {
    const digest = stateDigest(node.state)
    known.digest ??= digest
    if (known.digest !== digest) this.#fails(`${host} has another tree at ${zxidName(zxid)}`)
    for (const [path, znode] of node.state.tree.entries()) {
      if (znode.ephemeralOwner === 0n) continue
      if (node.state.sessions.find(znode.ephemeralOwner) === undefined) this.#fails(`${path} outlived its session`)
      if ((znode.children?.size ?? 0) > 0) this.#fails(`the ephemeral ${path} has children`)
    }
  }

  #first(node: EnsembleNode, entry: LogEntry, { outcome, changes }: Applied): void {
    const key = keyOf(entry.zxid)
    const gone = new Set<string>()
    const made = new Set<string>()
    for (const { type, path } of changes) {
      if (type === 'childrenChanged') continue
      if (type === 'deleted') gone.add(path)
      else {
        const znode = node.state.tree.find(path)
        made.add(path)
        if (znode === undefined) continue
        this.#written(path, znode, type === 'created', key)
        if ('sessionId' in entry.command) this.#inTurn(entry.command.sessionId, textOf(znode.data))
      }
    }
    for (const path of made)
      if (path.startsWith('/pairs/a') && !made.has(path.replace('/a', '/b'))) this.#fails(`${path} is there alone`)
    if (outcome.type === 'sessionCreated') this.#sessions.set(outcome.sessionId, new Set())
    if (outcome.type !== 'sessionClosed') {
      for (const owned of this.#sessions.values()) for (const path of gone) owned.delete(path)
      return
    }
    const owned = this.#sessions.get(outcome.sessionId) ?? gone
    this.#sessions.delete(outcome.sessionId)
    if (owned.size !== gone.size || [...owned].some((path) => !gone.has(path)))
      this.#fails(`a session had ${[...owned].join()} and took ${[...gone].join()} with it`)
    this.#observer.sessionClosed(outcome.sessionId, entry.command.type === 'expireSession')
  }

  /** What one session writes is applied in the order in which it asked for it; clients number their values. */
  #inTurn(sessionId: SessionId, value: string): void {
    const number = parseInt(value.slice(value.indexOf('.') + 1), 10)
    if (Number.isNaN(number)) return
    if (number < (this.#lastNumbers.get(sessionId) ?? 0)) this.#fails(`${value} was written after what was asked later`)
    this.#lastNumbers.set(sessionId, number)
  }

  #written(
    path: string,
    znode: { readonly data: Uint8Array | null; readonly ephemeralOwner: SessionId },
    isNew: boolean,
    key: number
  ): void {
    const value = textOf(znode.data)
    if (value !== '') {
      const before = this.#writes.get(value)
      if (before !== undefined && before !== key) this.#fails(`${value} was written twice`)
      this.#writes.set(value, key)
    }
    if (znode.ephemeralOwner !== 0n) {
      const owned = this.#sessions.get(znode.ephemeralOwner)
      if (owned === undefined) this.#fails(`${path} was made by a session that is over`)
      if (isNew) owned?.add(path)
      return
    }
    const versions = this.#versions.get(path)
    if (versions === undefined) this.#versions.set(path, [{ value, key }])
    else versions.push({ value, key })
  }

  // ── after each event ───────────────────────────────────────────────────────────────────────────────────────────

  /** After most of them nothing has changed that it could see. */
  check(): void {
    for (const view of this.#views) {
      const { member } = view
      const raft = member.node?.consensus
      const { node } = member
      if (raft === undefined || node === undefined) continue
      const { role, committed } = raft
      const { lastApplied } = node.state
      if (view.disk !== raft && raft.isVoter) view.disk = raft
      const isKnown = view.committed === committed && view.lastApplied === lastApplied && view.life === member.life
      if (isKnown && (role !== 'leader' || view.ledTerm === raft.term)) continue
      this.#look(view, member, { committed, lastApplied })
    }
  }

  #look(view: View, member: SimMember, { committed, lastApplied }: Pick<View, 'committed' | 'lastApplied'>): void {
    const { host, node, id } = member
    const raft = node?.consensus
    if (raft === undefined || node === undefined) return
    if (view.life !== member.life || view.state !== node.state) {
      const known = this.#entries.get(keyOf(lastApplied))
      if (known === undefined && lastApplied !== zxidZero && keyOf(lastApplied) !== 0)
        this.#fails(`${host} begins at ${zxidName(lastApplied)}, which nobody has applied`)
      if (view.life !== member.life) view.committed = zxidZero
      Object.assign(view, { life: member.life, state: node.state, index: known?.index ?? -1, lastApplied: zxidZero })
      view.ledTerm = 0
    }
    if (compareZxid(committed, view.committed) < 0)
      this.#fails(`${host} takes back ${zxidName(view.committed)}, which was committed`)
    if (compareZxid(lastApplied, view.lastApplied) < 0) this.#fails(`${host} goes back to ${zxidName(lastApplied)}`)
    if (compareZxid(lastApplied, committed) > 0)
      this.#fails(`${host} applied ${zxidName(lastApplied)} and committed ${zxidName(committed)}`)
    view.committed = committed
    view.lastApplied = lastApplied
    if (raft.role !== 'leader') return
    if (view.ledTerm !== raft.term) {
      view.ledTerm = raft.term
      this.elections++
      this.#observer.told(host, `leads term ${raft.term} from ${zxidName(raft.last)} on`)
      this.#consensus.elected(id, raft.term, (position) => raft.has(position))
    }
    if (compareZxid(committed, zxidZero) > 0)
      this.#consensus.committed(committed, raft.term, this.#copiesOf(committed), this.#majority)
    for (const what of this.#consensus.violations.splice(0)) this.#fails(what)
  }

  /**
   * Disks that have it, of members that count. One that was wiped had on its disk what it answered before; what it has answered
   * since does not count before the log says so.
   */
  #copiesOf(position: Zxid): number {
    let copies = 0
    for (const { disk } of this.#views)
      if (disk?.isVoter === true && compareZxid(disk.lastPersisted, position) >= 0 && disk.has(position)) copies++
    return copies
  }

  /** At rest: all have the same, which is all that ever was. */
  difference(): string | undefined {
    const digests = this.#views.map(({ member: { node } }) => (node === undefined ? 0 : stateDigest(node.state)))
    const behind = this.#views.find(
      ({ member: { node } }) => keyOf(node?.state.lastApplied ?? zxidZero) < this.#lastKey
    )
    if (behind !== undefined) return `${behind.member.host} lacks what others have applied`
    return new Set(digests).size === 1 ? undefined : 'the trees of members differ'
  }

  #fails(what: string): void {
    this.#observer.violated(what)
  }
}

function outcomeText({ outcome, changes }: Applied): string {
  let text: string = outcome.type
  if (outcome.type === 'reply') text += ` ${outcome.error} ${responseText(outcome.response)}`
  for (const { type, path } of changes) text += ` ${type} ${path}`
  return text
}

function responseText(response: Extract<Applied['outcome'], { type: 'reply' }>['response']): string {
  if (response === undefined) return ''
  if (response.type === 'create') return response.path
  if (response.type === 'setData') return String(response.stat.version)
  if (response.type === 'multi')
    return response.results.map((one) => (one.type === 'error' ? one.error : one.type)).join()
  return response.type
}

export const textOf = (bytes: Uint8Array | null | undefined): string =>
  bytes === null || bytes === undefined ? '' : decoder.decode(bytes)
const decoder = new TextDecoder()
