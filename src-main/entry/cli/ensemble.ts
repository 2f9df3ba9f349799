/** `lagoon ensemble`: who leads, and how far each member is. */
import type { EnsembleView } from '../../api/ensemble'
import type { CommonOptions } from './options'
import { table } from './output'
import { run } from './verbs'

export const ensembleStatus = (options: CommonOptions): Promise<void> =>
  run(options, 'ensemble.status', {}, { json: statusJson, text: ensembleText, unknown: unknownOfEnsemble })

export function statusJson({ quorum, leader, members }: EnsembleView): unknown {
  const rows = members.map(({ name, role, term, zxid, sessions }) => ({ name, role, term, zxid, sessions }))
  return { quorum, leader, members: rows }
}

export function ensembleText(view: EnsembleView): string {
  const { leader, members } = view
  const rows = members.map(({ name, state, role, term, zxid, lastOnDisk, behindEntries, sessions }) => [
    name,
    state,
    role,
    term,
    zxid,
    lastOnDisk,
    name === leader ? '' : behindEntries,
    sessions
  ])
  return [
    quorumSentence(view),
    table(['MEMBER', 'STATE', 'ROLE', 'TERM', 'ZXID', 'ON DISK', 'BEHIND', 'SESSIONS'], rows)
  ].join('\n')
}

const APART = { candidate: 'is cut off from the others', learner: 'copies what the others have' } as const

function quorumSentence({ quorum, leader, running, majority, members, apart }: EnsembleView): string {
  const run = `${running} of ${members.length} ${members.length === 1 ? 'member runs' : 'members run'}`
  if (quorum === true && apart.length > 0) {
    const why = apart.map(({ member, role }) => `${member} ${APART[role]}`).join(', ')
    const counted = members.filter(({ role }) => role === 'leader' || role === 'follower').length
    return `${counted} of ${members.length} members take part (${running} run; ${why}), ${leader ?? 'nobody'} leads.`
  }
  if (quorum === true) return `${run}, ${leader ?? 'nobody'} leads.`
  if (quorum === null) return `${run}; none has told yet who leads.`
  const why = running < majority ? `, ${majority} are needed` : ', and no leader is elected'
  return `No quorum: ${run}${why}. Nothing is written until there is one.`
}

/** Dead ones have nothing to tell; one that runs and says nothing has. */
export function unknownOfEnsemble({ members }: EnsembleView): string | undefined {
  const silent = members.filter(({ state, role }) => state === 'running' && role === null)
  if (silent.length === 0) return undefined
  return `Not known of ${silent.map(({ name }) => name).join(', ')}: it has told nothing for some seconds.`
}
