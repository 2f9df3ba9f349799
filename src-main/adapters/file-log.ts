/**
 * The log of a hosting process: JSON lines in the cluster folder through pino, kept below a size by one older file.
 * Until the folder is known, and for what must be seen at once, warnings go to stderr.
 */
import { renameSync, statSync } from 'node:fs'
import { ignore } from '../kernel/errors'
import type { Log } from '../kernel/ports'

const fileBytesMax = 10 * 1024 * 1024
/** While the file cannot be written, later lines than these are dropped. */
const unwrittenBytesMax = 1024 * 1024

interface Line {
  readonly level: Parameters<Log>[0]
  readonly message: string
  readonly fields: Parameters<Log>[2]
}

interface FileLog {
  readonly log: Log
  readonly useFile: (path: string) => void
}

let shared: FileLog | undefined

/** One for the process. */
export function fileLog(): FileLog {
  shared ??= makeFileLog()
  return shared
}

function makeFileLog(): FileLog {
  let write: ((line: Line) => void) | undefined
  const early: Line[] = []
  return {
    log(level, message, fields) {
      const line = { level, message, fields }
      if (write === undefined) early.push(line)
      else write(line)
    },
    useFile(path) {
      rotate(path)
      // Loaded off the way to a running cluster: nothing waits for its log.
      void import('pino').then(({ pino, destination }) => {
        const file = destination({ dest: path, sync: false, mkdir: true, maxLength: unwrittenBytesMax })
        const logger = pino({ base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` }, file)
        // A full disk costs lines of the log, never the cluster.
        file.on('error', (error) => ignore(error, 'the next line tries again'))
        write = ({ level, message, fields }) => logger[level](fields ?? {}, message)
        for (const line of early.splice(0)) write(line)
      })
    }
  }
}

function rotate(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > fileBytesMax) renameSync(path, `${path}.1`)
}
