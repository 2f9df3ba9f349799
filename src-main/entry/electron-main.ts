/**
 * The app: a window on a lab cluster that this process hosts. It opens the window at once, while nodes start. Closing it
 * asks what that means (app/desktop.ts); ending the app stops every node cleanly, with progress. Started again for the same
 * folder it brings the first window to the front. A folder that cannot be used is said in one sentence, and the app ends
 * with 1.
 */
import { join } from 'node:path'
import { app, dialog, ipcMain, Notification, shell, type BrowserWindow, type WebContents } from 'electron'
import { Alarms, type Alarm } from '../app/alarms'
import { Desktop } from '../app/desktop'
import { ApiError } from '../api/api'
import { isOurPage, openMainWindow, registerScheme, servePages } from '../app/main-window'
import { keepPreferences, readPreferences } from '../app/preferences'
import { ClusterTray } from '../app/tray'
import type { ClusterView, EventsView } from '../api/views'
import { ClientSession } from '../host/client-session'
import { ControlClient } from '../host/control-client'
import type { LabHost } from '../host/lab-host'
import { AppError, ignore, messageOf } from '../kernel/errors'
import type { Log } from '../kernel/ports'
import { dataFolder } from './cli/options'
import { openLab } from './lab'

const exitDone = 0
const exitFailed = 1
const sessions = new Map<WebContents, ClientSession>()
let host: LabHost | undefined
let desktop: Desktop | undefined
let window: BrowserWindow | undefined
let tray: ClusterTray | undefined

function optionOf(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`)
  if (at !== -1) return process.argv[at + 1]
  return process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3)
}

function listen(face: Desktop, log: Log): void {
  ipcMain.on('lagoon', (event, message: unknown) => {
    const contents = event.sender
    if (event.senderFrame === null || !isOurPage(event.senderFrame.url)) {
      log('warn', 'a message from a foreign page was refused', { url: event.senderFrame?.url })
      return
    }
    let session = sessions.get(contents)
    if (session === undefined) {
      session = new ClientSession(
        face,
        (answer) => {
          if (!contents.isDestroyed()) contents.send('lagoon', answer)
        },
        log
      )
      sessions.set(contents, session)
      const ended = (): void => {
        sessions.get(contents)?.close()
        sessions.delete(contents)
      }
      contents.once('destroyed', ended)
      contents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
        if (isMainFrame && !isSameDocument) ended()
      })
    }
    if (!session.receive(message)) log('warn', 'a message of the window was none of the API', {})
  })
}

function fail(error: unknown): void {
  process.stderr.write(`${messageOf(error)}\n`)
  if (process.env['LAGOON_NO_DIALOG'] === undefined) dialog.showErrorBox('Lagoon', messageOf(error))
  app.exit(exitFailed)
}

function show(): void {
  if (window === undefined) return
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
  // A desktop without a tray has no other way back, so it stays until the window is there.
  tray?.remove()
  tray = undefined
}

function hide(view: ClusterView, face: Desktop): void {
  tray ??= new ClusterTray(view, { language: () => face.preferences.language, show, quit: () => app.quit() })
  window?.hide()
}

function tell({ title, body }: Alarm, face: Desktop): void {
  const isAway = window?.isVisible() !== true || !window.isFocused()
  if (!face.preferences.notifies || !isAway || !Notification.isSupported()) return
  const notification = new Notification({ title, body })
  notification.on('click', show)
  notification.show()
}

/** Keeps mark and alarms on what the cluster's views and events say, whether a page looks or not. */
function follow(lab: LabHost, face: Desktop): void {
  const alarms = new Alarms()
  lab.watch('cluster', (view: ClusterView) => {
    tray?.update(view)
    const alarm = alarms.seen(view, face.preferences.language)
    if (alarm !== undefined) tell(alarm, face)
  })
  let hasSkippedPast = false
  lab.watch('events', ({ events }: EventsView) => {
    if (!hasSkippedPast) alarms.skip(events)
    hasSkippedPast = true
    for (const alarm of alarms.happened(events, lab.view().name, face.preferences.language)) tell(alarm, face)
  })
}

async function openFolder(dir: string): Promise<void> {
  const problem = await shell.openPath(dir)
  if (problem === '') return
  throw new ApiError({ code: 'FAILED', message: `${dir} could not be shown: ${problem}` })
}

function faceOf(lab: LabHost, log: Log): Desktop {
  const path = join(app.getPath('userData'), 'preferences.json')
  const face: Desktop = new Desktop({
    host: lab,
    preferences: readPreferences(path, app.getLocale()),
    keep: (preferences) => keepPreferences(path, preferences, log),
    show,
    hide: () => hide(lab.view(), face),
    hasPage: () => sessions.size > 0 && isAnswering,
    openFolder: () => openFolder(lab.dir),
    quit: () => app.quit()
  })
  host = lab
  desktop = face
  return face
}

/** A page that has crashed is loaded anew, but not for ever. */
const reloadsMax = 3
let isAnswering = true

function openWindow(face: Desktop): void {
  window = openMainWindow()
  const { webContents } = window
  let reloads = 0
  window.on('unresponsive', () => (isAnswering = false))
  window.on('responsive', () => (isAnswering = true))
  webContents.on('render-process-gone', () => {
    sessions.get(webContents)?.close()
    sessions.delete(webContents)
    reloads += 1
    isAnswering = true
    if (reloads <= reloadsMax) webContents.reload()
  })
  window.on('close', (event) => {
    if (isStopped) return
    event.preventDefault()
    face.closeAsked()
  })
}

async function start(): Promise<void> {
  const dir = dataFolder(optionOf('data'))
  try {
    const { host: lab, log, started } = await openLab(dir, {}, faceOf)
    const face = desktop ?? faceOf(lab, log)
    listen(face, log)
    servePages(join(import.meta.dirname, '../renderer'))
    openWindow(face)
    follow(lab, face)
    await started
  } catch (error) {
    if (error instanceof AppError && error.code === 'LOCKED' && (await isShownElsewhere(dir))) return app.exit(exitDone)
    throw error
  }
}

/** True when another window of ours has the folder: it is brought to the front. */
async function isShownElsewhere(dir: string): Promise<boolean> {
  try {
    const client = await ControlClient.connect(dir)
    await client.call('app.show', {})
    client.close()
    return true
  } catch (error) {
    ignore(error, 'whoever has the folder has no window, and is named in the error')
    return false
  }
}

let isStopped = false
let isStopping = false
function stop(): void {
  if (isStopping) return
  isStopping = true
  desktop?.stopping()
  const stopping = host?.stop() ?? Promise.resolve()
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
  if (isStopped || host === undefined) return
  event.preventDefault()
  stop()
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
// Not awaited at top level: `ready` waits for this module (electron#40719).
void app.whenReady().then(start).catch(fail)
