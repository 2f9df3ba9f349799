/** Broker configs that a folder's cluster may set for all its brokers, by Kafka's names (ADR 18 says which defaults differ). */
export type BrokerConfigs = Readonly<Record<string, string>>

interface Definition {
  readonly min: number
  readonly max: number
  /** What the broker's process is told it by. */
  readonly option: string
}

export const BROKER_CONFIGS = {
  'group.initial.rebalance.delay.ms': { min: 0, max: 2147483647, option: 'initialRebalanceDelayMs' }
} as const satisfies Record<string, Definition>

/** One sentence, or undefined when it may be set so. */
export function brokerConfigProblem(name: string, value: unknown): string | undefined {
  if (!Object.hasOwn(BROKER_CONFIGS, name)) {
    return `There is no broker config ${name} here. These can be set: ${Object.keys(BROKER_CONFIGS).join(', ')}.`
  }
  const { min, max } = BROKER_CONFIGS[name as keyof typeof BROKER_CONFIGS]
  const isWhole = typeof value === 'string' && /^\d{1,15}$/.test(value)
  if (isWhole && Number(value) >= min && Number(value) <= max) return undefined
  return `${name} must be a whole number from ${min} to ${max}.`
}

/** As the broker's process takes them. */
export function brokerOptions(configs: BrokerConfigs): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(BROKER_CONFIGS).flatMap(([name, { option }]) => {
      const value = configs[name]
      return value === undefined ? [] : [[option, Number(value)]]
    })
  )
}
