// A long run of seeds in lots, so that one that was ended goes on where it was: what each lot found is kept beside the bundle that it ran,
// and counts for as long as that is the same.
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A minute or two of one core: what is lost by an end, and little beside what a process takes until it is fast. */
const seedsOfLot = 500

/** Of the seeds from `first` on. */
const isLot = (value) =>
  Number.isSafeInteger(value?.first) && Number.isSafeInteger(value.seeds) && Array.isArray(value.failures)

function linesOf(path) {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line)]
      } catch {
        // The line that was being written when the run was ended: its lot is run again.
        return []
      }
    })
}

/**
 * Lots of `count` seeds of the scenario whose bundle lies at `bundlePath`: those of the run before that was ended, where it ran the
 * same bundle, else new ones from `newFirst` on. Each is {first, seeds, failures}; failures are undefined of those that are to be run,
 * and `done` keeps what they found.
 */
export function seedLots(folder, scenario, bundlePath, newFirst, count) {
  const hash = createHash('sha256').update(readFileSync(bundlePath)).digest('hex').slice(0, 16)
  const path = join(folder, `${scenario}-${hash}.jsonl`)
  const [header, ...found] = linesOf(path)
  const kept = new Map(found.filter(isLot).map((lot) => [lot.first, lot]))
  const lotsFrom = (from) =>
    Array.from({ length: Math.ceil(count / seedsOfLot) }, (_, i) => {
      const [first, seeds] = [from + i * seedsOfLot, Math.min(seedsOfLot, count - i * seedsOfLot)]
      const before = kept.get(first)
      return { first, seeds, failures: before?.seeds === seeds ? before.failures : undefined }
    })
  const earlier = Number.isSafeInteger(header?.begin) ? lotsFrom(header.begin) : []
  const goesOn =
    earlier.some(({ failures }) => failures !== undefined) && earlier.some(({ failures }) => failures === undefined)
  if (!goesOn) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${JSON.stringify({ begin: newFirst })}\n`)
    kept.clear()
  }
  return {
    lots: goesOn ? earlier : lotsFrom(newFirst),
    done: (lot) => appendFileSync(path, `\n${JSON.stringify(lot)}\n`)
  }
}
