import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import type { ClusterEvent, NodeState, ReasonView } from '@api/views'
import { ApiError } from '@api/api'
import { useText } from '@/composables/use-text'
import type { Text } from '@/composables/use-text'
import { createTexts } from '@/i18n'
import { clusterView, eventView, nodeView, NOW_MS } from '../support/views'

function text(language: 'en' | 'ko' = 'en'): Text {
  let found: Text | undefined
  const component = defineComponent({
    setup() {
      found = useText()
      return () => h('i')
    }
  })
  mount(component, { global: { plugins: [createPinia(), createTexts(language)] } })
  if (found === undefined) throw new Error('not mounted')
  return found
}
const event = (rest: Partial<ClusterEvent>): string => text().eventSentence(eventView(1, NOW_MS, rest))
const reason = (rest: Partial<ReasonView>): ReasonView => ({
  code: 'brokerDown',
  level: 'degraded',
  sinceMs: NOW_MS,
  node: 'broker-2',
  count: null,
  sample: [],
  ...rest
})

describe('the sentence of an event', () => {
  it('say how a workload ended, whatever it is called', () => {
    const of = (rest: Partial<ClusterEvent>): string =>
      event({ subject: 'broker-1', ...rest }).replaceAll(/[\u2066-\u2069]/g, '')
    expect(of({ code: 'workloadKilled', params: {} })).toBe('broker-1 killed (SIGKILL)')
    expect(of({ code: 'workloadEnded', params: { exit: 'SIGSEGV' } })).toBe('broker-1 ended by itself: SIGSEGV')
    expect(of({ code: 'workloadEnded', params: { exit: 'exit code 1', problem: 'No room.' } })).toBe(
      'broker-1 ended by itself: No room.'
    )
    expect(of({ code: 'workloadZombied', params: { sessionSeconds: 6 } })).toContain('its group waits for them for 6 s')
    expect(of({ code: 'workloadZombied', params: {} })).toBe('broker-1 sends no more heartbeats')
  })

  it('names nodes as people do', () => {
    expect(event({ code: 'nodeKilled' })).toBe('Broker 2 killed (SIGKILL)')
    expect(event({ code: 'brokerSessionExpired' })).toBe('Session of broker 2 expired')
    const elected = { sample: 'orders-0', leaderEpoch: 5, cause: 'died', leader: 'broker-3', broker: 'broker-2' }
    expect(event({ code: 'partitionsElected', params: { ...elected, count: 1 } })).toBe(
      'Broker 3 leads orders-0 from epoch 5: the session of the leader expired'
    )
    expect(event({ code: 'partitionsElected', params: { ...elected, count: 40, cause: 'of later' } })).toMatch(
      /^40 partitions have another leader or epoch, up to 5: orders-0; .?of later.?$/
    )
    expect(text('ko').eventSentence(eventView(1, NOW_MS, { code: 'brokerSessionExpired' }))).toBe('브로커 2 세션 만료')
  })

  it('takes no partition for a node that is called so', () => {
    const elected = { sample: 'broker-1', leaderEpoch: 5, cause: 'died', leader: 'broker-3', broker: 'broker-2' }
    expect(event({ code: 'partitionsElected', params: { ...elected, count: 1 } })).toContain(
      'Broker 3 leads broker-1 from epoch 5'
    )
    expect(event({ code: 'isrShrunk', params: { count: 1, sample: 'ensemble-2' } })).toContain('in sync: ensemble-2')
    expect(event({ code: 'logTruncated', params: { count: 2, partition: 'broker-1', to: 9 } })).toContain(
      'Broker 2 cut 2 records of broker-1 that'
    )
  })

  it('says how a process ended, and when it will be started again', () => {
    expect(event({ code: 'nodeCrashed', params: { exit: 'SIGKILL' } })).toBe('Broker 2 ended by itself: SIGKILL')
    expect(event({ code: 'nodeCrashed', params: { exit: 'exit code 1', restartInSeconds: 4 } })).toBe(
      'Broker 2 ended by itself: exit code 1; restarts in 4 s'
    )
    expect(event({ code: 'nodeCrashed' })).toBe('Broker 2 ended by itself: reason unknown')
  })

  it('has the plural that its count asks for', () => {
    expect(event({ code: 'partitionsOffline', subject: null, params: { count: 1 } })).toBe('1 partition offline')
    expect(event({ code: 'partitionsOffline', subject: null, params: { count: 1200 } })).toBe(
      '1\u2009200 partitions offline'
    )
  })

  it('counts the partitions of a new topic', () => {
    const created = (partitions: number): string =>
      event({ code: 'topicCreated', subject: 'orders', params: { partitions } })

    expect([created(1), created(6)]).toEqual([
      'Topic orders created; 1 partition',
      'Topic orders created; 6 partitions'
    ])
    expect(
      text('ko').eventSentence(
        eventView(1, NOW_MS, { code: 'topicCreated', subject: 'orders', params: { partitions: 1 } })
      )
    ).toBe('토픽 orders 생성됨, 파티션 1개')
  })

  it('is a shorter one where a param is missing, never one with a hole', () => {
    expect(event({ code: 'controllerElected', params: { epoch: 8 } })).toBe('Broker 2 is controller; epoch 8')
    expect(event({ code: 'controllerElected' })).toBe('Broker 2 is controller')
    expect(event({ code: 'groupStateChanged', subject: 'g' })).toBe('g changed its state')
  })
})

