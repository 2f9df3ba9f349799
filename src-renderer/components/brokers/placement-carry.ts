/** A replica on its way to another row of the grid, by the keys: which one, then where to. Pure. */

export interface Carry {
  /** The broker whose replica it is. */
  readonly from: number
  /** Where it would go; undefined while it is still being chosen which one, or over a row that has one already. */
  readonly to: number | undefined
}

/** `rows`: brokers from top to bottom. The first that has a replica; undefined where none has, or there is nowhere to go. */
export function lifted(replicas: readonly number[], rows: readonly number[]): Carry | undefined {
  const from = rows.find((id) => replicas.includes(id))
  return from === undefined || rows.every((id) => replicas.includes(id)) ? undefined : { from, to: undefined }
}

/** Up and down choose the replica, then the row; rows that cannot be chosen are passed over, and the ends hold. */
export function carriedOn(carry: Carry, step: 1 | -1, replicas: readonly number[], rows: readonly number[]): Carry {
  const isChoosing = carry.to === undefined
  const at = rows.indexOf(carry.to ?? carry.from)
  const ahead = step > 0 ? rows.slice(at + 1) : rows.slice(0, Math.max(0, at)).reverse()
  const next = ahead.find((id) => replicas.includes(id) === isChoosing)
  if (next === undefined) return carry
  return isChoosing ? { from: next, to: undefined } : { ...carry, to: next }
}

/** From the replica that was chosen to the nearest row that is free. */
export function aimed(carry: Carry, replicas: readonly number[], rows: readonly number[]): Carry {
  const at = rows.indexOf(carry.from)
  const free = rows.filter((id) => !replicas.includes(id))
  const far = (id: number): number => Math.abs(rows.indexOf(id) - at)
  const to = free.reduce<number | undefined>(
    (best, id) => (best === undefined || far(id) < far(best) ? id : best),
    undefined
  )
  return { ...carry, to }
}
