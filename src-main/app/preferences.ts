/** What the user chose for the app itself, in a file of the user's profile; what cannot be read is the default. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { ApiError } from '../api/api'
import { closingSchema } from '../api/desktop'
import { expectSystemError, ignore } from '../kernel/errors'
import type { Log } from '../kernel/ports'
import { said } from '../kernel/said'
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

/** What else the file says stays. Whole or not at all: then it throws ApiError FAILED, which says where and why. */
export function keepPreferences(path: string, preferences: Preferences, log: Log): void {
  const draft = `${path}.new`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(draft, `${JSON.stringify({ ...contentOf(path), ...preferences })}\n`)
    renameSync(draft, path)
  } catch (error) {
    expectSystemError(error)
    log('warn', 'preferences are not kept', { reason: error.message })
    dropDraft(draft)
    throw new ApiError({ code: 'FAILED', message: said`${path} could not be written: ${error.message}` })
  }
}

function dropDraft(draft: string): void {
  try {
    rmSync(draft, { force: true })
  } catch (error) {
    ignore(error, 'what cannot be written may not be removable either; the next one replaces it')
  }
}

function contentOf(path: string): Readonly<Record<string, unknown>> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return {}
  }
}
