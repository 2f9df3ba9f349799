/** A simulation with one error planted in what it simulates: the source is patched while it is bundled, and nowhere else. */
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '../..')

export interface PlantedError {
  readonly name: string
  readonly file: string
  /** Occurs there once. */
  readonly from: string
  readonly to: string
  /** What is wrong then, for the name of its test. */
  readonly what: string
  /** One that found it; a change of the source makes other runs of all seeds, and then another one does. */
  readonly seed?: number
}

/** Those of which one is to find it. */
export function* seedsFor({ seed }: PlantedError, count: number): Generator<number, void, unknown> {
  if (seed !== undefined) yield seed
  for (let one = 1; one <= count; one++) yield one
}

/** For bundles; beside the packages that they load. */
export function bundleFolder(): string {
  const out = join(root, 'out')
  mkdirSync(out, { recursive: true })
  return mkdtempSync(join(out, 'planted-'))
}

/** The module at `entry`, bundled into the folder with that error; what it exports is the caller's to know. */
export async function withError(error: PlantedError, entry: string, folder: string): Promise<unknown> {
  const { name, file, from, to } = error
  const path = join(root, file)
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'planted-error',
        enforce: 'pre',
        load(id) {
          if (id !== path) return null
          const source = readFileSync(path, 'utf8')
          if (source.split(from).length !== 2)
            throw new Error(`${name}: its place is not there, or not once, in ${file}`)
          return source.replace(from, () => to)
        }
      }
    ],
    build: {
      ssr: entry,
      outDir: join(folder, name),
      target: 'node20',
      minify: false,
      rollupOptions: { output: { entryFileNames: 'run.mjs' } }
    }
  })
  return import(/* @vite-ignore */ pathToFileURL(join(folder, name, 'run.mjs')).href)
}
