/**
 * The life of the window: closing it asks once what that means, keeps the cluster in the tray or stops it, and shows how
 * far its end is. The API passes through here, so that the page can answer; everything else is the host's.
 */
import { ApiError } from '../api/api'
import { BROWSER, type Closing, type DesktopView } from '../api/desktop'
import type { CommandInput, CommandName, CommandOutput } from '../api/commands'
import type { ApiProvider } from '../host/client-session'
import { said } from '../kernel/said'

export interface Preferences {
  readonly closing: Closing
  readonly notifies: boolean
  /** Of what the desktop is told; the page has its own. */
  readonly language: 'en' | 'ko'
}

/** What a page or a program of the user speaks to: a cluster, and the app around it. */
export interface DesktopPlace {
  /** Of the cluster that it looks at. */
  readonly id: string
  readonly dir: string | undefined
}

export interface DesktopPorts {
  readonly preferences: Preferences
  /** Throws ApiError with the reason when they cannot be kept. */
  readonly keep: (preferences: Preferences) => void
  /** To the front, from wherever it is: a window on this cluster, or whichever there is. */
  readonly show: (id?: string) => void
  readonly openWindow: (id: string) => void
  readonly hide: () => void
  /** A page that could ask. */
  readonly hasPage: () => boolean
  /** Resolves when the file manager has been asked; rejects with an ApiError that says why it cannot. */
  readonly openFolder: (dir: string) => Promise<void>
  /** Where a file of this name is to be, as the user chose; null for nowhere. */
  readonly choosePath: (name: string) => Promise<string | null>
  /** Stops every node, then ends the app. */
  readonly quit: () => void
}

type AppCommand = CommandName & `app.${string}`
/** Nothing stands for an empty answer. */
type Answer<Name extends AppCommand> = Record<string, never> extends CommandOutput<Name> ? void : CommandOutput<Name>
type Handlers = {
  readonly [Name in AppCommand]: (
    input: CommandInput<Name>,
    place: DesktopPlace
  ) => Answer<Name> | Promise<Answer<Name>>
}

export class Desktop {
  readonly #ports: DesktopPorts
  readonly #watchers = new Set<(view: DesktopView) => void>()
  #preferences: Preferences
  /** That the preferences are those of the file. */
  #isKept = true
  #state: DesktopView['state'] = 'open'

  constructor(ports: DesktopPorts) {
    this.#ports = ports
    this.#preferences = ports.preferences
  }

  get preferences(): Preferences {
    return this.#preferences
  }

  view(): DesktopView {
    const { closing, notifies } = this.#preferences
    return { ...BROWSER, shell: 'window', closing, notifies, state: this.#state }
  }

  /** The user closed the window, which is still there. */
  closeAsked(): void {
    if (this.#state === 'stopping') return
    const { closing } = this.#preferences
    if (closing === 'tray') this.#ports.hide()
    else if (closing === 'stop' || !this.#ports.hasPage()) this.#ports.quit()
    else {
      this.#enter('asking')
      this.#ports.show()
    }
  }

  /** Nodes are being stopped: shown until the window goes with the app. */
  stopping(): void {
    this.#enter('stopping')
  }

  /** What is the app's is answered here, everything else by whoever is behind. */
  faceOf(api: ApiProvider, place: DesktopPlace): ApiProvider {
    return {
      run: async <Name extends CommandName>(name: Name, input: CommandInput<Name>): Promise<CommandOutput<Name>> => {
        if (!Object.hasOwn(this.#handlers, name)) return api.run(name, input)
        const handle = this.#handlers[name as AppCommand] as (
          input: CommandInput<Name>,
          place: DesktopPlace
        ) => CommandOutput<Name> | undefined | Promise<CommandOutput<Name> | undefined>
        return (await handle(input, place)) ?? ({} as CommandOutput<Name>)
      },
      watch: (key, changed, refused) => {
        if (key !== 'app') return api.watch(key, changed, refused)
        const watcher = changed as (view: DesktopView) => void
        this.#watchers.add(watcher)
        watcher(this.view())
        return () => this.#watchers.delete(watcher)
      }
    }
  }

  readonly #handlers: Handlers = {
    'app.set': ({ closing, notifies, language }) =>
      this.#prefer({
        closing: closing ?? this.#preferences.closing,
        notifies: notifies ?? this.#preferences.notifies,
        language: language ?? this.#preferences.language
      }),
    'app.close': ({ what, remembers }) => {
      if (this.#state === 'stopping') return
      // What cannot be remembered is said while there is still a window to say it in: it stays, and asks.
      if (remembers) this.#remember({ ...this.#preferences, closing: what })
      this.#enter('open')
      if (what === 'tray') this.#ports.hide()
      else this.#ports.quit()
    },
    'app.stay': () => {
      if (this.#state === 'asking') this.#enter('open')
    },
    'app.show': (_, { id }) => this.#ports.show(id),
    'app.openWindow': ({ id }) => this.#ports.openWindow(id),
    'app.openFolder': (_, { dir }) => {
      if (dir === undefined)
        throw new ApiError({ code: 'NOT_FOUND', message: said`The folder of this cluster is gone.` })
      return this.#ports.openFolder(dir)
    },
    'app.choosePath': async ({ name }) => ({ path: await this.#ports.choosePath(name) })
  }

  /** Holds from now on, whether it can be kept or not; throws ApiError when it cannot. */
  #prefer(preferences: Preferences): void {
    if (this.#isKept && isSame(preferences, this.#preferences)) return
    this.#preferences = preferences
    this.#isKept = false
    this.#tell()
    this.#ports.keep(preferences)
    this.#isKept = true
  }

  /** Holds when it is kept; throws ApiError when it cannot be. */
  #remember(preferences: Preferences): void {
    if (this.#isKept && isSame(preferences, this.#preferences)) return
    this.#ports.keep(preferences)
    this.#preferences = preferences
    this.#isKept = true
    this.#tell()
  }

  #enter(state: DesktopView['state']): void {
    this.#state = state
    this.#tell()
  }

  #tell(): void {
    const view = this.view()
    for (const watcher of this.#watchers) watcher(view)
  }
}

function isSame(one: Preferences, other: Preferences): boolean {
  return one.closing === other.closing && one.notifies === other.notifies && one.language === other.language
}
