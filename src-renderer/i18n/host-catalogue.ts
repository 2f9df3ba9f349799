/** All that the host says, in another language: what is marked in its source, and what has codes that screens know. Pure. */
import { PROBLEM_SENTENCES } from '../../src-main/api/formats'
import { EXPECTED } from '../../src-main/api/json-scan'
import { NODE_STATES, type NodeState } from '../../src-main/api/views'
import en from './en.json'
import type { Catalogue } from './said'

type Locale = Pick<typeof en, 'kafkaError' | 'nodeState' | 'typed'>

/** `said` are the sentences that are marked; they go before those of codes. */
export function hostCatalogue(own: Locale, said: Catalogue): Catalogue {
  const states = Object.fromEntries(NODE_STATES.map((state) => [state, state])) as Record<NodeState, string>
  return {
    ...byWords(en.kafkaError, own.kafkaError),
    ...byWords(PROBLEM_SENTENCES, withWordsOfTheHost(own.typed)),
    ...byWords(EXPECTED, own.typed.expected),
    ...byWords(states, own.nodeState),
    ...said
  }
}

/** The host's words for each code → those of the screens. */
function byWords<Code extends string>(
  english: Readonly<Record<Code, string>>,
  own: Readonly<Record<NoInfer<Code>, string>>
): Catalogue {
  return Object.fromEntries(Object.entries<string>(english).map(([code, words]) => [words, own[code as Code]]))
}

/** Where a screen puts words of its own into a sentence, the host has put its own. */
function withWordsOfTheHost(typed: Locale['typed']): Locale['typed'] {
  return {
    ...typed,
    jsonFound: typed.jsonFound.replace('{expected}', '{expected:said}'),
    schemaJson: typed.schemaJson.replace('{reason}', '{reason:said}')
  }
}
