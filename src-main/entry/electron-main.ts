/**
 * The app: windows on lab clusters that this process hosts. It opens the first at once, while nodes start. Closing the last
 * asks what that means (app/desktop.ts); ending the app stops every node of every cluster cleanly, with progress. Started
 * again on the same profile, or for a folder that another one has, it brings that window to the front and ends. A folder
 * that cannot be used is said in one sentence, and the app ends with 1.
 */
import { join } from 'node:path'
import {
  app,
  dialog,
  ipcMain,
  Notification,
  shell,
  type BrowserWindow,
  type IpcMainEvent,
  type WebContents
} from 'electron'
import { Alarms, type Alarm } from '../app/alarms'
import { Desktop, type DesktopPlace } from '../app/desktop'
import { ApiError } from '../api/api'
import { showHolder } from '../app/folder-holder'
import { isOurPage, openMainWindow, registerScheme, servePages } from '../app/main-window'
import { isOnlyInstance, type Launch } from '../app/one-instance'
import { keepPreferences, readPreferences } from '../app/preferences'
import { ClusterTray } from '../app/tray'
import { hostSentence } from '../app/words'
import type { ClusterView, EventsView } from '../api/views'
import { ClientSession } from '../host/client-session'
import { ClusterFace } from '../host/cluster-face'
import { Clusters, type OpenedLab } from '../host/clusters'
import { ControlClient } from '../host/control-client'
import type { LabHost } from '../host/lab-host'
import { clusterOfQuery } from '../host/renderer-files'
import { AppError, expectAppError, ignore, messageOf } from '../kernel/errors'
import type { Log } from '../kernel/ports'
import { said } from '../kernel/said'
import { meantCluster, withWayOut } from './home'
import { lockFile } from '../supervisor/cluster-folder'
import type { AskedCluster } from '../supervisor/supervisor'
import { machine, openLab } from './lab'

const exitDone = 0
const exitFailed = 1

interface PageSession {
  readonly session: ClientSession
  readonly face: ClusterFace
  /** The cluster that the page's address names. */
  readonly named: string | undefined
}
const sessions = new Map<WebContents, PageSession>()
/** Each on one cluster; which is in its page's address. */
const windows = new Set<BrowserWindow>()
const unresponsive = new Set<BrowserWindow>()
let clusters: Clusters | undefined
let tray: ClusterTray | undefined

