// Called by electron-builder when a folder is packed: removes what a runtime that was given as a folder brings along.
import { rmSync } from 'node:fs'
import { join } from 'node:path'

export default function afterPack({ appOutDir }) {
  for (const name of ['resources/default_app.asar', 'version', '.recipe'])
    rmSync(join(appOutDir, name), { force: true })
}
