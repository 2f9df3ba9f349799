/** What the user chose for this window, kept in localStorage: theme, language, density, time zone, time range. */
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { useEventListener, usePreferredDark } from '@vueuse/core'
import { isZone, showTimesIn } from '@/format'
import { useClockStore } from './clock'
import { useEventsStore } from './events'

export const THEMES = ['system', 'dark', 'light'] as const
export const LANGUAGES = ['en', 'ko'] as const
export const DENSITIES = ['compact', 'normal', 'relaxed'] as const
export const RANGES_MS = [60_000, 300_000, 900_000, 3_600_000] as const
export type Theme = (typeof THEMES)[number]
export type Language = (typeof LANGUAGES)[number]
export type Density = (typeof DENSITIES)[number]
export type RangeMs = (typeof RANGES_MS)[number]

const STORAGE_KEY = 'lagoon.settings'
/** A range that nobody chose grows no further. */
const GROWN_RANGE_MS = 900_000

interface Stored {
  readonly theme: Theme
  readonly language: Language
  readonly density: Density
  /** An IANA name; null for the zone of this machine, wherever it goes. */
  readonly timeZone: string | null
  /** null: nobody chose one. */
  readonly rangeMs: RangeMs | null
}

const pick = <Value, Otherwise>(allowed: readonly Value[], value: unknown, otherwise: Otherwise): Value | Otherwise =>
  allowed.find((one) => one === value) ?? otherwise

/** The shortest range that holds all of so long a time: a young cluster fills its charts from the start. */
export function grownRangeMs(ageMs: number): RangeMs {
  return RANGES_MS.find((range) => range > ageMs && range <= GROWN_RANGE_MS) ?? GROWN_RANGE_MS
}

/** Anything that cannot be read is the default: a setting must never keep the window from opening. */
export function readSettings(text: string | null, systemLanguage: string): Stored {
  const stored: Partial<Record<keyof Stored, unknown>> = parseObject(text)
  return {
    theme: pick(THEMES, stored.theme, 'system'),
    language: pick(LANGUAGES, stored.language, systemLanguage.startsWith('ko') ? 'ko' : 'en'),
    density: pick(DENSITIES, stored.density, 'normal'),
    timeZone: typeof stored.timeZone === 'string' && isZone(stored.timeZone) ? stored.timeZone : null,
    rangeMs: pick(RANGES_MS, stored.rangeMs, null)
  }
}

function parseObject(text: string | null): Record<string, unknown> {
  if (text === null) return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {} // not ours, or of another version
  }
}

export const useSettingsStore = defineStore('settings', () => {
  const stored = readSettings(window.localStorage.getItem(STORAGE_KEY), navigator.language)
  const theme = ref<Theme>(stored.theme)
  const language = ref<Language>(stored.language)
  const density = ref<Density>(stored.density)
  const timeZone = ref(stored.timeZone)
  const chosenRangeMs = ref(stored.rangeMs)
  const clock = useClockStore()
  const events = useEventsStore()
  const rangeMs = computed<RangeMs>({
    get: () => chosenRangeMs.value ?? grownRangeMs(clock.nowMs - (events.events[0]?.atMs ?? clock.nowMs)),
    set: (value) => (chosenRangeMs.value = value)
  })

  const prefersDark = usePreferredDark()
  const shownTheme = computed(() => (theme.value === 'system' ? (prefersDark.value ? 'dark' : 'light') : theme.value))

  watch([theme, language, density, timeZone, chosenRangeMs], () => {
    const value: Stored = {
      theme: theme.value,
      language: language.value,
      density: density.value,
      timeZone: timeZone.value,
      rangeMs: chosenRangeMs.value
    }
    window.localStorage.setItem(STORAGE_KEY, JSON.stringify(value))
  })
  watch(
    [shownTheme, language, density],
    () => {
      const root = document.documentElement
      root.dataset.theme = shownTheme.value
      root.dataset.density = density.value
      root.lang = language.value
    },
    { immediate: true, flush: 'sync' }
  )

  watch(timeZone, (next) => showTimesIn(next), { immediate: true, flush: 'sync' })
  useEventListener(window, ['focus', 'visibilitychange'], () => showTimesIn(timeZone.value))

  return { theme, language, density, timeZone, rangeMs, shownTheme }
})
