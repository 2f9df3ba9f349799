/**
 * Fetch, versions 4 to 17. Long-polls until minBytes are there or maxWaitMs have passed; an error completes it at once.
 * The first partition with data gives at least one whole batch. With a session (KIP-227) a request names only what changed and
 * an answer only what has something to say; without one partitions are served in the order asked for, which consumers rotate
 * themselves. Without transactions the last stable offset is the high watermark. Record data stays in its files until it is sent.
 */
import type { BrokerId } from '../../kernel/ids'
import type { Uuid } from '../../kernel/uuid'
import { pause } from '../../kernel/waiting'
import { fetchRequest, fetchResponse } from '../../protocol/api/01-fetch'
import { code } from '../../protocol/wire/headers'
import type { Slices } from '../../protocol/wire/codec'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { InputOf, ValueOf } from '../../protocol/wire/schema'
import type { BrokerServices } from '../broker-services'
import type { CachedPartition, WantedPartition } from '../core/fetch-session'
import { sessionNamedMax, type KeptSession } from '../fetch-sessions'
import type { ConnectionLife } from '../server/connection-life'
import { handler, type HandlerRow } from '../server/handler'
import { inSlices } from '../server/slices'
import { fetchingOf, readPartition, topicIdsFrom, topicOf, type Fetching, type Read } from './fetch-partition'
import { nodeEndpoints } from './leader-hint'

type Request = ValueOf<typeof fetchRequest>
type Response = InputOf<typeof fetchResponse>

/** Session epochs of a fetch that names all its partitions (KIP-227): that may begin a session, and that has none. */
const wholeFetch = 0
const noSession = -1
const sessionsFrom = 7
/** What a client may ask for at once, whatever it says (fetch.max.bytes of the broker, Kafka's default). */
const answerBytesMax = 55 * 1024 * 1024
/** A connection that is silent for longer is closed anyway (connections.max.idle.ms). */
const waitMsMax = 600_000
/** A long poll without a session is asked again with each append to one of its partitions: so many it may have. */
const watchedMax = 10_000
/** Partitions that are looked at before others have their turn, if it is time. */
const partitionsPerStep = 64

interface Looked {
  readonly wanted: WantedPartition
  readonly read: Read
}

interface Collected {
  readonly looked: readonly Looked[]
  readonly bytes: number
  readonly hasNotice: boolean
}

/** A fetch that is being answered. */
interface Poll {
  readonly broker: BrokerServices
  readonly request: Request
  readonly fetching: Fetching
  readonly life: ConnectionLife
  readonly arrivedMs: number
}

export function fetch(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 1,
    served: [4, 17],
    request: fetchRequest,
    response: fetchResponse,
    isBulk: true,
    *handle(request, { header, life }) {
      const arrivedMs = broker.clock.monotonicMs()
      const poll = { broker, request, fetching: fetchingOf(request, header.apiVersion, life), life, arrivedMs }
      const { sessionId, sessionEpoch } = request
      const isWhole = sessionEpoch === wholeFetch || sessionEpoch === noSession
      const { follower } = poll.fetching
      if (isWhole && sessionId !== 0) broker.fetchSessions.end(sessionId)
      const answer = yield* isWhole ? whole(poll) : goOn(poll)
      if (follower === undefined) return answer
      const answered = (told: Response): Response => {
        broker.replicas.followerAnswered(life)
        return told
      }
      return answer instanceof Promise ? answer.then(answered) : answered(answer)
    }
  })
}

function isEnough({ broker, request, fetching, life }: Poll, { bytes, hasNotice }: Collected): boolean {
  if (hasNotice || bytes >= request.minBytes || request.maxWaitMs <= 0) return true
  // Clients wait for what this follower asks next.
  return fetching.follower !== undefined && broker.replicas.proofs.isPollAwaited(life)
}

/** A follower's fetch was looked at: what it shows of whom it follows counts from now on. */
function notePolled({ broker, fetching: { follower }, life, arrivedMs }: Poll, isWhole: boolean): void {
  if (follower !== undefined) broker.replicas.followerPolled(follower, { connection: life, isWhole, arrivedMs })
}

