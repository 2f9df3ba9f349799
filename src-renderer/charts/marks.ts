/** The six status shapes on a 12-unit box, as SVG paths; canvas and components draw the same ones. */
import type { HealthLevel } from '@api/views'

export interface MarkShape {
  readonly fill?: string
  readonly stroke?: string
}

export const MARK_BOX = 12
export const MARK_STROKE = 1.5

export const MARK_SHAPES: Readonly<Record<HealthLevel, MarkShape>> = {
  healthy: { fill: 'M2 6a4 4 0 1 0 8 0a4 4 0 1 0-8 0z' },
  recovering: { stroke: 'M2 6a4 4 0 1 0 8 0a4 4 0 1 0-8 0z', fill: 'M6 6V2a4 4 0 0 1 4 4z' },
  degraded: { fill: 'M6 1.5 11 10.5H1z' },
  critical: { fill: 'M3 2h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1z' },
  stopped: { stroke: 'M2.5 6a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z' },
  unknown: { stroke: 'M3 6h6' }
}