describe('names of others in a sentence', () => {
  it('are seen as they are, controls and directions included', () => {
    const sentence = (subject: string): string => event({ code: 'groupCaughtUp', subject })

    expect(sentence('two\nlines\t.')).toBe('two‹LF›lines‹TAB›. caught up')
    expect(sentence('pay\u202Exs')).toBe('pay‹U+202E›xs caught up')
    expect(sentence('תשלומים')).toBe('\u2068תשלומים\u2069 caught up')
    expect(sentence('')).toBe('(empty) caught up')
    expect(event({ code: 'nodeFailed', params: { problem: 'no\u202Esuch' } })).toContain('no‹U+202E›such')
  })
})

describe('a time', () => {
  it('has its date when it is not of today', () => {
    const { moment } = text()

    expect(moment(Date.now())).toMatch(/^\d\d:\d\d:\d\d$/)
    expect(moment(NOW_MS - 400 * 86_400_000)).toMatch(/^\d\d-\d\d \d\d:\d\d:\d\d$/)
    expect(moment(NOW_MS - 400 * 86_400_000, true)).toMatch(/^\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/)
  })
})

describe('the sentences of a reason', () => {
  it('name the partitions, how many more, and the broker that holds them', () => {
    const offline = reason({ code: 'partitionsOffline', count: 5, sample: ['orders-1', 'orders-3'] })

    expect(text().reasonWhat(offline)).toBe('5 partitions have no leader')
    expect(text().reasonWhy(offline)).toBe(': orders-1, orders-3 and 3 more; the only replica is on broker 2')
    expect(text().reasonWhy({ ...offline, node: null })).toBe(': orders-1, orders-3 and 3 more')
  })

  it('say of a dead broker until when the cluster does not know', () => {
    expect(text().reasonWhy(reason({ count: 4 }))).toContain('the cluster notices when its session ends, in up to 4 s')
    expect(text('ko').reasonWhy(reason({ count: 4 }))).toContain('최대 4초')
    expect(text().reasonWhy(reason({}))).not.toContain('session')
  })

  it('name the kinds of the faults that are active, each once and in words', () => {
    const faults = reason({ code: 'faultsActive', count: 5, sample: ['cut-link', 'slow-disk'] })

    expect(text().reasonWhat(faults)).toBe('5 faults are active')
    expect(text().reasonWhy(faults)).toBe(': made on purpose, Cut link, Slow disk')
    expect(text('ko').reasonWhy(faults)).toContain('링크 끊기')
  })

  it('are one for all brokers that are down, not that of the first', () => {
    const down = ['broker-1', 'broker-2'].map((node) => reason({ node }))
    const view = clusterView({ reasons: [...down] })

    expect(text().reasonsWhat(view)).toBe('2 of 2 brokers are down')
    expect(text().reasonsWhat({ ...view, reasons: down.slice(1) })).toBe('Broker 2 is down')
    expect(text('ko').reasonsWhat(view)).toBe('브로커 2개 중 2개 중단')
  })

  it('say that no broker is left before what follows from it', () => {
    const offline = reason({ code: 'partitionsOffline', node: null, count: 8, sample: ['orders-1'] })
    const view = (states: readonly NodeState[], codes: readonly ReasonView['code'][]) =>
      clusterView({
        nodes: [...states.map((state, i) => nodeView(`broker-${i + 1}`, state)), nodeView('ensemble-1')],
        reasons: [offline, ...codes.map((code, i) => reason({ code, node: `broker-${i + 1}` }))]
      })

    expect(text().reasonsWhat(view(['killed', 'crashed'], ['brokerDown', 'brokerDown']))).toBe(
      '2 of 2 brokers are down'
    )
    expect(text().reasonsWhat(view(['stopped', 'stopped'], ['brokerStopped', 'brokerStopped']))).toBe(
      '2 of 2 brokers are stopped'
    )
    expect(text().reasonsWhat(view(['killed', 'stopped'], ['brokerDown', 'brokerStopped']))).toBe(
      'No broker can be reached'
    )
    expect(text().reasonsWhat(view(['killed'], ['brokerDown']))).toBe('Broker 1 is down')
    expect(text().reasonsWhat(view(['killed', 'running'], ['brokerDown']))).toBe('8 partitions have no leader')
  })

  it('tell a member that starts from one that is down', () => {
    expect(text().reasonWhat(reason({ code: 'ensembleDown', node: 'ensemble-1' }))).toBe('Ensemble 1 is down')
    expect(text().reasonWhat(reason({ code: 'ensembleDown', node: 'ensemble-1', level: 'recovering' }))).toBe(
      'Ensemble 1 is starting'
    )
  })
})

