/** The built renderer as window and web mode serve it: index.html with a fresh nonce each time, and a strict policy. */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { extname, join, resolve, sep } from 'node:path'
import { clusterIdPattern } from '../api/clusters'

const noncePlace = /__CSP_NONCE__/g
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff'
}

export function contentTypeOf(path: string): string {
  return contentTypes[extname(path)] ?? 'application/octet-stream'
}

/** The cluster that a page's address names; undefined when it names none, or nothing that could be one. */
export function clusterOfQuery(query: string): string | undefined {
  const id = new URLSearchParams(query).get('cluster') ?? ''
  return clusterIdPattern.test(id) ? id : undefined
}

/** Undefined for a path that leads out of the folder. */
export function fileWithin(dir: string, pathname: string): string | undefined {
  let decoded: string
  try {
    decoded = decodeURIComponent(pathname)
  } catch {
    return undefined
  }
  const path = resolve(join(dir, decoded))
  return !decoded.includes('\0') && path.startsWith(resolve(dir) + sep) ? path : undefined
}

export async function indexPage(dir: string): Promise<{ readonly html: string; readonly nonce: string }> {
  const nonce = randomBytes(16).toString('base64')
  const page = await readFile(join(dir, 'index.html'), 'utf8')
  return { html: page.replace(noncePlace, nonce), nonce }
}

/** `port` is that of web mode, whose page speaks over a WebSocket; a window of the app connects to nothing. */
export function contentSecurityPolicy(nonce: string, port: number | undefined): string {
  // 'self' covers WebSockets of the own origin in Chromium; other browsers want them named.
  const reached = port === undefined ? "'none'" : `'self' ws://127.0.0.1:${port} ws://localhost:${port}`
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src ${reached}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'"
  ].join('; ')
}

export function securityHeaders(nonce: string, port: number | undefined): Readonly<Record<string, string>> {
  return {
    'content-security-policy': contentSecurityPolicy(nonce, port),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin'
  }
}
