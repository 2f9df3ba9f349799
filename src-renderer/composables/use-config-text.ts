/** Values of configs as the window says them: in their largest unit, in the present language. */
import { inLargestUnit } from '@/components/configs/config-values'
import type { ConfigRule } from '@/components/configs/config-values'
import { useText } from './use-text'

export interface ConfigText {
  /** As it stands where there is no unit in which it is whole. */
  readonly inUnit: (value: string, rule: ConfigRule) => string
  /** The same, with a word for no limit; a dash for none. */
  readonly readable: (value: string | null | undefined, rule: ConfigRule) => string
}

/** Sizes have the same units in every language. */
const TIMES = new Set(['d', 'h', 'min', 's'])

export function useConfigText(): ConfigText {
  const { t } = useText()
  const inUnit: ConfigText['inUnit'] = (value, rule) =>
    inLargestUnit(value, rule, (count, unit) =>
      TIMES.has(unit) ? t(`configs.unit.${unit}`, { count }) : `${count} ${unit}`
    )
  const readable: ConfigText['readable'] = (value, rule) => {
    if (value === null || value === undefined) return '—'
    return rule.hasNoLimit === true && value === '-1' ? t('topic.unlimited') : inUnit(value, rule)
  }
  return { inUnit, readable }
}