describe('other words', () => {
  it('say of a length that was set no rest that is none', () => {
    expect([45_000, 600_000, 630_000, 7_200_000].map(text().setDuration)).toEqual(['45 s', '10 m', '10 m 30 s', '2 h'])
    expect(text('ko').setDuration(600_000)).toBe('10분')
    expect(text().duration(600_000)).toBe('10 m 00 s')
  })

  it('count down to the restart of a crashed node', () => {
    const node = nodeView('broker-1', 'crashed', { restartAtMs: NOW_MS + 2_400 })

    expect(text().stateWord(node, NOW_MS)).toBe('Restarts in 3 s')
    expect(text().stateWord(node, NOW_MS + 9_000)).toBe('Restarts in 0 s')
  })

  it('leave Kafka’s error names as they are', () => {
    const error = new ApiError({ code: 'KAFKA', message: 'Too many.', kafkaError: 'INVALID_PARTITIONS' })

    expect(text().errorSentence(error)).toBe('INVALID_PARTITIONS: Too many.')
    expect(text('ko').errorSentence(error)).toBe(
      'INVALID_PARTITIONS: 파티션 수가 허용 범위를 벗어났습니다. (Too many.)'
    )
    expect(text('ko').errorSentence(new ApiError({ code: 'DISCONNECTED', message: 'x' }))).toContain('알 수 없습니다')
  })
})

