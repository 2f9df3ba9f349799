import { CommanderError, type Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { offsetOrTime, startingPoint } from '../../../../../src-main/entry/cli/options'
import { buildProgram, refuseUnknownCommand } from '../../../../../src-main/entry/cli/program'

/** What commander itself says of words that it refuses. */
async function parsed(...words: string[]): Promise<{ readonly text: string; readonly exitCode: number }> {
  const program = buildProgram()
  let text = ''
  const quiet = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: (line) => (text += line) })
    command.commands.forEach(quiet)
  }
  quiet(program)
  try {
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return { text, exitCode: error.exitCode }
    throw error
  }
  return { text, exitCode: 0 }
}

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
    expect(refused?.text).toMatch(
      /^error: unknown command '(doctor|make)'\n\(lagoon( topic)? --help shows what is possible\)/
    )
  })

  it.each([
    [['topic', 'crete', 'orders'], 'create', 'lagoon topic'],
    [['node', 'kil', 'broker-1'], 'kill', 'lagoon node'],
    [['stauts'], 'status', 'lagoon']
  ])('says of %j what may have been meant', (words, meant, help) => {
    expect(refusal(...words)?.text).toContain(`(Did you mean ${meant}?)\n(${help} --help shows what is possible)`)
  })

  it.each([
    [['node', 'kill', 'broker2'], 'such as broker-1 or ensemble-1'],
    [['node', 'wipe', '1'], 'such as broker-1 or ensemble-1'],
    [['fault', 'add', 'cut-link', 'broker-1', '--to', '2'], 'such as broker-1 or ensemble-1'],
    [['consume', 'orders', '--group', ''], 'It must not be empty'],
    [['group', 'describe', ''], 'It must not be empty'],
    [['topic', 'create', 'x', '--replication-factor', '40000'], 'at most 32767']
  ])('refuses %j before anybody is asked, and names the help of that command', async (words, sentence) => {
    const { text, exitCode } = await parsed(...words)

    expect(exitCode).not.toBe(0)
    expect(text).toContain(sentence)
    expect(text).toMatch(new RegExp(`\\(lagoon ${words[0]}[a-z ]* --help shows what is possible\\)`))
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
    for (const text of ['2026-11-31T00:00:00Z', '2026-02-29', '2026-02-30 12:00'])
      expect(() => offsetOrTime(text)).toThrow(`There is no such day as ${text.slice(0, 10)}.`)
    expect(offsetOrTime('2028-02-29T00:00:00Z')).toEqual(new Date('2028-02-29T00:00:00Z'))
    expect(() => offsetOrTime('9223372036854775807')).toThrow('a whole number of at most 9007199254740991')
  })
})
