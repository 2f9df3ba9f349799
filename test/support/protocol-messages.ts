/** Every message that is described, for tests over all of them. */
import type { Message } from '../../src-main/protocol/wire/schema'

const modules = import.meta.glob('../../src-main/protocol/api/*.ts', { eager: true })

export function allMessages(): readonly Message[] {
  return Object.values(modules)
    .flatMap((module) => Object.values(module as Record<string, unknown>))
    .filter(
      (value): value is Message =>
        typeof value === 'object' && value !== null && 'versions' in value && 'fields' in value
    )
}
