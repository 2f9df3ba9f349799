/** Round ticks of a value axis that starts at 0: at most five steps of 1, 2 or 5 times a power of ten. */

const STEPS_MAX = 5

export interface ValueAxis {
  readonly max: number
  readonly step: number
}

/** `isInteger` keeps the step at 1 or more, for counts. */
export function valueAxis(highest: number, isInteger: boolean): ValueAxis {
  const least = isInteger ? 1 : Number.MIN_VALUE
  const wanted = Math.max(highest, isInteger ? STEPS_MAX : 0)
  if (wanted <= 0) return { max: 1, step: 0.5 }
  const rough = wanted / STEPS_MAX
  const power = 10 ** Math.floor(Math.log10(rough))
  const factor = [1, 2, 5, 10].find((one) => one * power >= rough) ?? 10
  const step = Math.max(least, factor * power)
  return { max: Math.ceil(wanted / step) * step, step }
}
