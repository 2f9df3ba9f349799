/** The window around the screens, where there is one: what closing it does, and how far its end is. */
import { z } from 'zod'
import { clusterIdPattern } from './clusters'

/** What closing the window does. */
export const closingSchema = z.enum(['ask', 'stop', 'tray'])
export type Closing = z.infer<typeof closingSchema>

export const DESKTOP_COMMANDS = {
  /** Only the app itself answers these; elsewhere they fail with NOT_RUNNING. */
  'app.set': {
    input: z.object({
      closing: closingSchema.optional(),
      notifies: z.boolean().optional(),
      language: z.enum(['en', 'ko']).optional()
    }),
    output: z.object({})
  },
  /** The answer to the question that closing asks; `remembers` is not to ask again. */
  'app.close': { input: z.object({ what: z.enum(['stop', 'tray']), remembers: z.boolean() }), output: z.object({}) },
  /** Nothing is to be closed after all. */
  'app.stay': { input: z.object({}), output: z.object({}) },
  /** Brings the window to the front, wherever it was. */
  'app.show': { input: z.object({}), output: z.object({}) },
  /** Another window, on another cluster. */
  'app.openWindow': { input: z.object({ id: z.string().regex(clusterIdPattern) }), output: z.object({}) },
  /** Shows the cluster's folder in the desktop's file manager; there is no way to name another. */
  'app.openFolder': { input: z.object({}), output: z.object({}) },
  /** The desktop's own dialog for the name of a new file; null when it was closed. It has asked whether one may be replaced. */
  'app.choosePath': {
    input: z.object({ name: z.string().min(1).max(255) }),
    output: z.object({ path: z.string().nullable() })
  }
} as const

export interface DesktopView {
  /** A browser's tab has no life of its own. */
  readonly shell: 'window' | 'browser'
  readonly closing: Closing
  /** Tells the desktop of crashes and lost leaders while the window is away. */
  readonly notifies: boolean
  readonly state: 'open' | 'asking' | 'stopping'
}

export const BROWSER: DesktopView = { shell: 'browser', closing: 'ask', notifies: false, state: 'open' }
