/**
 * One watched view, shared by all who look at it: the watch is open while at least one holder is there, and the last
 * view stays when the last one goes, so that coming back to a screen shows it at once.
 */
import { getCurrentScope, onScopeDispose, shallowRef } from 'vue'
import type { ShallowRef } from 'vue'
import type { WatchKey, WatchValue } from '@api/watch'
import { host } from './host'
import { useNoticesStore } from './notices'

export interface Watched<Key extends WatchKey> {
  /** undefined until the first push. */
  readonly view: Readonly<ShallowRef<WatchValue<Key> | undefined>>
  /** Whether a push, or a refusal, has come since the watch was opened: before that the view is the last one, or none. */
  readonly isHeard: Readonly<ShallowRef<boolean>>
  /** Holds the watch open until the returned function or the end of the current scope. */
  readonly hold: () => () => void
}

export function createWatched<Key extends WatchKey>(key: Key): Watched<Key> {
  const notices = useNoticesStore()
  const view = shallowRef<WatchValue<Key>>()
  const isHeard = shallowRef(false)
  let holders = 0
  let close: (() => void) | undefined

  const hold = (): (() => void) => {
    holders += 1
    close ??= host().watch(
      key,
      (value) => {
        view.value = value
        isHeard.value = true
      },
      (error) => {
        isHeard.value = true
        notices.failed('watch', key, error)
      }
    )
    let isHeld = true
    const release = (): void => {
      if (!isHeld) return
      isHeld = false
      holders -= 1
      if (holders > 0) return
      close?.()
      close = undefined
      isHeard.value = false
    }
    if (getCurrentScope() !== undefined) onScopeDispose(release)
    return release
  }

  return { view, isHeard, hold }
}