function optionOf(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`)
  if (at !== -1) return process.argv[at + 1]
  return process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3)
}

/**
 * Pages may ask from now on; they are answered when the cluster that a page without a name looks at is there, which the
 * returned function says: until then nothing is known of it.
 */
function listen(all: Clusters, app_: Desktop, log: Log): () => void {
  let early: (() => void)[] | undefined = []
  const receive = (event: IpcMainEvent, message: unknown): void => {
    const contents = event.sender
    if (event.senderFrame === null || !isOurPage(event.senderFrame.url)) {
      log('warn', 'a message from a foreign page was refused', { url: event.senderFrame?.url })
      return
    }
    const named = clusterOfQuery(new URL(event.senderFrame.url).search)
    let page = sessions.get(contents)
    // A page that goes may still ask when the next one is on its way: that one is not to be given what was made for it.
    if (page !== undefined && page.named !== named) {
      endSession(contents)
      page = undefined
    }
    if (page === undefined) {
      const face = new ClusterFace(all, named)
      const send = (answer: unknown): void => {
        if (!contents.isDestroyed()) contents.send('lagoon', answer)
      }
      page = { session: new ClientSession(app_.faceOf(face, face), send, log), face, named }
      sessions.set(contents, page)
      endWithPage(contents)
    }
    if (!page.session.receive(message)) log('warn', 'a message of the window was none of the API', {})
  }
  ipcMain.on('lagoon', (event, message: unknown) => {
    if (early === undefined) receive(event, message)
    else early.push(() => receive(event, message))
  })
  return () => {
    const asked = early ?? []
    early = undefined
    for (const ask of asked) ask()
  }
}

const watched = new WeakSet<WebContents>()

function endWithPage(contents: WebContents): void {
  if (watched.has(contents)) return
  watched.add(contents)
  contents.once('destroyed', () => endSession(contents))
  contents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (isMainFrame && !isSameDocument) endSession(contents)
  })
}

function endSession(contents: WebContents): void {
  const page = sessions.get(contents)
  sessions.delete(contents)
  page?.session.close()
  page?.face.close()
}

function say(error: unknown): void {
  const message = messageOf(error)
  process.stderr.write(`${message}\n`)
  if (process.env['LAGOON_NO_DIALOG'] !== undefined) return
  const { language } = readPreferences(preferencesPath(), app.getLocale())
  dialog.showErrorBox('Lagoon', hostSentence(language, message))
}

function fail(error: unknown): void {
  say(error)
  app.exit(exitFailed)
}

const clusterOf = (window: BrowserWindow): string | undefined =>
  sessions.get(window.webContents)?.face.id ?? clusters?.home

/** A window on this cluster, or one is opened; any of them without an id. */
function show(app_: Desktop, id?: string): void {
  const [first] = windows
  if (first === undefined) return
  const window = [...windows].find((one) => id === undefined || clusterOf(one) === id)
  // Those that were hidden come back together.
  if (tray !== undefined) for (const one of windows) one.show()
  if (window === undefined && id !== undefined) openWindow(app_, id)
  else toFront(window ?? first)
  // A desktop without a tray has no other way back, so it stays until the window is there.
  tray?.remove()
  tray = undefined
}

function toFront(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
}

const hostedViews = (): readonly ClusterView[] => clusters?.hosts().map((host) => host.view()) ?? []

function hide(app_: Desktop): void {
  tray ??= new ClusterTray(hostedViews(), {
    language: () => app_.preferences.language,
    show: () => show(app_),
    quit: () => app.quit()
  })
  for (const window of windows) window.hide()
}

function tell({ title, body }: Alarm, app_: Desktop, id: string): void {
  const isSeen = [...windows].some((window) => window.isVisible() && window.isFocused())
  if (!app_.preferences.notifies || isSeen || !Notification.isSupported()) return
  const notification = new Notification({ title, body })
  notification.on('click', () => show(app_, id))
  notification.show()
}

/** Keeps mark and alarms on what a cluster's views and events say, whether a page looks or not. */
function follow(lab: LabHost, id: string, app_: Desktop): void {
  const alarms = new Alarms()
  lab.watch('cluster', (view: ClusterView) => {
    tray?.update(hostedViews())
    const alarm = alarms.seen(view, app_.preferences.language)
    if (alarm !== undefined) tell(alarm, app_, id)
  })
  let hasSkippedPast = false
  lab.watch('events', ({ events }: EventsView) => {
    if (!hasSkippedPast) alarms.skip(events)
    hasSkippedPast = true
    for (const alarm of alarms.happened(events, lab.name, app_.preferences.language)) tell(alarm, app_, id)
  })
}

async function openFolder(dir: string): Promise<void> {
  const problem = await shell.openPath(dir)
  if (problem === '') return
  throw new ApiError({ code: 'FAILED', message: said`${dir} could not be shown: ${problem}` })
}

async function choosePath(name: string): Promise<string | null> {
  const options = { defaultPath: join(app.getPath('home'), name) }
  const window = [...windows].find((one) => one.isFocused()) ?? [...windows][0]
  const { canceled, filePath } = await (window === undefined
    ? dialog.showSaveDialog(options)
    : dialog.showSaveDialog(window, options))
  return canceled ? null : filePath
}

const preferencesPath = (): string => join(app.getPath('userData'), 'preferences.json')

function desktopOf(log: Log): Desktop {
  const path = preferencesPath()
  const face: Desktop = new Desktop({
    preferences: readPreferences(path, app.getLocale()),
    keep: (preferences) => keepPreferences(path, preferences, log),
    show: (id) => show(face, id),
    openWindow: (id) => openWindow(face, id),
    hide: () => hide(face),
    hasPage: () => [...windows].some((window) => sessions.has(window.webContents) && !unresponsive.has(window)),
    openFolder,
    choosePath,
    quit: () => app.quit()
  })
  return face
}

/** A page that has crashed is loaded anew, but not for ever. */
const reloadsMax = 3

function openWindow(app_: Desktop, id?: string, mayShow?: Promise<unknown>): void {
  const window = openMainWindow(id, mayShow)
  windows.add(window)
  const { webContents } = window
  let reloads = 0
  window.on('unresponsive', () => unresponsive.add(window))
  window.on('responsive', () => unresponsive.delete(window))
  webContents.on('render-process-gone', () => {
    endSession(webContents)
    reloads += 1
    unresponsive.delete(window)
    if (reloads <= reloadsMax) webContents.reload()
  })
  window.on('closed', () => {
    windows.delete(window)
    unresponsive.delete(window)
  })
  window.on('close', (event) => {
    // The clusters go on behind the other windows: only the last one asks what closing means.
    if (isStopped || (windows.size > 1 && !isStopping)) return
    event.preventDefault()
    app_.closeAsked()
  })
}

async function start(): Promise<void> {
  const meant = meantCluster(optionOf('data'))
  const { dir } = meant
  firstDir = dir
  let log: Log = () => undefined
  const app_ = desktopOf((...line) => log(...line))
  desktop = app_
  const all = new Clusters({
    ...machine,
    open: async (at, asked) => {
      const place = (host: LabHost): DesktopPlace => ({ id: machine.labs.idOf(host.dir), dir: host.dir })
      const lab = await openLab(at, asked, (host) => app_.faceOf(host, place(host)))
      if (all.home === '') log = lab.log
      return lab
    }
  })
  clusters = all
  all.onHosted((host, id) => follow(host, id, app_))
  all.onEnded(() => tray?.update(hostedViews()))
  const answer = listen(all, app_, (...line) => log(...line))
  servePages(join(import.meta.dirname, '../renderer'))
  let isOurs: () => void = () => undefined
  // Its page loads while nodes start. It is shown when the folder is ours: one that cannot be used is told in words, and
  // of one that somebody has there is a window already.
  const isFree = machine.lockHolder(join(dir, lockFile)) === undefined
  if (isFree) openWindow(app_, undefined, new Promise<void>((resolve) => (isOurs = resolve)))
  try {
    const lab = await openedOrShown(all, dir, meant.asked)
    if (lab === undefined) return app.exit(exitDone)
    const { started } = lab
    answer()
    isOurs()
    if (!isFree) openWindow(app_)
    await started
  } catch (error) {
    // One that was stopped while it started, from a page, is no failure of the app.
    if (windows.size > 0 && error instanceof AppError && error.code === 'ABORTED') return
    await all.stopAll()
    throw withWayOut(error, meant)
  }
}

/** Undefined when another window of ours has the folder: it was brought to the front. Rejects with AppError. */
async function openedOrShown(all: Clusters, dir: string, asked: AskedCluster): Promise<OpenedLab | undefined> {
  const isHeld = (): boolean => machine.lockHolder(join(dir, lockFile)) !== undefined
  for (;;) {
    try {
      return await all.open(dir, asked)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'LOCKED') throw error
      const found = await showHolder({ clock: machine.clock, isHeld, ask: () => askToShow(dir) })
      if (found === 'shown') return undefined
      // Whoever had it could not use it, or has just ended: it is ours to open.
      if (found !== 'free') throw error
    }
  }
}

async function askToShow(dir: string): Promise<void> {
  const client = await ControlClient.connect(dir)
  try {
    await client.call('app.show', {})
  } finally {
    client.close()
  }
}

/** What this launch is for, as another one on the same profile is told it. */
function launch(): Launch {
  try {
    const { dir, asked } = meantCluster(optionOf('data'))
    return { dir, isKnown: asked.isKnown === true }
  } catch (error) {
    expectAppError(error)
    ignore(error, 'whoever starts says it; to focus the first one needs no folder')
    return { dir: null, isKnown: false }
  }
}

/** Somebody launched Lagoon on this profile once more: its cluster's window comes to the front, and is opened where it was none. */
async function launchedAgain({ dir, isKnown }: Launch): Promise<void> {
  if (isStopping) return relaunchFor(dir)
  const [all, app_] = [clusters, desktop]
  // Its first window is about to come.
  if (all === undefined || app_ === undefined) return
  const id = dir === null ? all.home : all.idOf(dir)
  const isFirst = id === all.home || (all.home === '' && dir === firstDir)
  if (dir === null || isFirst || all.hosted(id) !== undefined) return show(app_, id === '' ? undefined : id)
  try {
    if ((await openedOrShown(all, dir, isKnown ? { isKnown } : {})) !== undefined) show(app_, id)
  } catch (error) {
    expectAppError(error)
    say(error)
  }
}

/** One that is about to end cannot show anything any more: the next one starts when it has. */
function relaunchFor(dir: string | null): void {
  if (isRelaunched) return
  isRelaunched = true
  const isData = (at: number): boolean => process.argv[at]?.startsWith('--data=') === true
  const isNamed = (at: number): boolean => process.argv[at] === '--data' || process.argv[at - 1] === '--data'
  const rest = process.argv.filter((_argument, at) => at > 0 && !isData(at) && !isNamed(at))
  app.relaunch({ args: [...rest, ...(dir === null ? [] : [`--data=${dir}`])] })
}

let firstDir: string | undefined
let isRelaunched = false
let desktop: Desktop | undefined
let isStopped = false
let isStopping = false
function stop(): void {
  if (isStopping) return
  isStopping = true
  desktop?.stopping()
  const stopping = clusters?.stopAll() ?? Promise.resolve()
  stopping.then(
    () => {
      isStopped = true
      app.quit()
    },
    (error: unknown) => fail(error)
  )
}

registerScheme()
app.on('window-all-closed', () => app.quit())
app.on('before-quit', (event) => {
  if (isStopped || clusters === undefined) return
  event.preventDefault()
  stop()
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
if (isOnlyInstance(launch(), (again) => void launchedAgain(again).catch(fail))) {
  // Not awaited at top level: `ready` waits for this module (electron#40719).
  void app.whenReady().then(start).catch(fail)
} else app.quit()
