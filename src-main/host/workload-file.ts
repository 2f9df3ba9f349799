/**
 * The rows and scenes of a lab, kept in its folder: rows so that they can be started again after a restart, scenes because
 * they are the user's. A file that cannot be read is put aside, never written over.
 */
import { z } from 'zod'
import { consumerSettingsSchema, producerSettingsSchema, sceneSchema, type Scene } from '../api/workloads'
import { expectAppError } from '../kernel/errors'
import type { Disk, Log } from '../kernel/ports'
import type { RowSpec } from './workload-row'

const fileName = 'workloads.json'
const fileBytesMax = 4 * 1024 * 1024

const row = { name: z.string(), scene: z.string().nullable() }
const fileSchema = z.object({
  version: z.literal(1),
  rows: z.array(
    z.discriminatedUnion('kind', [
      z.object({ ...row, kind: z.literal('producer'), settings: producerSettingsSchema }),
      z.object({ ...row, kind: z.literal('consumer'), settings: consumerSettingsSchema })
    ])
  ),
  scenes: z.array(sceneSchema)
})

export interface KeptWorkloads {
  readonly rows: readonly RowSpec[]
  readonly scenes: readonly Scene[]
}

export class WorkloadFile {
  readonly #disk: Disk
  readonly #log: Log
  readonly #path: string
  #written: Promise<void> = Promise.resolve()

  constructor(ports: { readonly disk: Disk; readonly log: Log }, dir: string) {
    this.#disk = ports.disk
    this.#log = ports.log
    this.#path = ports.disk.join(dir, fileName)
  }

  read(): KeptWorkloads {
    if (!this.#disk.exists(this.#path)) return { rows: [], scenes: [] }
    try {
      if ((this.#disk.sizeOf(this.#path) ?? 0) <= fileBytesMax) {
        const parsed = fileSchema.safeParse(JSON.parse(new TextDecoder().decode(this.#disk.read(this.#path))))
        if (parsed.success) return parsed.data
      }
    } catch (error) {
      if (!(error instanceof SyntaxError)) expectAppError(error)
    }
    this.#log('warn', 'the workloads of this lab cannot be read and are put aside', { path: this.#path })
    try {
      this.#disk.rename(this.#path, `${this.#path}.unreadable`)
    } catch (error) {
      expectAppError(error)
      this.#log('warn', 'they could not be put aside', { reason: error.message })
    }
    return { rows: [], scenes: [] }
  }

  /** One write after the other; resolves when this state, or a later one, is in the file. Rejects with AppError. */
  async write(kept: KeptWorkloads): Promise<void> {
    const bytes = new TextEncoder().encode(`${JSON.stringify({ version: 1, ...kept }, null, 2)}\n`)
    const mine = this.#written.then(() => this.#disk.replace(this.#path, bytes))
    this.#written = mine.catch((error: unknown) => {
      expectAppError(error)
      this.#log('error', 'the workloads of this lab could not be kept', { reason: error.message })
    })
    await mine
  }

  /** What is being written is. */
  async close(): Promise<void> {
    await this.#written
  }
}
