import { describe, expect, it } from 'vitest'
import { checkGroups, type Assigned, type GroupEntry } from '../../chaos/group-history'

const group = 'g'
const partition = 'orders-0'
let questions = 0
const question = (): string => String(++questions)

const assigned = (generation: number, more: Partial<Assigned> = {}): readonly GroupEntry[] => {
  const asked = question()
  const told = { member: 'm1', protocol: 'range', partitions: [partition], ...more }
  return [
    { type: 'syncAsked', group, asked },
    { type: 'assigned', group, generation, asked, ...told }
  ]
}
const asks = (offset: number, generation = 1, asked = question()): GroupEntry => ({
  type: 'memberCommits',
  group,
  partition,
  generation,
  offset,
  asked
})
const commits = (
  offset: number,
  outcome: 'taken' | 'refused' | 'unknown' = 'taken',
  generation = 1
): readonly GroupEntry[] => {
  const asked = question()
  const begun = asks(offset, generation, asked)
  return outcome === 'unknown' ? [begun] : [begun, { type: 'memberCommitted', group, partition, outcome, asked }]
}
const askedOffset = (asked: string): GroupEntry => ({ type: 'offsetAsked', group, partition, asked })
const told = (offset: number, asked: string): GroupEntry => ({ type: 'offsetTold', group, partition, offset, asked })
const tells = (offset: number): readonly GroupEntry[] => {
  const asked = question()
  return [askedOffset(asked), told(offset, asked)]
}
const kinds = (...entries: (GroupEntry | readonly GroupEntry[])[]): readonly string[] =>
  checkGroups(entries.flat()).map(({ kind }) => kind)

describe('what members of a group are told', () => {
  it('is as it should be: generations, commits, and what is told of them', () => {
    expect(
      kinds(
        tells(-1),
        assigned(1),
        assigned(1, { member: 'm2', partitions: ['orders-1'] }),
        commits(5),
        tells(5),
        assigned(2),
        commits(7, 'refused'),
        commits(8, 'taken', 2),
        tells(8)
      )
    ).toEqual([])
  })

  it.each<[string, string, readonly (readonly GroupEntry[])[]]>([
    ['commitWentBack', 'a commit is forgotten', [commits(5), tells(-1)]],
    ['commitWentBack', 'the one before is told', [commits(5), commits(7), tells(5)]],
    ['commitWentBack', 'what was told goes back', [commits(5), commits(7, 'unknown'), tells(7), tells(5)]],
    ['commitWentBack', 'nobody has committed that', [commits(5), tells(6)]],
    ['commitWentBack', 'a commit that was refused is there', [commits(5), commits(7, 'refused'), tells(7)]],
    [
      'commitWentBack',
      'one of a generation that was over is there, though nobody was told',
      [assigned(2), commits(7, 'unknown', 1), tells(7)]
    ],
    [
      'commitWentBack',
      'one of the generation before comes after one of the next',
      [assigned(1), commits(7, 'unknown', 1), assigned(2), commits(5, 'taken', 2), tells(7)]
    ],
    ['staleCommit', 'a generation that was over commits', [assigned(1), assigned(2), commits(5, 'taken', 1)]],
    ['assignedTwice', 'two members have it', [assigned(1), assigned(1, { member: 'm2' })]],
    ['assignedTwice', 'a member has something else', [assigned(1), assigned(1, { partitions: [] })]],
    [
      'twoProtocols',
      'members share out by other rules',
      [assigned(1), assigned(1, { member: 'm2', protocol: 'sticky', partitions: [] })]
    ],
    ['generationWentBack', 'it begins anew', [assigned(2), assigned(1, { partitions: [] })]]
  ])('finds %s: %s', (kind, _what, entries) => {
    expect(kinds(...entries)).toEqual([kind])
  })

  it('does not hold against a coordinator what nobody can know', () => {
    // It may or may not be there.
    expect(kinds(commits(5), commits(7, 'unknown'), tells(5), tells(7))).toEqual([])
    expect(kinds(commits(5), commits(7, 'unknown'), tells(5), assigned(2), tells(5))).toEqual([])
    // The next generation began where the one before had not committed yet.
    expect(kinds(assigned(1), commits(7, 'unknown'), assigned(2), commits(5, 'taken', 2), tells(5))).toEqual([])
    // Asked before it was committed, told after.
    const early = question()
    expect(kinds(askedOffset(early), commits(5), told(-1, early))).toEqual([])
    // Two of the same: nobody knows which of them it is.
    expect(kinds(commits(5, 'unknown'), commits(5, 'unknown'), commits(9), tells(5), tells(9))).toEqual([])
    // What was asked before the next generation was told comes after it.
    const [late, answer] = assigned(1)
    expect(kinds(late ?? [], assigned(2), answer ?? [])).toEqual([])
  })

  it('keeps groups apart', () => {
    const others = [...commits(9), ...assigned(4)].map((entry) => ({ ...entry, group: 'other' }))
    expect(kinds(others, assigned(1), commits(5), tells(5))).toEqual([])
  })
})
