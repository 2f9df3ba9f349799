/** What is wrong with something that was typed, in words of the language. Pure. */
import type { TypedProblem } from '@api/formats'
import type { Text } from './use-text'

/** What should stand there is told by its code, too, since words differ by language; what a schema has wrong is a sentence of the host. */
export function typedSentence({ t, hostSentence }: Pick<Text, 't' | 'hostSentence'>, problem: TypedProblem): string {
  const { code, params } = problem
  const words = params.state === undefined ? {} : { expected: t(`typed.expected.${params.state}`) }
  const reason = typeof params.reason === 'string' ? { reason: hostSentence(params.reason) } : {}
  return t(`typed.${code}`, { ...params, ...words, ...reason })
}
