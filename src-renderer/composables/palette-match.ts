/** Which entries of the palette answer a query: every word of it occurs; the earlier it occurs, the higher. */

export interface PaletteEntry {
  readonly id: string
  readonly kind: string
  readonly label: string
  /** Another name of it, found but not shown. */
  readonly alias?: string
  readonly run: () => void
}

export function matchPalette(entries: readonly PaletteEntry[], query: string, max: number): PaletteEntry[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  if (words.length === 0) return entries.slice(0, max)
  return entries
    .map((entry) => ({ entry, rank: rankOf(entry, words) }))
    .filter(({ rank }) => rank >= 0)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, max)
    .map(({ entry }) => entry)
}

function rankOf(entry: PaletteEntry, words: readonly string[]): number {
  const text = `${entry.label} ${entry.kind} ${entry.alias ?? ''}`.toLowerCase()
  let rank = 0
  for (const word of words) {
    const at = text.indexOf(word)
    if (at === -1) return -1
    rank += at
  }
  return rank
}
