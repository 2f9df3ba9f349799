import { CommanderError, type Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { offsetOrTime, startingPoint } from '../../../../../src-main/entry/cli/options'
import { buildProgram, refuseUnknownCommand } from '../../../../../src-main/entry/cli/program'

function refusal(...words: string[]): { readonly exitCode: number; readonly text: string } | undefined {
  const program = buildProgram()
  let text = ''
  const quiet = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: (line) => (text += line) })
    command.commands.forEach(quiet)
  }
  quiet(program)
  try {
    refuseUnknownCommand(program, words)
  } catch (error) {
    if (error instanceof CommanderError) return { exitCode: error.exitCode, text }
    throw error
  }
  return undefined
}

const allCommands = (command: Command): readonly Command[] => [
  ...command.commands,
  ...command.commands.flatMap((child) => allCommands(child))
]

describe('lagoon', () => {
  it('says of every command what it does', () => {
    const silent = allCommands(buildProgram()).filter((command) => command.description() === '')

    expect(silent.map((command) => command.name())).toEqual([])
  })

  it.each([
    [['doctor', '--help']],
    [['doctor']],
    [['topic', 'make', '--help']],
    [['help', 'doctor']],
    [['--help', 'doctor']]
  ])('refuses %j with a sentence and 2', (words) => {
    const refused = refusal(...words)

    expect(refused?.exitCode).toBe(2)
    expect(refused?.text).toMatch(/^error: unknown command '(doctor|make)'\n\(lagoon --help shows what is possible\)/)
  })

  it.each([
    [['--help']],
    [['topic', '--help']],
    [['topic', 'create', 'doctor', '--help']],
    [['help', 'topic', 'list']],
    [[]]
  ])('lets %j pass', (words) => {
    expect(refusal(...words)).toBeUndefined()
  })

  it('names all that --from may be', () => {
    expect(startingPoint('earliest')).toBe('earliest')
    expect(startingPoint('7')).toBe(7)
    for (const wrong of ['abc', '-1', '1.5', '', '9007199254740992']) {
      expect(() => startingPoint(wrong)).toThrow('It must be earliest, latest or an offset')
    }
  })
  it('says how large an offset may be to whom gives a larger one', () => {
    expect(() => offsetOrTime('9223372036854775807')).toThrow('a whole number of at most 9007199254740991')
  })
})
