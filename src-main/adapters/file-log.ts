/**
 * The log of a hosting process: JSON lines in the cluster folder through pino. A file that has grown to `fileBytesMax`
 * becomes the older one, at the start and while we run, so that both together stay below twice that and a bit.
 * Until the folder is known, and for what must be seen at once, warnings go to stderr.
 */
import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { ignore } from '../kernel/errors'
import type { Log } from '../kernel/ports'

const fileBytesMax = 10 * 1024 * 1024
interface Line {
  readonly level: Parameters<Log>[0]
  readonly message: string
  readonly fields: Parameters<Log>[2]
}

interface FileLog {
  readonly log: Log
  readonly useFile: (path: string, bytesMax?: number) => void
}

/** Of one cluster: each that a process hosts has its own. */
export function fileLog(): FileLog {
  let write: ((line: Line) => void) | undefined
  const early: Line[] = []
  return {
    log(level, message, fields) {
      const line = { level, message, fields }
      if (write === undefined) early.push(line)
      else write(line)
    },
    useFile(path, bytesMax = fileBytesMax) {
      rotate(path, bytesMax)
      // Loaded off the way to a running cluster: nothing waits for its log.
      void import('pino').then(({ pino }) => {
        const logger = pino(
          { base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` },
          logFile(path, bytesMax)
        )
        write = ({ level, message, fields }) => logger[level](fields ?? {}, message)
        for (const line of early.splice(0)) write(line)
      })
    }
  }
}

/**
 * Each line is written before the next is made: what pino's own file keeps back it would write when we end, for ever where
 * the disk is full. A full disk costs lines of the log, never the cluster; the next line tries again.
 */
function logFile(path: string, bytesMax: number): { readonly write: (line: string) => void } {
  let file: number | undefined
  let writtenBytes = sizeOf(path)
  const close = (): void => {
    if (file !== undefined) closeSync(file)
    file = undefined
  }
  return {
    write(line) {
      try {
        if (file === undefined) {
          mkdirSync(dirname(path), { recursive: true })
          file = openSync(path, 'a')
        }
        writtenBytes += writeSync(file, line)
        if (writtenBytes < bytesMax) return
        writtenBytes = 0
        close()
        rotate(path, 0)
      } catch (error) {
        ignore(error, 'the next line tries again')
        close()
      }
    }
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

function rotate(path: string, bytesMax: number): void {
  if (sizeOf(path) <= bytesMax) return
  try {
    renameSync(path, `${path}.1`)
  } catch (error) {
    ignore(error, 'it goes on in the same file, which is tried again when as much has come again')
  }
}
