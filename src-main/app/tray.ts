/** Lagoon without its window: a mark for the cluster's health, and a menu to come back or to stop it. */
import { Menu, nativeImage, Tray } from 'electron'
import type { ClusterView } from '../api/views'
import type { Preferences } from './desktop'
import { trayMark } from './tray-mark'
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

  constructor(view: ClusterView, actions: TrayActions) {
    this.#actions = actions
    this.#tray = new Tray(imageOf(view))
    this.#tray.on('click', actions.show)
    this.update(view)
  }

  /** Called with every view; does something when what it shows has changed. */
  update(view: ClusterView): void {
    const language = this.#actions.language()
    const shown = `${language} ${view.health} ${view.name}`
    if (shown === this.#shown) return
    this.#shown = shown
    const title = `${view.name}: ${healthWord(language, view.health)}`
    this.#tray.setImage(imageOf(view))
    this.#tray.setToolTip(`Lagoon · ${title}`)
    this.#tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: title, enabled: false },
        { type: 'separator' },
        { label: word(language, 'show'), click: this.#actions.show },
        { label: word(language, 'quit'), click: this.#actions.quit }
      ])
    )
  }

  remove(): void {
    this.#tray.destroy()
  }
}

function imageOf({ health }: ClusterView): Electron.NativeImage {
  return nativeImage.createFromBitmap(Buffer.from(trayMark(health, sizePx)), { width: sizePx, height: sizePx })
}
