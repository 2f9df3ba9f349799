/**
 * The app: a window on a lab cluster that this process hosts. It opens the window at once, while nodes start; closing it
 * stops every node cleanly. A folder that cannot be used is said in one sentence, and the app ends with 1.
 */
import { join } from 'node:path'
import { app, dialog, ipcMain, type WebContents } from 'electron'
import { isOurPage, openMainWindow, registerScheme, servePages } from '../app/main-window'
import { ClientSession } from '../host/client-session'
import { messageOf } from '../kernel/errors'
import { dataFolder } from './cli/options'
import { openLab, type Lab } from './lab'

const exitFailed = 1
const sessions = new Map<WebContents, ClientSession>()
let lab: Lab | undefined

function optionOf(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`)
  if (at !== -1) return process.argv[at + 1]
  return process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3)
}

function listen({ host, log }: Lab): void {
  ipcMain.on('lagoon', (event, message: unknown) => {
    const contents = event.sender
    if (event.senderFrame === null || !isOurPage(event.senderFrame.url)) {
      log('warn', 'a message from a foreign page was refused', { url: event.senderFrame?.url })
      return
    }
    let session = sessions.get(contents)
    if (session === undefined) {
      session = new ClientSession(
        host,
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

async function start(): Promise<void> {
  const opened = await openLab(dataFolder(optionOf('data')), {})
  lab = opened
  listen(opened)
  servePages(join(import.meta.dirname, '../renderer'))
  openMainWindow()
  await opened.started
}

let isStopped = false
function stop(): void {
  const stopping = lab?.host.stop() ?? Promise.resolve()
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
  if (isStopped || lab === undefined) return
  event.preventDefault()
  stop()
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
// Not awaited at top level: `ready` waits for this module (electron#40719).
void app.whenReady().then(start).catch(fail)
