/**
 * DescribeConfigs, versions 0 to 4, of topics, of this broker, and of what was set for all brokers (no name). Shown are the
 * configs that are obeyed here, and of a topic's others those that are set.
 */
import { describeConfigsRequest, describeConfigsResponse } from '../../protocol/api/32-describe-configs'
import { code } from '../../protocol/wire/headers'
import type { KafkaError } from '../../protocol/wire/error-codes'
import type { ValueOf } from '../../protocol/wire/schema'
import type { Slices } from '../../protocol/wire/codec'
import type { BrokerServices } from '../broker-services'
import { configSource } from '../core/broker-layers'
import { configDocumentation } from '../core/config-documentation'
import { shown } from '../core/topic-configs'
import { topicNameProblem } from '../core/topic-name'
import { handler, type HandlerRow } from '../server/handler'
import { inSlices, mapInSlices } from '../server/slices'
import {
  brokerResource,
  configType,
  dynamicBrokerConfigEntries,
  everyBroker,
  everyBrokerConfigEntries,
  startConfigEntries,
  topicConfigEntries,
  topicResource,
  type ConfigEntry
} from './config-entries'
import { said } from '../../kernel/said'

type Asked = ValueOf<typeof describeConfigsRequest>['resources'][number]
interface Resource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configurationKeys: ReadonlySet<string> | null
}

export function describeConfigs(broker: BrokerServices): HandlerRow {
  return handler({
    apiKey: 32,
    served: [0, 4],
    request: describeConfigsRequest,
    response: describeConfigsResponse,
    *handle(request) {
      const resources = yield* resourcesOf(request.resources)
      const known = resources
        .filter(({ resourceType, resourceName }) => resourceType === topicResource && broker.image.topic(resourceName))
        .map(({ resourceName }) => resourceName)
      const describe = function* () {
        const results = yield* mapInSlices(resources, (resource) => {
          const { resourceType, resourceName, configurationKeys } = resource
          const found = entriesOf(broker, resource)
          if ('error' in found) {
            return {
              errorCode: code(found.error),
              errorMessage: found.message,
              resourceType,
              resourceName,
              configs: []
            }
          }
          const wanted = found.entries.filter(({ name }) => configurationKeys?.has(name) ?? true)
          return {
            errorCode: 0,
            errorMessage: null,
            resourceType,
            resourceName,
            configs: wanted.map((entry) => configAnswer(entry, request))
          }
        })
        return { results }
      }
      return broker.loadTopicConfigs(known).then(() => inSlices(broker.clock, describe()))
    }
  })
}

/** Each resource once: whoever names one often, with the same or other keys, is told all of them in one answer. */
function* resourcesOf(asked: readonly Asked[]): Slices<readonly Resource[]> {
  const byName = new Map<string, Resource & { configurationKeys: Set<string> | null }>()
  for (const { resourceType, resourceName, configurationKeys } of asked) {
    const name = `${resourceType} ${resourceName}`
    const known = byName.get(name)
    if (known === undefined) {
      const keys = isAll(configurationKeys) ? null : new Set(configurationKeys)
      byName.set(name, { resourceType, resourceName, configurationKeys: keys })
    } else if (isAll(configurationKeys)) known.configurationKeys = null
    else for (const key of configurationKeys) known.configurationKeys?.add(key)
    yield
  }
  return [...byName.values()]
}

/** No key is every key, as with Kafka. */
const isAll = (keys: readonly string[] | null): keys is null => keys === null || keys.length === 0

type Found = { readonly entries: readonly ConfigEntry[] } | { readonly error: KafkaError; readonly message: string }

function entriesOf(broker: BrokerServices, { resourceType, resourceName }: Resource): Found {
  if (resourceType === topicResource) {
    const problem = topicNameProblem(resourceName)
    if (problem !== undefined) return { error: 'INVALID_TOPIC_EXCEPTION', message: problem }
    if (broker.image.topic(resourceName) === undefined) {
      return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: said`There is no topic ${resourceName}.` }
    }
    return { entries: topicConfigEntries(broker.configs.of(resourceName), broker.configs.layers) }
  }
  if (resourceType === brokerResource) {
    if (resourceName === everyBroker) return { entries: everyBrokerConfigEntries(broker.configs.layers) }
    if (resourceName === String(broker.brokerId)) return { entries: brokerConfigEntries(broker) }
    return {
      error: 'INVALID_REQUEST',
      message: `Unexpected broker id, expected ${broker.brokerId} or empty string, but received ${shown(resourceName)}.`
    }
  }
  return { error: 'INVALID_REQUEST', message: `Resource type ${resourceType} has no configs here.` }
}

function brokerConfigEntries(broker: BrokerServices): readonly ConfigEntry[] {
  const own = (name: string, value: string, type: number): ConfigEntry => ({
    name,
    value,
    type,
    source: configSource.staticBroker,
    synonyms: [{ name, value, source: configSource.staticBroker }],
    isReadOnly: true
  })
  // Where clients reach it, as they are told; not known before the controller has said so.
  const here = broker.image.broker(broker.brokerId)
  const listener = here && `PLAINTEXT://${here.host}:${here.port}`
  return [
    ...(listener === undefined
      ? []
      : ['listeners', 'advertised.listeners'].map((name) => own(name, listener, configType.string))),
    own('broker.id', String(broker.brokerId), configType.int),
    own('log.dirs', broker.logDir, configType.string),
    own('group.initial.rebalance.delay.ms', String(broker.groups.initialRebalanceDelayMs), configType.int),
    own('replica.lag.time.max.ms', String(broker.replicaLagMaxMs), configType.long),
    own('zookeeper.session.timeout.ms', String(broker.sessionTimeoutMs), configType.int),
    ...startConfigEntries(broker.configs.layers),
    ...dynamicBrokerConfigEntries(broker.configs.layers)
  ]
}

type Wishes = Pick<ValueOf<typeof describeConfigsRequest>, 'includeSynonyms' | 'includeDocumentation'>

function configAnswer(entry: ConfigEntry, { includeSynonyms, includeDocumentation }: Wishes) {
  return {
    name: entry.name,
    value: entry.value,
    readOnly: entry.isReadOnly,
    isDefault: entry.source === configSource.default,
    configSource: entry.source,
    isSensitive: false,
    synonyms: includeSynonyms ? entry.synonyms : [],
    configType: entry.type,
    documentation: includeDocumentation ? configDocumentation(entry.name) : null
  }
}
