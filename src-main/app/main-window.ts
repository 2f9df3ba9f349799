/**
 * The window: our own pages only, sandboxed, without Node, under a strict policy. Navigation elsewhere, new windows and
 * permissions are refused.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BrowserWindow, nativeTheme, protocol, session } from 'electron'
import { contentTypeOf, fileWithin, indexPage, securityHeaders } from '../host/renderer-files'

const scheme = 'app'
const origin = `${scheme}://lagoon`
const startPage = `${origin}/index.html`
/** Surfaces of theme/tokens.css, so that the window does not flash before the page is there. */
const background = { dark: '#0E1116', light: '#F5F7F9' } as const

/** Before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } }
  ])
}

export function servePages(rendererDir: string): void {
  protocol.handle(scheme, async (request) => {
    const { host, pathname } = new URL(request.url)
    if (host !== 'lagoon') return new Response(null, { status: 404 })
    try {
      if (pathname === '/' || pathname === '/index.html') {
        const { html, nonce } = await indexPage(rendererDir)
        return new Response(html, {
          headers: { 'content-type': contentTypeOf('index.html'), ...securityHeaders(nonce, undefined) }
        })
      }
      const file = fileWithin(rendererDir, pathname)
      if (file === undefined) return new Response(null, { status: 403 })
      return new Response(await readFile(file), {
        headers: { 'content-type': contentTypeOf(file), 'x-content-type-options': 'nosniff' }
      })
    } catch {
      return new Response(null, { status: 404 })
    }
  })
  session.defaultSession.setPermissionRequestHandler((_contents, permission, decide) =>
    decide(permission === 'clipboard-sanitized-write')
  )
  session.defaultSession.setPermissionCheckHandler(
    (_contents, permission) => permission === 'clipboard-sanitized-write'
  )
}

/** True for a frame that shows our own page: only those may speak to the host. */
export function isOurPage(url: string): boolean {
  return url.startsWith(`${origin}/`)
}

/** On a cluster, or on the first. It is shown when its page is there, and not before `mayShow`. */
export function openMainWindow(cluster?: string, mayShow: Promise<unknown> = Promise.resolve()): BrowserWindow {
  const window = new BrowserWindow({
    width: 1280,
    height: 800,
    minWidth: 900,
    minHeight: 600,
    show: false,
    title: 'Lagoon',
    backgroundColor: nativeTheme.shouldUseDarkColors ? background.dark : background.light,
    autoHideMenuBar: true,
    webPreferences: {
      preload: join(import.meta.dirname, '../preload/preload.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false
    }
  })
  window.once('ready-to-show', () => {
    void mayShow.then(() => {
      if (!window.isDestroyed()) window.show()
    })
  })
  window.webContents.on('will-navigate', (event, url) => {
    if (!isOurPage(url)) event.preventDefault()
  })
  window.webContents.on('will-redirect', (event) => event.preventDefault())
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
  void window.loadURL(cluster === undefined ? startPage : `${startPage}?cluster=${cluster}`)
  return window
}
