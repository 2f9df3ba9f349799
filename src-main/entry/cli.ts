/**
 * The `lagoon` command: the headless twin of the app. `up` hosts a cluster in the foreground; every other command
 * speaks to the process that hosts the folder's cluster, be it `up` or the app.
 */
import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { consume } from './cli/consume'
import { exitCodes, failWith } from './cli/exit'
import { acksOf, commitMode, keyValue, startingPoint, wholeNumber, withCommon } from './cli/options'
import { produce } from './cli/produce'
import { isReaderNeeded } from './cli/stdout'
import { up, type UpOptions } from './cli/up'
import * as verbs from './cli/verbs'

const partitionMax = 2147483647

function buildProgram(): Command {
  const program = new Command('lagoon')
    .description('A whole Kafka-compatible cluster on your own machine: run it, see it, break it')
    .version('0.1.0')
    .showHelpAfterError('(lagoon --help shows what is possible)')

  withCommon(program.command('up'))
    .description('run the cluster of a folder in the foreground; SIGINT stops it')
    .option('--brokers <n>', 'brokers of a new cluster (default: 3)', wholeNumber(1))
    .option('--ensemble <n>', 'ensemble members of a new cluster (default: 1)', wholeNumber(1))
    .option('--broker-config <k=v>', 'config of all brokers, kept in the folder; may be given several times', keyValue)
    .option('--ui', 'serve the screens to a browser on this machine')
    .option('--ui-port <port>', 'port of the screens (default: a free one)', wholeNumber(0, 65535))
    .action((options: UpOptions) => up(options))
  withCommon(program.command('status')).description('show the nodes of the cluster').action(verbs.status)

  const topic = program.command('topic').description('list, create, describe, delete topics')
  withCommon(topic.command('list')).action(verbs.topicList)
  withCommon(topic.command('create <topic>'))
    .option('--partitions <n>', 'number of partitions (default: 1)', wholeNumber(-1))
    .option('--replication-factor <n>', 'replicas of each partition (default: 1)', wholeNumber(-1))
    .option('--config <k=v>', 'topic config; may be given several times', keyValue)
    .action(verbs.topicCreate)
  withCommon(topic.command('describe <topic>')).action(verbs.topicDescribe)
  withCommon(topic.command('delete <topic>')).action(verbs.topicDelete)

  withCommon(program.command('produce <topic>'))
    .description('write records: one with --value, else each line of stdin')
    .option('--key <key>', 'key of every record')
    .option('--value <value>', 'value of a single record')
    .addOption(new Option('--acks <n>', '0, 1 or all').argParser(acksOf).default(-1, 'all'))
    .option('--partition <n>', 'write to this partition', wholeNumber(0, partitionMax))
    .action(produce)
  withCommon(program.command('consume <topic>'))
    .description('read records, one line each')
    .option('--group <group>', 'as a member of this group')
    .option('--from <where>', 'earliest, latest or an offset', startingPoint, 'earliest' as const)
    .option('--max-records <n>', 'end after so many', wholeNumber(1))
    .option('--poll-timeout-ms <ms>', 'end when a poll of this length brings nothing', wholeNumber(1))
    .option('--commit <mode>', 'auto, each or never', commitMode, 'auto' as const)
    .action(consume)

  const group = program.command('group').description('list and describe consumer groups')
  withCommon(group.command('list')).action(verbs.groupList)
  withCommon(group.command('describe <group>')).action(verbs.groupDescribe)

  const node = program.command('node').description('kill, stop, start, restart a node: broker-1, ensemble-1')
  for (const verb of ['kill', 'stop', 'start', 'restart'] as const) {
    withCommon(node.command(`${verb} <node>`)).action((name: string, options: { data?: string; json?: boolean }) =>
      verbs.node(verb, name, options)
    )
  }
  return program
}

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
// Said, or Electron's executable running as Node would be taken for a packaged app without a script's name.
program.parseAsync(process.argv, { from: 'node' }).catch((error: unknown) => {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? exitCodes.done : exitCodes.usage)
  failWith(error)
})
