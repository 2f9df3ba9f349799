// npm run dist: packages the app into dist/. On Linux an unpacked folder and a .deb; elsewhere what electron-builder.yml says.
//   --release        without the fuse that lets a debugger in
//   --targets        electron-builder's own targets instead (AppImage, dmg, nsis): needs GitHub
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build as buildApp } from './build.mjs'
import { ensureElectron } from './ensure-electron.mjs'
import { packagesFor } from './ensure-system.mjs'

const root = resolve(import.meta.dirname, '..')
const dist = join(root, 'dist')
const unpacked = join(dist, 'linux-unpacked')
const { values } = parseArgs({ options: { release: { type: 'boolean' }, targets: { type: 'boolean' } } })
const { version, description, homepage, author } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options })
  if (error?.code === 'ENOENT')
    throw new Error(`${command} is not here. Install the package that has it: apt-get install dpkg-dev`)
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}.`)
}

async function pack(electron) {
  const { build, Platform } = await import('electron-builder')
  // A runtime that came from elsewhere is given as its folder; else electron-builder fetches its own.
  const given =
    electron.source === 'official' ? {} : { electronDist: electron.distPath, electronVersion: electron.version }
  const config = {
    ...given,
    ...(values.release ? { electronFuses: { enableNodeCliInspectArguments: false } } : {})
  }
  const targets = values.targets ? undefined : Platform.LINUX.createTarget('dir')
  await build({ projectDir: root, config: { extends: 'electron-builder.yml', ...config }, targets, publish: 'never' })
}

/** Sizes of a Debian package are KiB. */
function sizeOf(path) {
  const entry = statSync(path)
  if (!entry.isDirectory()) return Math.ceil(entry.size / 1024)
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
}

function write(path, text, mode = 0o644) {
  writeFileSync(path, text)
  chmodSync(path, mode)
}

const architectures = { x64: 'amd64', arm64: 'arm64' }

/** Debian Policy Manual, chapters 5 and 6. */
function deb() {
  const architecture = architectures[process.arch]
  if (architecture === undefined) throw new Error(`There is no Debian package for ${process.arch}.`)
  const tree = mkdtempSync(join(tmpdir(), 'lagoon-deb-'))
  try {
    const at = (path) => join(tree, path)
    for (const folder of ['DEBIAN', 'opt', 'usr/bin', 'usr/share/applications', 'usr/share/doc/lagoon'])
      mkdirSync(at(folder), { recursive: true, mode: 0o755 })
    cpSync(unpacked, at('opt/Lagoon'), { recursive: true })
    cpSync(join(root, 'resources/linux/lagoon.sh'), at('usr/bin/lagoon'))
    chmodSync(at('usr/bin/lagoon'), 0o755)
    cpSync(join(root, 'resources/linux/lagoon.desktop'), at('usr/share/applications/lagoon.desktop'))
    for (const name of readdirSync(join(root, 'resources/icons'))) {
      const folder = at(`usr/share/icons/hicolor/${name.replace('.png', '')}/apps`)
      mkdirSync(folder, { recursive: true })
      cpSync(join(root, 'resources/icons', name), join(folder, 'lagoon.png'))
    }
    write(at('usr/share/doc/lagoon/copyright'), readFileSync(join(root, 'LICENSE'), 'utf8'))
    // Chromium's sandbox without user namespaces: its helper is root's, and set-uid.
    chmodSync(at('opt/Lagoon/chrome-sandbox'), 0o4755)
    const depends = [...packagesFor.electron.map((name) => name.replace('|', ' | ')), 'util-linux'].join(', ')
    write(
      at('DEBIAN/control'),
      [
        'Package: lagoon',
        `Version: ${version}`,
        `Architecture: ${architecture}`,
        `Maintainer: ${author}`,
        `Installed-Size: ${sizeOf(at('opt')) + sizeOf(at('usr'))}`,
        `Depends: ${depends}`,
        'Section: devel',
        'Priority: optional',
        `Homepage: ${homepage}`,
        `Description: ${description}`,
        ' Brokers and an ensemble as processes of their own, reachable by any Kafka or',
        ' ZooKeeper client; a window that shows topics, groups and lag, and lets you kill',
        ' what you like. Clusters are kept in ~/Lagoon, and stay when this is removed.',
        ''
      ].join('\n')
    )
    const file = join(dist, `lagoon_${version}_${architecture}.deb`)
    run('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--threads-max=2', '--build', tree, file], {
      env: { ...process.env, TMPDIR: tmpdir() }
    })
    return file
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}

// Folders of the package are everybody's to read, whatever this user's mask.
process.umask(0o022)
try {
  buildApp()
  const electron = ensureElectron()
  if (electron.source === 'stand-in')
    console.error(
      `[dist] Electron ${electron.version} is a stand-in: what comes out is for tests, not to be given away.`
    )
  rmSync(dist, { recursive: true, force: true })
  await pack(electron)
  if (process.platform === 'linux' && !values.targets) {
    const file = deb()
    console.log(`\n${unpacked}\n${file}\n\nInstall it:  sudo apt-get install ${file}`)
  }
} catch (error) {
  console.error(error.message)
  process.exit(1)
}
