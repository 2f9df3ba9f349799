import { describe, expect, it } from 'vitest'
import type { MemberReport } from '../../../../src-main/coordination/core/member-report'
import { memberReportSchema } from '../../../../src-main/api/ensemble'
import { EnsembleMembers } from '../../../support/ensemble-members'

const data = (text: string): Uint8Array => new TextEncoder().encode(text)

function reportOf(world: EnsembleMembers, id: number): MemberReport {
  const report = world.member(id).node?.report()
  if (report === undefined) throw new Error(`member ${id} has nothing to tell`)
  return report
}

const reports = (world: EnsembleMembers): MemberReport[] => world.members.map(({ id }) => reportOf(world, id))

describe('what members tell of themselves', () => {
  it('is who leads, who voted for it, and how far each is', async () => {
    const world = new EnsembleMembers(3)
    await world.startAll()
    const client = await world.connected([2])
    await world.do(client.create('/a', data('1')))
    await world.agree('/a', '1')
    await world.clock.run(200)

    const told = reports(world)
    const leader = await world.leader()

    expect(told.map(({ role }) => role).sort()).toEqual(['follower', 'follower', 'leader'])
    for (const report of told) {
      expect(report).toMatchObject({ term: 1, leaderId: leader.id, isServing: true, ballot: { term: 1 } })
      expect([report.zxid, report.lastOnDisk, report.committed]).toEqual(Array(3).fill(told[0]?.zxid))
      expect(memberReportSchema.safeParse(report).error).toBeUndefined()
    }
    const own = reportOf(world, leader.id)
    expect(own.electedBy).toEqual(told.flatMap(({ ballot }, i) => (ballot?.candidateId === leader.id ? [i + 1] : [])))
    expect(own.electedBy.length).toBeGreaterThan(1)
    expect(own.followers.map(({ behindEntries }) => behindEntries)).toEqual([0, 0])
    expect(told.map(({ sessions }) => sessions)).toEqual([0, 1, 0])
    expect(told.map(({ allSessions }) => allSessions)).toEqual([1, 1, 1])
    expect(told.map(({ znodes }) => znodes)).toEqual(Array(3).fill(world.member(2).node?.state.tree.count))
    expect(reportOf(world, 2).latency?.maxMs).toBeGreaterThan(0)
  })

  it('counts what a follower that is dead lacks, and says candidate of who is left alone', async () => {
    const world = new EnsembleMembers(3)
    await world.startAll()
    const leader = await world.leader()
    const [gone, other] = world.members.filter(({ id }) => id !== leader.id)
    if (gone === undefined || other === undefined) throw new Error('three members')
    const client = await world.connected([leader.id])
    await world.do(client.create('/a', data('1')))
    await world.agree('/a', '1')
    await world.clock.run(200)
    world.kill(gone)
    for (let i = 0; i < 5; i++) await world.do(client.setData('/a', data(`${i}`)))

    const behind = reportOf(world, leader.id).followers.find(({ memberId }) => memberId === gone.id)
    world.kill(leader)
    await world.eventually('nobody is left to lead', () => {
      const { role, isServing } = reportOf(world, other.id)
      return role === 'candidate' && !isServing ? true : undefined
    })

    expect(behind?.behindEntries).toBe(5)
    expect(reportOf(world, other.id)).toMatchObject({ leaderId: null, followers: [], electedBy: [] })
  })

  it('calls a member without its disk a learner until it counts again', async () => {
    const world = new EnsembleMembers(3)
    await world.startAll()
    const [wiped] = world.members.filter(({ id }) => reportOf(world, id).role === 'follower')
    if (wiped === undefined) throw new Error('a follower')
    world.wipe(wiped)
    const begun = world.begin(wiped)
    await world.eventually('it learns', () => (wiped.node?.report()?.role === 'learner' ? true : undefined))
    await world.do(begun)

    await world.eventually('it counts', () => (reportOf(world, wiped.id).role === 'follower' ? true : undefined))
  })

  it('is told each second, and at once when somebody else leads', async () => {
    const told: MemberReport[] = []
    const world = new EnsembleMembers(3, { told: (report) => void told.push(report) })
    await world.startAll()
    await world.clock.run(500)
    told.length = 0
    await world.clock.run(3_000)
    const quiet = told.length
    const leader = await world.leader()
    world.kill(leader)
    told.length = 0
    const nextLeader = await world.leader()

    expect(quiet).toBe(9)
    expect(told.at(-1)).toMatchObject({ role: 'leader', term: 2, leaderId: nextLeader.id, isServing: true })
  })

  it('is of one member alone that it leads, and that its requests take no time before there are any', async () => {
    const world = new EnsembleMembers(1)
    await world.startAll()

    expect(reportOf(world, 1)).toMatchObject({ role: 'leader', electedBy: [1], followers: [], latency: null })
  })
})
