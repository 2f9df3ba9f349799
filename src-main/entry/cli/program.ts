/** The commands of `lagoon` and their options. */
import { Argument, Command, Option } from 'commander'
import { FAULT_FOR_MS_MAX, FAULT_KINDS } from '../../api/faults'
import { SESSION_ROWS_MAX } from '../../api/sessions'
import { consume } from './consume'
import { ensembleStatus } from './ensemble'
import { ensembleSessions, ensembleWatches, ROWS_PRINTED } from './sessions'
import { exitCodes } from './exit'
import * as administration from './administration'
import {
  acksOf,
  commitMode,
  eachOf,
  exportFormat,
  keyValue,
  nodeName,
  notEmpty,
  offsetOrTime,
  resetTarget,
  startingPoint,
  topicScope,
  wholeNumber,
  withCommon,
  type CommonOptions
} from './options'
import type { exportRecords } from './export'
import * as faults from './faults'
import * as partitions from './partitions'
import { produce } from './produce'
import { nearestName } from './similar'
import { up, type UpOptions } from './up'
import * as verbs from './verbs'
import { workloadList, workloadStart, workloadStop } from './workloads'
import { visible } from './visible'
import * as znodes from './znodes'

const partitionMax = 2147483647
/** CreateTopics has 16 bits for it. */
const replicasMax = 32767

const nodeVerbs = {
  kill: 'end the process of a node at once, as a crash does (SIGKILL); it stays down',
  stop: 'let a node shut down cleanly; it stays down',
  start: 'start a node that is down',
  restart: 'stop a node cleanly and start it again',
  pause: 'make the process of a node stand still (SIGSTOP) until it is resumed, started, stopped or killed',
  resume: 'let a paused node go on',
  wipe: 'end a node at once and take all its data away; it stays down'
} as const satisfies Record<verbs.NodeVerb, string>

