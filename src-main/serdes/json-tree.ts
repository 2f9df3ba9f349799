/** JSON as a tree in which numbers are the text that was typed, and members stand in their order, repeated ones too. */
import type { TypedProblem } from '../api/formats'
import { jsonProblem } from '../api/json-scan'

export type JsonNode =
  | { readonly type: 'object'; readonly members: { readonly name: string; readonly value: JsonNode }[] }
  | { readonly type: 'array'; readonly items: JsonNode[] }
  | { readonly type: 'string'; readonly text: string }
  | { readonly type: 'number'; readonly text: string }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'null' }

export function jsonTree(text: string): JsonNode | TypedProblem {
  const open: JsonNode[] = []
  const names: string[] = []
  let root: JsonNode = { type: 'null' }
  const add = (node: JsonNode): void => {
    const parent = open.at(-1)
    if (parent?.type === 'object') parent.members.push({ name: names.pop() ?? '', value: node })
    else if (parent?.type === 'array') parent.items.push(node)
    else root = node
  }
  const problem = jsonProblem(text, {
    open(kind) {
      const node: JsonNode = kind === 'object' ? { type: 'object', members: [] } : { type: 'array', items: [] }
      add(node)
      open.push(node)
    },
    close: () => void open.pop(),
    name: (from, to) => void names.push(unquoted(text.slice(from, to))),
    scalar(kind, from, to) {
      const written = text.slice(from, to)
      if (kind === 'string') add({ type: 'string', text: unquoted(written) })
      else if (kind === 'number') add({ type: 'number', text: written })
      else add(written === 'null' ? { type: 'null' } : { type: 'boolean', value: written === 'true' })
    }
  })
  return problem ?? root
}

function unquoted(text: string): string {
  return String(JSON.parse(text))
}

export function isProblem(value: object): value is TypedProblem {
  return 'code' in value && 'params' in value
}