/** In slices, since a request may name a million. */
function* wantedIn({ topics }: Request): Slices<readonly WantedPartition[]> {
  const wanted: WantedPartition[] = []
  for (const { topic, topicId, partitions } of topics)
    for (const asked of partitions) {
      wanted.push({
        topic,
        topicId,
        partition: asked.partition,
        currentLeaderEpoch: asked.currentLeaderEpoch,
        fetchOffset: asked.fetchOffset,
        lastFetchedEpoch: asked.lastFetchedEpoch,
        logStartOffset: asked.logStartOffset,
        partitionMaxBytes: asked.partitionMaxBytes
      })
      if (wanted.length % partitionsPerStep === 0) yield
    }
  return wanted
}

const namedIn = (topics: readonly { readonly partitions: readonly unknown[] }[]): number =>
  topics.reduce((sum, { partitions }) => sum + partitions.length, 0)

// ── all partitions are named ─────────────────────────────────────────────────────────────────────────────────────

function* whole(poll: Poll): Slices<Response | Promise<Response>> {
  const { broker, request } = poll
  const naming = wantedIn(request)
  let mayHaveMissed = false
  let named = naming.next()
  while (named.done !== true) {
    yield
    named = naming.next()
  }
  const wanted = named.value
  const first = lookAt(poll, wanted, false)
  let step = first.next()
  while (step.done !== true) {
    yield
    mayHaveMissed = true
    step = first.next()
  }
  notePolled(poll, true)
  if (isEnough(poll, step.value) || wanted.length === 0) return wholeAnswer(poll, step.value)
  if (wanted.length <= watchedMax) return longPoll(poll, wanted, mayHaveMissed)
  return laterPoll(broker, poll, wanted)
}

/** Of more partitions than are watched: looked at once more, when the time is over. */
async function laterPoll(broker: BrokerServices, poll: Poll, wanted: readonly WantedPartition[]): Promise<Response> {
  await pause(broker.clock, Math.min(poll.request.maxWaitMs, waitMsMax))
  if (poll.life.isOver) return { responses: [] }
  return wholeAnswer(poll, await inSlices(broker.clock, lookAt(poll, wanted, true)))
}

function longPoll(poll: Poll, wanted: readonly WantedPartition[], mayHaveMissed: boolean): Promise<Response> {
  const { broker, request, fetching, life } = poll
  const { purgatory } = broker.replicas
  const keys = wanted.flatMap((one) => {
    const topic = topicOf(broker, one, fetching.version)
    return topic === undefined ? [] : [`${topic}-${one.partition}`]
  })
  return new Promise((resolve) => {
    const waiter = {
      attempt(isExpired: boolean): boolean {
        if (life.isOver) {
          timer.cancel()
          resolve({ responses: [] })
          return true
        }
        const collected = atOnce(lookAt(poll, wanted, true))
        if (!isExpired && !isEnough(poll, collected)) return false
        timer.cancel()
        resolve(wholeAnswer(poll, collected))
        return true
      }
    }
    // Of a connection that is lost the waiter stays until then: not for the 24 days that may be asked for.
    const timer = broker.clock.after(Math.min(request.maxWaitMs, waitMsMax), () => purgatory.expired(waiter))
    purgatory.add(waiter, keys)
    // What came while others had their turn during the first look woke nobody.
    if (mayHaveMissed && waiter.attempt(false)) purgatory.remove(waiter)
  })
}

/** `isAgain`: not for the first time; what a follower has it has told. */
function* lookAt(
  { broker, request, fetching }: Poll,
  wanted: readonly WantedPartition[],
  isAgain: boolean
): Slices<Collected> {
  const room = Math.min(request.maxBytes, answerBytesMax)
  let bytes = 0
  let hasNotice = false
  const looked: Looked[] = []
  for (const one of wanted) {
    const read = readPartition(broker, fetching, one, { room: room - bytes, isFirst: bytes === 0, isAgain })
    bytes += read.bytes
    if (read.isNotice) hasNotice = true
    looked.push({ wanted: one, read })
    if (looked.length % partitionsPerStep === 0) yield
  }
  return { looked, bytes, hasNotice }
}

