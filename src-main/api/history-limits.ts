/** What is kept of the past of a cluster at most, whatever the number of days; the setting says so. */
export const HISTORY_LIMITS = {
  lagBytes: 512 * 1024 * 1024,
  /** The newest ones. */
  events: 2000,
  /** Rates of brokers are those of the last hour; the files may reach back further. */
  rateBytes: 8 * 1024 * 1024
} as const
