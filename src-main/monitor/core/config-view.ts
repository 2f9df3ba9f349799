/** A config as a screen shows it: what was set here, what holds, and what would hold otherwise. */
import type { ConfigView } from '../../api/views'
import type { ConfigFacts, ConfigResource, ConfigSource } from '../../kernel/cluster-ports'

/** The source that a resource's own values have. */
function ownSource(resource: ConfigResource): ConfigSource {
  if (resource.type === 'topic') return 'topic'
  return resource.broker === null ? 'everyBroker' : 'broker'
}

/** The stronger one first; what is set on a resource holds over all that come after its own. */
const strength: readonly ConfigSource[] = ['topic', 'broker', 'everyBroker', 'start', 'default']

export function configView(facts: ConfigFacts, resource: ConfigResource): ConfigView {
  const { name, type, isReadOnly, isSensitive } = facts
  const own = ownSource(resource)
  const set = facts.synonyms.find(({ source }) => source === own)
  const otherwise = facts.synonyms.find(({ source }) => strength.indexOf(source) > strength.indexOf(own))
  // Of all brokers: one of them may have a value of its own, which says nothing about the others.
  const stronger = facts.source !== 'unknown' && strength.indexOf(facts.source) < strength.indexOf(own)
  const holds = stronger ? (set ?? otherwise) : facts
  return {
    name,
    type,
    isReadOnly,
    isSensitive,
    isSet: set !== undefined,
    value: holds?.value ?? null,
    source: holds?.source ?? 'unknown',
    otherwise: otherwise === undefined ? null : { value: otherwise.value, source: otherwise.source }
  }
}
