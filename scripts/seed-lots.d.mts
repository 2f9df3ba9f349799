/** `seeds` of them from `first` on, and what they found wrong, in lines; undefined: they are to be run. */
export interface SeedLot {
  readonly first: number
  readonly seeds: number
  readonly failures: readonly string[] | undefined
}

export function seedLots(
  folder: string,
  scenario: string,
  bundlePath: string,
  newFirst: number,
  count: number
): { readonly lots: readonly SeedLot[]; readonly done: (lot: SeedLot) => void }
