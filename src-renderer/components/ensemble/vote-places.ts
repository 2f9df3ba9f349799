/** Where members stand in the picture of an election, and the arrows between them; in units of the picture. Pure. */
import type { ElectionView } from '@api/ensemble'

export const PLOT = { width: 280, height: 112, radius: 13 } as const
const TOP = { x: PLOT.width / 2, y: 34 } as const
const ROW_Y = 84

export interface VotePlace {
  readonly name: string
  readonly x: number
  readonly y: number
  readonly isLeader: boolean
  /** It voted for nobody, or nobody knows. */
  readonly isSilent: boolean
  /** Of the path from it to its candidate; absent: there is none. */
  readonly arrow?: string
}

/** The leader above, the others in a row below it, in their order. */
export function votePlaces({ leader, votes }: ElectionView): readonly VotePlace[] {
  const others = votes.filter(({ member }) => member !== leader)
  const at = new Map<string, { readonly x: number; readonly y: number }>([[leader, TOP]])
  others.forEach(({ member }, index) => {
    at.set(member, { x: (PLOT.width * (index + 1)) / (others.length + 1), y: ROW_Y })
  })
  return votes.flatMap(({ member, candidate }) => {
    const place = at.get(member)
    if (place === undefined) return []
    const to = candidate === null ? undefined : at.get(candidate)
    const arrow = to === undefined ? undefined : candidate === member ? loop(place) : line(place, to)
    return [
      {
        name: member,
        ...place,
        isLeader: member === leader,
        isSilent: candidate === null,
        ...(arrow === undefined ? {} : { arrow })
      }
    ]
  })
}

interface Point {
  readonly x: number
  readonly y: number
}

const round = (value: number): number => Math.round(value * 10) / 10

/** From edge to edge. */
function line(from: Point, to: Point): string {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const length = Math.max(1, Math.hypot(dx, dy))
  const [ux, uy] = [dx / length, dy / length]
  const [start, end] = [PLOT.radius + 1, PLOT.radius + 5]
  return `M${round(from.x + ux * start)} ${round(from.y + uy * start)}L${round(to.x - ux * end)} ${round(to.y - uy * end)}`
}

/** For itself. */
function loop({ x, y }: Point): string {
  const top = y - PLOT.radius
  return `M${round(x - 7)} ${round(top)}q-4 -15 7 -15t7 11`
}
