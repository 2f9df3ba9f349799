/** Options that several commands take, checked when they are parsed. */
import { InvalidArgumentError, type Command } from 'commander'
import { nodeNameSchema } from '../../api/node-name'
import { meantCluster } from '../home'

export interface CommonOptions {
  readonly data?: string
  readonly json?: boolean
}

/** Throws AppError when the user's own cluster was moved, and where to cannot be read. */
export const dataFolder = (given: string | undefined): string => meantCluster(given).dir

export function withCommon(command: Command): Command {
  return command
    .option(
      '--data <dir>',
      'cluster folder (default: $LAGOON_DATA, else your own, ~/Lagoon/local-lab until it is moved)'
    )
    .option('--json', 'print JSON')
}

export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text)
    const isWhole = /^-?\d+$/.test(text)
    if (isWhole && value >= min && value <= max) return value
    if (isWhole && value > max) throw new InvalidArgumentError(`It must be a whole number of at most ${max}.`)
    throw new InvalidArgumentError(
      min < 0 ? 'It must be a whole number.' : `It must be a whole number of at least ${min}.`
    )
  }
}

export function notEmpty(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.')
  return text
}

export function nodeName(text: string): string {
  if (nodeNameSchema.safeParse(text).success) return text
  throw new InvalidArgumentError('It must be a broker or a member of the ensemble, such as broker-1 or ensemble-1.')
}

export function keyValue(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const at = text.indexOf('=')
  if (at <= 0) throw new InvalidArgumentError('It must look like retention.ms=60000.')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}

export function acksOf(text: string): 0 | 1 | -1 {
  if (text === '0') return 0
  if (text === '1') return 1
  if (text === 'all' || text === '-1') return -1
  throw new InvalidArgumentError('It must be 0, 1 or all.')
}

export function startingPoint(text: string): 'earliest' | 'latest' | number {
  if (text === 'earliest' || text === 'latest') return text
  const offset = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(offset)) return offset
  throw new InvalidArgumentError(
    `It must be earliest, latest or an offset (a whole number from 0 to ${Number.MAX_SAFE_INTEGER}).`
  )
}

export function commitMode(text: string): 'auto' | 'each' | 'never' {
  if (text === 'auto' || text === 'each' || text === 'never') return text
  throw new InvalidArgumentError('It must be auto, each or never.')
}

export function eachOf(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text]
}

const timeShape = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/

/** An offset in digits, or a time: ISO 8601, in this machine's zone when it names none. */
export function offsetOrTime(text: string): number | Date {
  if (/^\d+$/.test(text)) return wholeNumber(0)(text)
  // A date alone would be read as UTC.
  const time = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text.replace(' ', 'T'))
  if (!timeShape.test(text) || !(time.getTime() >= 0))
    throw new InvalidArgumentError('It must be an offset, or a time such as 2026-01-31T12:00:00Z.')
  if (!isInCalendar(text)) throw new InvalidArgumentError(`There is no such day as ${text.slice(0, 10)}.`)
  return time
}

/** Date takes 31 November for the day after the 30th: what is deleted, or read, from there on would be another's. */
function isInCalendar(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number)
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day
}

export function resetTarget(text: string): 'earliest' | 'latest' | number | Date {
  return text === 'earliest' || text === 'latest' ? text : offsetOrTime(text)
}

export function exportFormat(text: string): 'jsonl' | 'csv' {
  if (text === 'jsonl' || text === 'csv') return text
  throw new InvalidArgumentError('It must be jsonl or csv.')
}

interface TopicScope {
  readonly topic: string
  readonly partitions?: number[]
}

/** `orders` or `orders:0,3`; given several times. Topic names have no colon. */
export function topicScope(text: string, before: TopicScope[] | undefined): TopicScope[] {
  const [topic = '', list, ...rest] = text.split(':')
  const partitions = list?.split(',').map((one) => (/^\d{1,10}$/.test(one) ? Number(one) : -1))
  const isWrong = topic === '' || rest.length > 0 || partitions?.some((one) => one < 0 || one > 2147483647)
  if (isWrong === true) throw new InvalidArgumentError('It must look like orders or orders:0,3.')
  return [...(before ?? []), { topic, ...(partitions === undefined ? {} : { partitions }) }]
}