function wholeAnswer(poll: Poll, collected: Collected): Response {
  const { broker, request, fetching, life } = poll
  const answered = answer(poll, collected)
  // A session whose id nobody hears would only take room: followers give up polls when they have more to ask for.
  if (life.isOver) return answered
  if (request.sessionEpoch !== wholeFetch || fetching.version < sessionsFrom || collected.looked.length === 0)
    return answered
  const session = broker.fetchSessions.open({
    looked: collected.looked.map((looked) => ({ wanted: looked.wanted, told: toldOf(looked.read) })),
    isFollower: fetching.follower !== undefined,
    usesTopicIds: fetching.version >= topicIdsFrom,
    life
  })
  return session === undefined ? answered : { ...answered, sessionId: session.id }
}

// ── a session goes on ────────────────────────────────────────────────────────────────────────────────────────────

interface Due extends Looked {
  readonly cached: CachedPartition
}

function* goOn(poll: Poll): Slices<Response | Promise<Response>> {
  const { broker, request, fetching, life } = poll
  const { clock, fetchSessions } = broker
  const { sessionId, sessionEpoch } = request
  if (namedIn(request.topics) + namedIn(request.forgottenTopicsData) > sessionNamedMax)
    return refused('FETCH_SESSION_ID_NOT_FOUND')
  const kept = fetchSessions.goOn(sessionId, sessionEpoch, {
    usesTopicIds: fetching.version >= topicIdsFrom,
    wanted: atOnce(wantedIn(request)),
    forgotten: request.forgottenTopicsData.flatMap(({ topic, topicId, partitions }) =>
      partitions.map((partition) => ({ topic, topicId, partition }))
    ),
    life
  })
  if (typeof kept === 'string') return refused(kept)
  if (fetching.follower !== undefined) {
    broker.replicas.followerAsked(fetching.follower)
    for (const { topic, topicId, partitions } of request.forgottenTopicsData) {
      const name = topicOf(broker, { topic, topicId }, fetching.version)
      if (name === undefined) continue
      for (const partition of partitions) broker.replicas.partition(name, partition)?.followerLeft(fetching.follower)
    }
    kept.registeredAs(fetching.brokerEpoch)
  }
  if (kept.session.size === 0) {
    fetchSessions.end(sessionId)
    return { responses: [] }
  }
  const { epoch } = kept.session
  const due = yield* lookAtDue(poll, kept, false)
  // Somebody may have gone on with it meanwhile, or it has given way to another.
  if (kept.session.epoch !== epoch) return refused('INVALID_FETCH_SESSION_EPOCH')
  notePolled(poll, false)
  if (isEnough(poll, due)) return sessionAnswer(poll, kept, due)
  return new Promise((resolve) => {
    const tell = (told: Response): void => {
      timer.cancel()
      kept.answered()
      resolve(told)
    }
    const attempt = (): void => {
      const again = atOnce(lookAtDue(poll, kept, true))
      if (isEnough(poll, again)) tell(sessionAnswer(poll, kept, again))
    }
    const timer = clock.after(Math.min(request.maxWaitMs, waitMsMax), () =>
      tell(sessionAnswer(poll, kept, atOnce(lookAtDue(poll, kept, true))))
    )
    kept.wait((isOver) => {
      if (isOver) tell(refused('INVALID_FETCH_SESSION_EPOCH'))
      else attempt()
    })
    attempt()
  })
}

const refused = (error: KafkaError): Response => ({ errorCode: code(error), responses: [] })

