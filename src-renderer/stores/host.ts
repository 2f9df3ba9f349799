/** Holds the API the app was started with; the stores' one way to it. Components never see it. */
import type { LagoonApi } from '@api/api'

let current: LagoonApi | undefined

export function provideHost(api: LagoonApi): void {
  current = api
}

export function host(): LagoonApi {
  if (current === undefined) throw new Error('The API must be provided before a store is used.')
  return current
}
