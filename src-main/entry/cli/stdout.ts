/**
 * Standard output with its back pressure: a write is over when the reader's pipe has taken it, and not when it lies in
 * our memory.
 */
let unwritten = 0
let isNeeded = true

/** For commands whose work is not their output: a reader that has seen enough (`| head`) does not end them. */
export function goOnWithoutReader(): void {
  isNeeded = false
}

export const isReaderNeeded = (): boolean => isNeeded

/**
 * Resolves when the system has taken all of it, and never when it was not: a reader that is gone, or a full disk, ends the
 * process (cli.ts). Work that goes on without a reader goes on at once.
 */
export function writeOut(text: string): Promise<void> {
  unwritten++
  return new Promise((resolve) => {
    process.stdout.write(text, (error) => {
      if (error !== null && error !== undefined && isNeeded) return
      unwritten--
      resolve()
    })
  })
}

/** Writes that the reader has not taken. */
export const unwrittenCount = (): number => unwritten
