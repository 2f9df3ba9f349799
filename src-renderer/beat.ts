/**
 * The second of this window: one timer for the clock and for what the host told since the last beat, so that a second is
 * one change of the page and one frame. It runs while somebody listens.
 */
const SECOND_MS = 1_000

type Listener = (nowMs: number) => void
const listeners = new Set<Listener>()
let timer: number | undefined

function wait(): void {
  timer = window.setTimeout(beat, SECOND_MS - (Date.now() % SECOND_MS))
}

function beat(): void {
  wait()
  const nowMs = Date.now()
  for (const listener of [...listeners]) listener(nowMs)
}

/** At each full second of the clock, in the order in which they came, until the returned function is called. */
export function onBeat(listener: Listener): () => void {
  listeners.add(listener)
  if (timer === undefined) wait()
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    window.clearTimeout(timer)
    timer = undefined
  }
}
