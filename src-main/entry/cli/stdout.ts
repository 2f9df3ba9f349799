/**
 * Standard output with its back pressure: a write is over when the reader's pipe has taken it, and not when it lies in
 * our memory.
 */
let unwritten = 0

/** Resolves when the system has taken all of it. A reader that is gone ends the process (cli.ts). */
export function writeOut(text: string): Promise<void> {
  unwritten++
  return new Promise((resolve) => {
    process.stdout.write(text, () => {
      unwritten--
      resolve()
    })
  })
}

/** Writes that the reader has not taken. */
export const unwrittenCount = (): number => unwritten
