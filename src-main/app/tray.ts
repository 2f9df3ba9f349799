/** Lagoon without its windows: a mark for the worst health of its clusters, and a menu to come back or to stop them. */
import { Menu, nativeImage, Tray } from 'electron'
import type { ClusterView } from '../api/views'
import type { Preferences } from './desktop'
import { trayMark, worstHealth } from './tray-mark'
import { healthWord, word } from './words'

const sizePx = 22

export interface TrayActions {
  readonly language: () => Preferences['language']
  readonly show: () => void
  readonly quit: () => void
}

export class ClusterTray {
  readonly #tray: Tray
  readonly #actions: TrayActions
  #shown = ''

  constructor(views: readonly ClusterView[], actions: TrayActions) {
    this.#actions = actions
    this.#tray = new Tray(imageOf(views))
    this.#tray.on('click', actions.show)
    this.update(views)
  }

  /** Called with every view; does something when what it shows has changed. */
  update(views: readonly ClusterView[]): void {
    const language = this.#actions.language()
    const titles = views.map((view) => `${view.name}: ${healthWord(language, view.health)}`)
    const shown = `${language} ${titles.join('\n')}`
    if (shown === this.#shown) return
    this.#shown = shown
    this.#tray.setImage(imageOf(views))
    this.#tray.setToolTip(['Lagoon', ...titles].join(' · '))
    this.#tray.setContextMenu(
      Menu.buildFromTemplate([
        ...titles.map((label) => ({ label, enabled: false })),
        { type: 'separator' },
        { label: word(language, 'show'), click: this.#actions.show },
        { label: word(language, views.length > 1 ? 'quitAll' : 'quit'), click: this.#actions.quit }
      ])
    )
  }

  remove(): void {
    this.#tray.destroy()
  }
}

function imageOf(views: readonly ClusterView[]): Electron.NativeImage {
  const level = worstHealth(views.map(({ health }) => health))
  return nativeImage.createFromBitmap(Buffer.from(trayMark(level, sizePx)), { width: sizePx, height: sizePx })
}
