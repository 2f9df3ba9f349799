/** Retention as people choose it, and back from retention.ms. */

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** `default` sends no config, so that the broker's own default holds. */
export const RETENTIONS = {
  default: undefined,
  '10m': 600_000,
  '1h': HOUR_MS,
  '6h': 6 * HOUR_MS,
  '1d': DAY_MS,
  '7d': 7 * DAY_MS,
  '30d': 30 * DAY_MS,
  forever: -1
} as const satisfies Record<string, number | undefined>

export type Retention = keyof typeof RETENTIONS
export const RETENTION_CHOICES = Object.keys(RETENTIONS) as Retention[]

export function retentionConfigs(choice: Retention): Record<string, string> {
  const ms = RETENTIONS[choice]
  return ms === undefined ? {} : { 'retention.ms': String(ms) }
}