export function buildProgram(): Command {
  const program = new Command('lagoon')
    .description('A whole Kafka-compatible cluster on your own machine: run it, see it, break it')
    .version('0.1.0')

  withCommon(program.command('up'))
    .description('run the cluster of a folder in the foreground; Ctrl+C (SIGINT) stops it')
    .option('--brokers <n>', 'brokers of a new cluster (default: 3)', wholeNumber(1))
    .option('--ensemble <n>', 'ensemble members of a new cluster: 1, 3, 5 or 7 (default: 3)', wholeNumber(1))
    .option('--broker-config <k=v>', 'config of all brokers, kept in the folder; may be given several times', keyValue)
    .option(
      '--super-digest <user:digest>',
      "who may do everything in the ensemble's tree, kept in the folder; base64(sha1(user:password)), or none"
    )
    .option('--ui', 'serve the screens to a browser on this machine')
    .option('--ui-port <port>', 'port of the screens (default: a free one)', wholeNumber(0, 65535))
    .action((options: UpOptions) => up(options))
  withCommon(program.command('status')).description('show the nodes of the cluster').action(verbs.status)

  const topic = program.command('topic').description('list, create, describe, change, purge, delete topics')
  withCommon(topic.command('list')).description('list topics with what is in them').action(verbs.topicList)
  withCommon(topic.command('create <topic>'))
    .description('create a topic')
    .option('--partitions <n>', 'number of partitions (default: 1)', wholeNumber(-1, partitionMax))
    .option(
      '--replication-factor <n>',
      'replicas of each partition (default: the brokers’ own, 3 or as many as there are)',
      wholeNumber(-1, replicasMax)
    )
    .option('--config <k=v>', 'topic config; may be given several times', keyValue)
    .action(verbs.topicCreate)
  withCommon(topic.command('describe <topic>'))
    .description('show the partitions and configs of a topic')
    .action(verbs.topicDescribe)
  withCommon(topic.command('delete <topic>'))
    .description('delete a topic and all its records')
    .action(verbs.topicDelete)
  withCommon(topic.command('alter <topic>'))
    .description('change configs of a topic; those that are not named stay')
    .option('--config <k=v>', 'set a config; may be given several times', keyValue)
    .option('--delete-config <k>', 'back to the default; may be given several times', eachOf)
    .action(administration.topicAlter)
  withCommon(topic.command('add-partitions <topic>'))
    .description('give a topic more partitions; keys may go to other partitions from then on')
    .requiredOption('--to <n>', 'how many it is to have in all', wholeNumber(1, partitionMax))
    .action(administration.topicAddPartitions)
  withCommon(topic.command('purge <topic>'))
    .description('delete records: all of them, or those before an offset or a time')
    .option('--partition <n>', 'of this partition only', wholeNumber(0, partitionMax))
    .option('--before <where>', 'an offset, or a time such as 2026-01-31T12:00:00Z', offsetOrTime)
    .action(administration.topicPurge)

  withCommon(program.command('produce <topic>'))
    .description('write records: one with --value, else each line of stdin')
    .option('--key <key>', 'key of every record')
    .option('--value <value>', 'value of a single record')
    .addOption(new Option('--acks <n>', '0, 1 or all').argParser(acksOf).default(-1, 'all'))
    .option('--partition <n>', 'write to this partition', wholeNumber(0, partitionMax))
    .action(produce)
  withCommon(program.command('consume <topic>'))
    .description('read records, one line each, until --max-records, --poll-timeout-ms or Ctrl+C (SIGINT) ends it')
    .option('--group <group>', 'as a member of this group', notEmpty)
    .option('--from <where>', 'earliest, latest or an offset', startingPoint, 'earliest' as const)
    .option('--max-records <n>', 'end after so many', wholeNumber(1))
    .option('--poll-timeout-ms <ms>', 'end when a poll of this length brings nothing', wholeNumber(1))
    .option('--commit <mode>', 'auto, each or never', commitMode, 'auto' as const)
    .action(consume)

  withCommon(program.command('export <topic>'))
    .description('write the records of a topic to stdout, as JSON lines or CSV, up to where it ends now')
    .requiredOption('--format <format>', 'jsonl or csv', exportFormat)
    .option(
      '--from <where>',
      'earliest (default), latest, an offset, or a time such as 2026-01-31T12:00:00Z',
      resetTarget
    )
    .option('--to <where>', 'latest (default), an offset, or a time; what lies there is left out', resetTarget)
    .option('--partition <n>', 'of this partition only', wholeNumber(0, partitionMax))
    .option('--grep <text>', 'records that hold this text in key, value or a header')
    .action(async (...given: Parameters<typeof exportRecords>) => {
      // Only this verb reads brokers itself: no other one waits for a Kafka client to be loaded.
      const { exportRecords: run } = await import('./export')
      return await run(...given)
    })

  const group = program.command('group').description('list, describe, reset, delete consumer groups')
  withCommon(group.command('list')).description('list consumer groups with their lag').action(verbs.groupList)
  const groupId = (): Argument => new Argument('<group>').argParser(notEmpty)
  withCommon(group.command('describe').addArgument(groupId()))
    .description('show the offsets, lag and members of a group')
    .action(verbs.groupDescribe)
  withCommon(group.command('delete').addArgument(groupId()))
    .description('delete a group that has no members, with its offsets')
    .action(administration.groupDelete)
  withCommon(group.command('reset').addArgument(groupId()))
    .description('move the committed offsets of a group that has no members')
    .option('--to <where>', 'earliest, latest, an offset, or a time such as 2026-01-31T12:00:00Z', resetTarget)
    .option('--shift-by <n>', 'so many records on, or back when negative', wholeNumber(-Number.MAX_SAFE_INTEGER))
    .option('--topic <scope>', 'orders or orders:0,3; several times (default: all with a commit)', topicScope)
    .option('--dry-run', 'say what would change')
    .action(administration.groupReset)

  const workload = program.command('workload').description('make traffic: producers and consumers of the lab')
  withCommon(workload.command('start <scene>'))
    .description('start a scene by its name, or that of a JSON file; topics that are missing are made')
    .action(workloadStart)
  withCommon(workload.command('list'))
    .description('show what runs, and what could be started again')
    .action(workloadList)
  withCommon(workload.command('stop [name]'))
    .description('stop a workload, or all of a group or of a scene; consumers leave their group')
    .option('--all', 'all of them')
    .action(workloadStop)

  const node = program.command('node').description('kill, stop, start, pause, wipe … a node: broker-1, ensemble-1')
  for (const [verb, description] of Object.entries(nodeVerbs) as [verbs.NodeVerb, string][]) {
    withCommon(node.command(verb).addArgument(new Argument('<node>').argParser(nodeName)))
      .description(description)
      .action((name: string, options: CommonOptions) => verbs.node(verb, name, options))
  }

  const ensemble = program.command('ensemble').description('what the members of the ensemble say of themselves')
  withCommon(ensemble.command('status'))
    .description('show who leads, and the role, term, last zxid and sessions of each member')
    .action(ensembleStatus)
  const listed = (command: Command): Command =>
    withCommon(command)
      .option('--limit <n>', `rows (default: ${ROWS_PRINTED})`, wholeNumber(1, SESSION_ROWS_MAX))
      .option('--contains <text>', 'only those with this in a path, session id, broker-1 or address')
  listed(ensemble.command('sessions'))
    .description('show who is connected: brokers first, then Lagoon, then other clients')
    .action(ensembleSessions)
  listed(ensemble.command('watches'))
    .description('show which paths are watched, and by whom')
    .option('--by-session', 'show the sessions that watch, those that watch most first')
    .action(ensembleWatches)

  const znode = program.command('znode').description('list, read, make, set, delete and watch znodes of the ensemble')
  withCommon(znode.command('ls <path>')).description('the children of a znode, by name').action(znodes.znodeList)
  withCommon(znode.command('get <path>')).description('the data of a znode').action(znodes.znodeGet)
  withCommon(znode.command('stat <path>'))
    .description('versions, times, zxids and size of a znode, and whose an ephemeral one is')
    .action(znodes.znodeStat)
  withCommon(znode.command('create <path> [data]'))
    .description('make a persistent znode')
    .option('--value <text>', 'what is to be in it, instead of a second word')
    .option('--sequential', 'with ten digits behind its name that grow')
    .action(znodes.znodeCreate)
  withCommon(znode.command('set <path> [data]'))
    .description('replace the data of a znode; brokers obey what they find')
    .option('--value <text>', 'what is to be in it, instead of a second word')
    .option('--if-version <n>', 'only if this is still its version', wholeNumber(0, 2147483647))
    .action(znodes.znodeSet)
  withCommon(znode.command('delete <path>'))
    .description('delete a znode without children; brokers live on some of them')
    .option('--if-version <n>', 'only if this is still its version', wholeNumber(0, 2147483647))
    .option('--recursive', 'with everything below it')
    .action(znodes.znodeDelete)
  withCommon(znode.command('watch <path>'))
    .description('print how a znode is, and each change of its data or children; SIGINT ends it')
    .option('--max-changes <n>', 'end after so many', wholeNumber(0))
    .action(znodes.znodeWatch)

  const partition = program.command('partition').description('elect leaders, move replicas to other brokers')
  withCommon(partition.command('elect <partition...>'))
    .description('have the preferred leader of orders:0 elected: the first of its replicas')
    .option('--unclean', 'where nobody in sync lives, a replica that is out of sync: acknowledged records may be lost')
    .action(partitions.partitionElect)
  withCommon(partition.command('reassign <plan...>'))
    .description('give a partition other replicas: orders:0=1,2,3; the command ends at once, and copying goes on')
    .option(
      '--throttle <bytes>',
      'bytes a second that each broker may copy for it, and may be copied from it',
      wholeNumber(1)
    )
    .option('--cancel', 'break off what is under way; the plan is only orders:0 then')
    .action(partitions.partitionReassign)
  withCommon(partition.command('repair <partition>'))
    .description('what is to become of a log that its broker cannot use; `status` and the screens say which there are')
    .requiredOption('--broker <id>', 'whose log of it: 1', wholeNumber(0))
    .option('--copy', 'throw it away and copy it anew from the leader; there has to be another broker that leads it')
    .option('--cut', 'cut it at its spoilt batch: with one replica all records behind that are lost')
    .action(partitions.partitionRepair)

  const fault = program.command('fault').description('make links, disks and clocks of nodes go wrong, and heal them')
  const kinds = FAULT_KINDS.map((kind) => kind).join(', ')
  withCommon(fault.command('add <kind>').addArgument(new Argument('<node>').argParser(nodeName)))
    .description(`one of ${kinds}; it lasts until it is healed, or the cluster ends`)
    .option('--to <node>', 'the other end of a link', nodeName)
    .option('--one-way', 'only what <node> sends to the other end')
    .option('--value <n>', 'milliseconds; of lossy-link percent', wholeNumber(-Number.MAX_SAFE_INTEGER))
    .option('--for <ms>', 'heal by itself after so long', wholeNumber(1, FAULT_FOR_MS_MAX))
    .action(faults.faultAdd)
  withCommon(fault.command('list')).description('show the faults that are not healed').action(faults.faultList)
  withCommon(fault.command('heal [id]'))
    .description('take a fault back, or all of them')
    .option('--all', 'all of them')
    .action(faults.faultHeal)
  nameHelp(program, 'lagoon')
  return program
}

/** What is wrong is said with the help of the command that it is wrong for. */
function nameHelp(command: Command, words: string): void {
  command.showHelpAfterError(`(${words} --help shows what is possible)`)
  for (const child of command.commands) nameHelp(child, `${words} ${child.name()}`)
}

/** Asked for the help of a command that does not exist, commander shows that of the one above it as if all were well. */
export function refuseUnknownCommand(program: Command, words: readonly string[]): void {
  let command = program
  for (const word of words) {
    if (command.commands.length === 0) return
    if (word === 'help' || word.startsWith('-')) continue
    const named = command.commands.find((one) => one.name() === word)
    if (named === undefined) {
      const meant = nearestName(
        word,
        command.commands.map((one) => one.name())
      )
      const hint = meant === undefined ? '' : `\n(Did you mean ${meant}?)`
      return command.error(`error: unknown command '${visible(word)}'${hint}`, { exitCode: exitCodes.usage })
    }
    command = named
  }
}
