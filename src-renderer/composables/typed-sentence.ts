/** What is wrong with something that was typed, in words of the language. Pure. */
import type { TypedProblem } from '@api/formats'
import type { Text } from './use-text'

/** What should stand there is told by its code, too, since words differ by language. */
export function typedSentence(t: Text['t'], { code, params }: TypedProblem): string {
  const words = params.state === undefined ? {} : { expected: t(`typed.expected.${params.state}`) }
  return t(`typed.${code}`, { ...params, ...words })
}
