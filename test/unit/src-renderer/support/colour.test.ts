import { describe, expect, it } from 'vitest'
import { contrast, deltaE2000, parseColour, simulate } from './colour'

describe('the colour arithmetic of the contrast test', () => {
  it('gives WCAG 21 : 1 for black on white and 4.54 : 1 for #767676', () => {
    expect(contrast(parseColour('#000000'), parseColour('#FFFFFF'))).toBeCloseTo(21, 5)
    expect(contrast(parseColour('#767676'), parseColour('#FFFFFF'))).toBeCloseTo(4.54, 2)
  })

  it('gives no difference for equal colours and 100 for black and white', () => {
    expect(deltaE2000(parseColour('#3756CE'), parseColour('#3756CE'))).toBe(0)
    expect(deltaE2000(parseColour('#000000'), parseColour('#FFFFFF'))).toBeCloseTo(100, 1)
  })

  it('leaves greys alone and brings red and green together for deuteranopic sight', () => {
    const [r, g, b] = simulate(parseColour('#808080'), 'deuteranopic')
    expect(Math.max(r, g, b) - Math.min(r, g, b)).toBeLessThan(0.01)

    const red = parseColour('#C04040')
    const green = parseColour('#607820')
    const seen = deltaE2000(simulate(red, 'deuteranopic'), simulate(green, 'deuteranopic'))
    expect(seen).toBeLessThan(deltaE2000(red, green) / 2)
  })
})
