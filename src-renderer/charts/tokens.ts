/** The design tokens that a canvas needs, read from the document: a theme change means reading them again. */
import type { HealthLevel } from '@api/views'
import type { BandKind } from './bands'

export interface ChartTokens {
  readonly fontUi: string
  readonly textAxis: number
  readonly text1: string
  readonly text2: string
  readonly text3: string
  readonly line: string
  readonly lineSoft: string
  readonly raised: string
  readonly eventLane: number
  readonly axisGutter: number
  readonly mark: number
  readonly space: number
  readonly status: Readonly<Record<HealthLevel, string>>
  readonly series: readonly string[]
  readonly dashes: readonly (readonly number[])[]
  readonly bands: Readonly<Record<BandKind, string>>
}

const SERIES = [1, 2, 3, 4, 5, 6]

export function readTokens(read: (name: string) => string): ChartTokens {
  const pixels = (name: string): number => Number.parseFloat(read(name))
  const status = (level: HealthLevel): string => read(`--status-${level}`)
  const dash = (n: number): number[] => {
    const text = read(`--dash-${n}`)
    return text === '' || text === 'none' ? [] : text.split(/\s+/).map(Number)
  }
  return {
    fontUi: read('--font-ui'),
    textAxis: pixels('--text-axis'),
    text1: read('--text-1'),
    text2: read('--text-2'),
    text3: read('--text-3'),
    line: read('--line'),
    lineSoft: read('--line-soft'),
    raised: read('--surface-raised'),
    eventLane: pixels('--event-lane'),
    axisGutter: pixels('--axis-gutter'),
    mark: pixels('--mark'),
    space: pixels('--space-1'),
    status: {
      healthy: status('healthy'),
      recovering: status('recovering'),
      degraded: status('degraded'),
      critical: status('critical'),
      stopped: status('stopped'),
      unknown: status('unknown')
    },
    series: SERIES.map((n) => read(`--series-${n}`)),
    dashes: SERIES.map(dash),
    bands: {
      critical: read('--band-critical'),
      recovering: read('--band-recovering'),
      stopped: read('--band-stopped')
    }
  }
}

export function documentTokens(): ChartTokens {
  const style = getComputedStyle(document.documentElement)
  return readTokens((name) => style.getPropertyValue(name).trim())
}
