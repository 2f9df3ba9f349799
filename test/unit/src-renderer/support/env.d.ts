/// <reference types="vite/client" />

/** The one thing of Node that tests of the theme need: vitest empties style sheets that are imported. */
declare module 'node:fs' {
  export function readFileSync(path: string, encoding: 'utf8'): string
}
