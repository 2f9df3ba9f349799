/** A fault as the words of the command that makes it. */
import type { AskedFault } from '@api/faults'

export function faultCommand({ kind, node, to, oneWay, value, forMs }: AskedFault): readonly string[] {
  return [
    'fault',
    'add',
    kind,
    node,
    ...(to === undefined ? [] : ['--to', to]),
    ...(oneWay === true ? ['--one-way'] : []),
    ...(value === undefined ? [] : ['--value', String(value)]),
    ...(forMs === undefined ? [] : ['--for', String(forMs)])
  ]
}
