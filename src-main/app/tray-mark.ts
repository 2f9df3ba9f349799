/** The mark of a health level as pixels: shapes and colours of the screens' status marks, since a tray has no stylesheet. */
import type { HealthLevel } from '../api/views'

type Rgb = readonly [red: number, green: number, blue: number]
/** Mid-tones of theme/tokens.css that stand out on light and dark panels alike. */
const colours: Readonly<Record<HealthLevel, Rgb>> = {
  healthy: [47, 160, 110],
  recovering: [79, 145, 243],
  degraded: [217, 165, 49],
  critical: [229, 50, 60],
  stopped: [130, 138, 147],
  unknown: [130, 138, 147]
}

/** Whether a point of the unit square is inside of the shape. */
const shapes: Readonly<Record<HealthLevel, (x: number, y: number) => boolean>> = {
  healthy: (x, y) => distance(x, y) <= 0.42,
  recovering: (x, y) => distance(x, y) <= 0.44 && distance(x, y) >= 0.26,
  degraded: (x, y) => y >= 0.08 && y <= 0.88 && Math.abs(x - 0.5) <= (y - 0.08) * 0.58,
  critical: (x, y) => Math.abs(x - 0.5) <= 0.38 && Math.abs(y - 0.5) <= 0.38,
  stopped: (x, y) => distance(x, y) <= 0.44 && distance(x, y) >= 0.32,
  unknown: (x, y) => Math.abs(x - 0.5) <= 0.4 && Math.abs(y - 0.5) <= 0.1
}
const distance = (x: number, y: number): number => Math.hypot(x - 0.5, y - 0.5)

const worstFirst: readonly HealthLevel[] = ['critical', 'degraded', 'recovering', 'unknown', 'stopped', 'healthy']

/** Of no cluster: stopped. */
export function worstHealth(levels: readonly HealthLevel[]): HealthLevel {
  return worstFirst.find((level) => levels.includes(level)) ?? 'stopped'
}

/** Samples along each side of a pixel, for soft edges. */
const samples = 4

/** BGRA, premultiplied, `size` × `size` pixels, as Electron's nativeImage.createFromBitmap takes them. */
export function trayMark(level: HealthLevel, size: number): Uint8Array {
  const [red, green, blue] = colours[level]
  const pixels = new Uint8Array(size * size * 4)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const cover = coverOf(shapes[level], column, row, size)
      pixels.set([blue * cover, green * cover, red * cover, 255 * cover].map(Math.round), (row * size + column) * 4)
    }
  }
  return pixels
}

function coverOf(isInside: (x: number, y: number) => boolean, column: number, row: number, size: number): number {
  let hits = 0
  for (let i = 0; i < samples * samples; i++) {
    const x = (column + ((i % samples) + 0.5) / samples) / size
    const y = (row + (Math.floor(i / samples) + 0.5) / samples) / size
    if (isInside(x, y)) hits++
  }
  return hits / (samples * samples)
}