describe('the sentence of an error', () => {
  const failure = (kafkaError: string, message: string): ApiError =>
    new ApiError({ code: 'KAFKA', message, kafkaError })

  it('is never the name of an error alone, in no language', () => {
    expect(text().errorSentence(failure('NOT_CONTROLLER', ''))).toBe(
      'NOT_CONTROLLER: The broker that was asked is not the controller.'
    )
    expect(text('ko').errorSentence(failure('NOT_CONTROLLER', ''))).toContain('컨트롤러가 아닙니다.')
    const generic = 'The broker that was asked is not the controller.'
    expect(text('ko').errorSentence(failure('NOT_CONTROLLER', generic))).toContain('컨트롤러가 아닙니다.')
  })

  it('is Kafka’s own where a broker says no more, ours where we know what it says, and stands before what we do not', () => {
    const of = (message: string): string => text('ko').errorSentence(failure('TOPIC_ALREADY_EXISTS', message))

    expect(of("Topic 'orders' already exists.")).toBe("TOPIC_ALREADY_EXISTS: 'orders' 토픽이 이미 있습니다.")
    expect(of('orders: denied by the policy of this company')).toBe(
      'TOPIC_ALREADY_EXISTS: 같은 이름의 토픽이 이미 있습니다. (orders: denied by the policy of this company)'
    )
    expect(text().errorSentence(failure('TOPIC_ALREADY_EXISTS', 'No.'))).toBe('TOPIC_ALREADY_EXISTS: No.')
  })

  it('asks for no word of ZooKeeper’s errors, which have none', () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    try {
      const gone = failure('NONODE', 'There is no znode /brokers/ids/2, or none above it.')

      expect(text('ko').errorSentence(gone)).toBe('NONODE: /brokers/ids/2 znode 또는 그 상위 znode가 없습니다.')
      expect(text().errorSentence(failure('NONODE', 'Gone.'))).toBe('NONODE: Gone.')
      expect(warned).not.toHaveBeenCalled()
    } finally {
      warned.mockRestore()
    }
  })

  it('is said in Korean in what has happened, too, whenever that was', () => {
    const problem = 'Port 9092 on 127.0.0.1 is taken by python3 (process 4711). Stop that, or use another data folder.'
    const failed = eventView(1, NOW_MS, { code: 'nodeFailed', subject: 'broker-1', params: { problem } })

    expect(text('ko').eventSentence(failed)).toContain(
      '127.0.0.1의 9092 포트는 다른 프로그램이 사용 중입니다: python3(프로세스 4711). 그 프로그램을 중지하거나 다른 데이터 폴더를 사용하세요.'
    )
    expect(text().eventSentence(failed)).toContain(problem)
  })

  it('is said in Korean where the host said it in English, names as they are', () => {
    const { errorSentence, hostSentence, kafkaSentence } = text('ko')
    const english = 'There is no topic \u202eorders.'

    expect(errorSentence(new ApiError({ code: 'NOT_FOUND', message: english }))).toBe('‹U+202E›orders 토픽이 없습니다.')
    expect(errorSentence(failure('UNKNOWN_TOPIC_OR_PARTITION', english))).toBe(
      'UNKNOWN_TOPIC_OR_PARTITION: ‹U+202E›orders 토픽이 없습니다.'
    )
    expect(kafkaSentence('LEADER_NOT_AVAILABLE', 'There is no leader at the moment.')).toBe(
      'LEADER_NOT_AVAILABLE: 지금 리더가 없습니다.'
    )
    expect(hostSentence('NOT_CONTROLLER: Ask broker 2.')).toBe(
      'NOT_CONTROLLER: 요청을 받은 브로커가 컨트롤러가 아닙니다. (Ask broker 2.)'
    )
    // Files have these words here, and topics have them there.
    expect(kafkaSentence('UNKNOWN_TOPIC_OR_PARTITION', 'Topic orders does not exist.')).toBe(
      'UNKNOWN_TOPIC_OR_PARTITION: 해당 토픽이나 파티션이 없습니다. (Topic orders does not exist.)'
    )
    expect(kafkaSentence('ERROR_999', 'The broker answered an error that is not known here (ERROR_999).')).toMatch(
      /^ERROR_999: [^a-z]*\(ERROR_999\)\.$/
    )
    expect(hostSentence('/a/orders does not exist.')).toContain('/a/orders 파일')
    expect(hostSentence('ENOSPC: no space left on device')).toBe('ENOSPC: no space left on device')
    expect(text().hostSentence('There is no topic orders.')).toBe('There is no topic orders.')
  })
})

describe('a list of names', () => {
  it('has them as they are: what others named like a node is none', () => {
    expect(text().list(['broker-1', 'ensemble-2'], 3)).toBe('broker-1, ensemble-2 and 1 more')
    expect(text('ko').list(['broker-1'], 1)).toBe('broker-1')
    const refused = reason({ code: 'partitionsUnderMinIsr', node: null, count: 1, sample: ['broker-2'] })
    expect(text().reasonWhy(refused)).toContain('acks=all is refused at broker-2')
  })

  it('isolates each of them once', () => {
    expect(text().list(['הזמנות-0', ''], 2)).toBe('\u2068הזמנות-0\u2069, (empty)')
  })
})