/** Those that may have something to say; what has nothing rests until something happens to it. */
function* lookAtDue(
  { broker, request, fetching }: Poll,
  kept: KeptSession,
  isAgain: boolean
): Slices<Collected & { readonly looked: readonly Due[] }> {
  const { session } = kept
  const room = Math.min(request.maxBytes, answerBytesMax)
  let bytes = 0
  let hasNotice = false
  const looked: Due[] = []
  for (const [i, cached] of inTurn(broker, fetching, [...session.due()]).entries()) {
    if (i % partitionsPerStep === partitionsPerStep - 1) yield
    const { wanted } = cached
    const topic = topicOf(broker, wanted, fetching.version)
    if (topic !== undefined) kept.watch(cached, topic)
    const read = readPartition(broker, fetching, wanted, { room: room - bytes, isFirst: bytes === 0, isAgain })
    if (session.hasNews(cached, toldOf(read))) {
      bytes += read.bytes
      // Who purges a topic waits for all followers to hear of it.
      const isStartNews = fetching.follower !== undefined && session.hasLaterStart(cached, toldOf(read))
      if (read.isNotice || isStartNews) hasNotice = true
      looked.push({ cached, wanted, read })
    } else if (read.isSettled) session.rest(cached)
  }
  return { looked, bytes, hasNotice }
}

/** What a follower has in sync comes before what it catches up with: writes wait for it. */
function inTurn(broker: BrokerServices, { follower, version }: Fetching, due: readonly CachedPartition[]) {
  if (follower === undefined || due.length < 2) return due
  const isInSync = ({ wanted }: CachedPartition): boolean => {
    const topic = topicOf(broker, wanted, version)
    return topic !== undefined && broker.replicas.partition(topic, wanted.partition)?.isInSync(follower) === true
  }
  const [first, later]: [CachedPartition[], CachedPartition[]] = [[], []]
  for (const cached of due) (isInSync(cached) ? first : later).push(cached)
  return later.length === 0 ? due : [...first, ...later]
}

/** Who hears of an error, or of where histories part, looks at nothing else: it is told of all that again. */
function toldOf({ answer: { highWatermark, logStartOffset = -1 }, bytes, isNotice }: Read) {
  return {
    hasRecords: bytes > 0,
    isNotice,
    highWatermark: isNotice ? -1 : highWatermark,
    logStartOffset: isNotice ? -1 : logStartOffset
  }
}

function sessionAnswer(poll: Poll, { session }: KeptSession, due: Collected & { readonly looked: readonly Due[] }) {
  for (const { cached, read } of due.looked) session.told(cached, toldOf(read))
  return answer(poll, due, session.id)
}

// ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────

interface TopicAnswer {
  readonly topic: string
  readonly topicId: Uuid
  readonly partitions: Read['answer'][]
}

function answer({ broker, fetching }: Poll, { looked, bytes }: Collected, sessionId?: number): Response {
  // What followers read is no traffic of clients.
  if (fetching.follower === undefined) broker.replicas.traffic.bytesOut += bytes
  const leaders = new Set<BrokerId>()
  const responses: TopicAnswer[] = []
  for (const { wanted, read } of looked) {
    if (fetching.follower !== undefined && read.bytes > 0) countCopied(broker, fetching, wanted, read.bytes)
    let last = responses.at(-1)
    if (last === undefined || last.topic !== wanted.topic || last.topicId !== wanted.topicId) {
      last = { topic: wanted.topic, topicId: wanted.topicId, partitions: [] }
      responses.push(last)
    }
    last.partitions.push(read.answer)
    if (read.hinted !== undefined) leaders.add(read.hinted)
  }
  if (leaders.size === 0) return { sessionId, responses }
  return { sessionId, responses, nodeEndpoints: nodeEndpoints(broker.image, leaders) }
}

function countCopied(broker: BrokerServices, { version }: Fetching, wanted: WantedPartition, bytes: number): void {
  const topic = topicOf(broker, wanted, version)
  if (topic !== undefined) broker.quotas.leader.copied(topic, wanted.partition, bytes, broker.clock.monotonicMs())
}

function atOnce<T>(work: Slices<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}
