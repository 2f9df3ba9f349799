/**
 * The `lagoon` command: the headless twin of the app. `up` hosts a cluster in the foreground; every other command
 * speaks to the process that hosts the folder's cluster, be it `up` or the app.
 */
import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { CommanderError, type Command } from 'commander'
import { exitCodes, failWith } from './cli/exit'
import { buildProgram, refuseUnknownCommand } from './cli/program'
import { isReaderNeeded } from './cli/stdout'

/** Commander ends with 1 for what is wrong usage here; help and version are no errors. */
function overrideExit(command: Command): void {
  command.exitOverride()
  for (const child of command.commands) overrideExit(child)
}

/** Node reads arguments as UTF-8 and replaces what is none: written into a record that would be other bytes. */
function refuseLostBytes(): void {
  if (!process.argv.some((argument) => argument.includes('\ufffd'))) return
  // Elsewhere than on Linux the bytes cannot be had again: then the character is taken for one that was meant.
  if (process.platform !== 'linux' || isUtf8(readFileSync('/proc/self/cmdline'))) return
  process.stderr.write('An argument holds bytes that are not UTF-8. Give them on standard input instead.\n')
  process.exit(exitCodes.usage)
}

const program = buildProgram()
overrideExit(program)
// A reader that has seen enough (`lagoon consume | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') {
    if (isReaderNeeded()) process.exit(exitCodes.done)
    return
  }
  process.stderr.write(`The output cannot be written: ${error.message}\n`)
  process.exit(exitCodes.failed)
})
refuseLostBytes()
try {
  refuseUnknownCommand(program, process.argv.slice(2))
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exit(exitCodes.usage)
}
// Said, or Electron's executable running as Node would be taken for a packaged app without a script's name.
program.parseAsync(process.argv, { from: 'node' }).catch((error: unknown) => {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? exitCodes.done : exitCodes.usage)
  failWith(error)
})
