/** What the user chose for the app itself, in a file of the user's profile; what cannot be read is the default. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { closingSchema } from '../api/desktop'
import { messageOf } from '../kernel/errors'
import type { Log } from '../kernel/ports'
import type { Preferences } from './desktop'

function schemaFor(language: Preferences['language']): z.ZodType<Preferences> {
  return z.object({
    closing: closingSchema.catch('ask'),
    notifies: z.boolean().catch(true),
    language: z.enum(['en', 'ko']).catch(language)
  })
}

/** `locale` is the system's. */
export function readPreferences(path: string, locale: string): Preferences {
  const schema = schemaFor(locale.startsWith('ko') ? 'ko' : 'en')
  return schema.parse(contentOf(path))
}

/** One that cannot be kept holds until the app ends. */
export function keepPreferences(path: string, preferences: Preferences, log: Log): void {
  keep(path, preferences, log)
}

/** What else the file says stays. Whole or not at all. */
function keep(path: string, some: object, log: Log): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.new`, `${JSON.stringify({ ...contentOf(path), ...some })}\n`)
    renameSync(`${path}.new`, path)
  } catch (error) {
    log('warn', 'preferences are not kept', { reason: messageOf(error) })
  }
}

function contentOf(path: string): Readonly<Record<string, unknown>> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return {}
  }
}
