/**
 * Answers the four-letter words of a member from what it has at hand. Without a leader it answers only what it knows all the same,
 * as ZooKeeper does.
 */
import type { SessionId } from '../kernel/ids'
import type { Clock, Disk } from '../kernel/ports'
import {
  confWord,
  consWord,
  dirsWord,
  dumpWord,
  enviWord,
  monitorWord,
  notServing,
  serverWord,
  statWord,
  watchesByConnectionWord,
  watchesByPathWord,
  watchSummaryWord,
  type Configuration,
  type MemberFigures,
  type SessionsToDump
} from './core/admin-words'
import type { SessionClocks } from './core/session/session-clocks'
import type { SessionTable } from './core/session/session-table'
import type { WatchTable } from './core/tree/watch-table'
import type { ZnodeTree } from './core/tree/znode-tree'
import type { ClientPort, Word } from './client-port'

export interface AdminSources {
  readonly clock: Clock
  readonly disk: Disk
  readonly port: ClientPort
  readonly watches: WatchTable
  readonly clocks: SessionClocks
  readonly environment: Readonly<Record<string, string>>
  readonly version: string
  readonly state: () => { readonly tree: ZnodeTree; readonly sessions: SessionTable }
  /** Undefined while nobody leads. */
  readonly figures: () => MemberFigures | undefined
  readonly configuration: () => Omit<Configuration, 'dataBytes'>
  readonly resetFigures: () => void
}

export function answerWord(word: Word, sources: AdminSources): string {
  const { environment, version } = sources
  const figures = sources.figures()
  if (word === 'ruok') return 'imok'
  if (word === 'envi') return enviWord(version, environment)
  if (word === 'isro') return figures === undefined ? 'null' : 'rw'
  // Nothing is traced, and nothing is told to be.
  if (word === 'gtmk' || word === 'stmk') return '0\n'
  return figures === undefined ? notServing : answerServing(word, sources, figures)
}

type ServingWord = Exclude<Word, 'ruok' | 'envi' | 'isro' | 'gtmk' | 'stmk'>

function answerServing(word: ServingWord, sources: AdminSources, figures: MemberFigures): string {
  const { port, watches } = sources
  switch (word) {
    case 'srvr':
      return serverWord(figures)
    case 'stat':
      return statWord(figures, port.figures())
    case 'mntr':
      return monitorWord(figures)
    case 'cons':
      return consWord(port.figures())
    case 'conf': {
      const configuration = sources.configuration()
      return confWord({ ...configuration, dataBytes: bytesIn(sources.disk, configuration.dataDir) })
    }
    case 'dirs':
      return dirsWord(bytesIn(sources.disk, sources.configuration().dataDir))
    case 'dump':
      return dumpWord(sessionsOf(sources, figures), ephemeralsOf(sources.state().tree))
    case 'wchs':
      return watchSummaryWord(watches.summary())
    case 'wchc':
      return watchesByConnectionWord(watchesByConnection(sources))
    case 'wchp':
      return watchesByPathWord(watchesByPath(sources))
    case 'crst':
      port.resetFigures()
      return 'Connection stats reset.\n'
    case 'srst':
      sources.resetFigures()
      return 'Server stats reset.\n'
  }
}

/** Of the files of a folder that has no others in it. */
function bytesIn(disk: Disk, directory: string): number {
  let bytes = 0
  for (const { name, isDirectory } of disk.list(directory)) {
    if (isDirectory) continue
    const file = disk.open(disk.join(directory, name), 'read')
    bytes += file.sizeBytes
    file.close()
  }
  return bytes
}

function sessionsOf({ clock, clocks, state }: AdminSources, { mode }: MemberFigures): SessionsToDump {
  if (mode === 'follower') return { type: 'all', all: state().sessions.all() }
  const offsetMs = clock.nowMs() - clock.monotonicMs()
  const sets = clocks.ends().map(({ atMs, sessionIds }) => ({ atMs: atMs + offsetMs, sessionIds }))
  return { type: 'ending', sets }
}

function ephemeralsOf(tree: ZnodeTree): ReadonlyMap<SessionId, readonly string[]> {
  return new Map([...tree.ephemeralOwners()].map((sessionId) => [sessionId, tree.ephemeralsOf(sessionId)]))
}

function* watchesByConnection({ port, watches }: AdminSources): IterableIterator<[SessionId, Iterable<string>]> {
  for (const connectionId of watches.connections()) {
    const sessionId = port.sessionOf(connectionId)
    if (sessionId !== undefined) yield [sessionId, watches.pathsOf(connectionId)]
  }
}

function* watchesByPath({ port, watches }: AdminSources): IterableIterator<[string, Iterable<SessionId>]> {
  for (const path of watches.paths())
    yield [path, [...watches.connectionsAt(path)].flatMap((connectionId) => port.sessionOf(connectionId) ?? [])]
}
