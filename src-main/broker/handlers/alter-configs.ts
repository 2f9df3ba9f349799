/** What AlterConfigs and IncrementalAlterConfigs share: which resources can be changed here, each with its own answer. */
import { code } from '../../protocol/wire/headers'
import type { BrokerServices } from '../broker-services'
import {
  brokerConfigKind,
  topicConfigKind,
  type ConfigChange,
  type ConfigKind,
  type ConfigRefusal
} from '../core/config-changes'
import { shown } from '../core/topic-configs'
import { isInternalTopic, topicNameProblem } from '../core/topic-name'
import type { ConfigEntity } from '../core/znodes'
import { answersPerTurn, soon } from '../server/slices'
import { brokerResource, everyBroker, topicResource } from './config-entries'
import { said } from '../../kernel/said'

export interface ResourceChange {
  readonly resourceType: number
  readonly resourceName: string
  readonly changes: readonly ConfigChange[]
}

interface Options {
  readonly replacesAll: boolean
  readonly validateOnly: boolean
}

/** One after the other: what one resource is refused holds up no other. */
export function* alterResources(broker: BrokerServices, resources: readonly ResourceChange[], options: Options) {
  const timesNamed = new Map<string, number>()
  for (const [i, resource] of resources.entries()) {
    const name = nameOf(resource)
    timesNamed.set(name, (timesNamed.get(name) ?? 0) + 1)
    if (i % 1000 === 999) yield
  }
  return answerAll(broker, resources, options, (resource) => timesNamed.get(nameOf(resource)) === 1)
}

async function answerAll(
  broker: BrokerServices,
  resources: readonly ResourceChange[],
  options: Options,
  isNamedOnce: (resource: ResourceChange) => boolean
) {
  await broker.configWriter.whenReady()
  const responses = []
  for (const [i, resource] of resources.entries()) {
    const refused = isNamedOnce(resource) ? await alter(broker, resource, options) : namedTwice
    responses.push({
      errorCode: code(refused?.error ?? 'NONE'),
      errorMessage: refused?.message ?? null,
      resourceType: resource.resourceType,
      resourceName: resource.resourceName
    })
    if (i % answersPerTurn === answersPerTurn - 1) await soon(broker.clock)
  }
  return { responses }
}

const nameOf = ({ resourceType, resourceName }: ResourceChange): string => `${resourceType} ${resourceName}`
const namedTwice: ConfigRefusal = {
  error: 'INVALID_REQUEST',
  message: said`The resource is named more than once in the request.`
}

async function alter(
  broker: BrokerServices,
  resource: ResourceChange,
  options: Options
): Promise<ConfigRefusal | undefined> {
  const found = entityOf(broker, resource)
  if ('error' in found) return found
  return broker.configWriter.alter({ ...found, ...options, changes: resource.changes })
}

function entityOf(
  broker: BrokerServices,
  { resourceType, resourceName: name }: ResourceChange
): { readonly entity: ConfigEntity; readonly kind: ConfigKind } | ConfigRefusal {
  if (resourceType === topicResource) {
    const problem = topicNameProblem(name)
    if (problem !== undefined) return { error: 'INVALID_TOPIC_EXCEPTION', message: problem }
    if (broker.image.topic(name) === undefined) {
      return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: said`The topic '${shown(name)}' does not exist.` }
    }
    if (isInternalTopic(name)) {
      return {
        error: 'INVALID_REQUEST',
        message: said`Topic ${name} is internal: its configs are the brokers' to choose.`
      }
    }
    return { entity: { type: 'topic', topic: name }, kind: topicConfigKind }
  }
  if (resourceType !== brokerResource) {
    return { error: 'INVALID_REQUEST', message: said`Resource type ${resourceType} has no configs here.` }
  }
  if (name === everyBroker) return { entity: { type: 'broker', id: undefined }, kind: brokerConfigKind }
  if (name === String(broker.brokerId))
    return { entity: { type: 'broker', id: broker.brokerId }, kind: brokerConfigKind }
  return {
    error: 'INVALID_REQUEST',
    message: said`Unexpected broker id, expected ${broker.brokerId} or empty string, but received ${shown(name)}.`
  }
}
