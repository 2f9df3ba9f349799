import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const services = ['broker', 'coordination', 'storage', 'supervisor', 'monitor', 'host'].map(
  (room) => `src-main/${room}`
)

/**
 * What is caught by any name and ignored, by file. A catch in a service has a policy for errors of the environment; a
 * broken invariant goes on up (kernel/errors, expectAppError). Here whoever throws tells of it elsewhere, or is a library.
 */
const licensed: Readonly<Record<string, string>> = {
  'src-main/broker/broker-channel.ts': 'told to whoever asked',
  'src-main/broker/replica-manager.ts': 'told to whoever ordered',
  'src-main/monitor/consumers.ts': 'its run has told',
  'src-main/monitor/consumer.ts': 'the channel to the host',
  'src-main/monitor/monitor.ts': 'the channel to the host',
  'src-main/monitor/record-jobs.ts': 'its run has told',
  'src-main/monitor/record-reader.ts': 'the channel to the host',
  'src-main/monitor/search-job.ts': 'the channel to the host',
  'src-main/monitor/tail-job.ts': 'the channel to the host',
  'src-main/monitor/export-job.ts': 'the channel to the host',
  'src-main/monitor/topic-scan.ts': 'a fetch ahead: told where it is awaited',
  'src-main/monitor/ensemble-watch.ts': 'foreign JSON',
  'src-main/monitor/core/history-lines.ts': 'foreign JSON',
  'src-main/host/web-server.ts': 'sockets, files and URLs of a browser'
}

/** Lines of `catch` blocks that ignore whatever it is: no look at the error's class comes first. */
function wideCatches(text: string): readonly number[] {
  const lines = text.split('\n')
  return lines.flatMap((line, i) => {
    if (/\.catch\(\(error: unknown\) => ignore\(/.test(line)) return [i + 1]
    if (!/\bcatch \(error\) \{|\.catch\(\(error: unknown\) => \{/.test(line)) return []
    const ignoring = lines.slice(i + 1, i + 6).findIndex((one) => /^\s*ignore\(/.test(one))
    if (ignoring === -1) return []
    const before = lines.slice(i + 1, i + 1 + ignoring).join('\n')
    return /instanceof|expectAppError|expectSystemError|\.code\b|isDiskFull|throw error/.test(before) ? [] : [i + 1]
  })
}

describe('services', () => {
  it('ignore errors of the environment only', () => {
    const found = services.flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .flatMap((name) => {
          const path = `${folder}/${name}`
          if (path in licensed) return []
          return wideCatches(readFileSync(join(root, path), 'utf8')).map((line) => `${path}:${line}`)
        })
    )

    expect(found).toEqual([])
  })

  it('are seen when they do not', () => {
    expect(wideCatches("try {\n} catch (error) {\n  ignore(error, 'why')\n}")).toEqual([2])
    expect(wideCatches("work().catch((error: unknown) => ignore(error, 'why'))")).toEqual([1])
    expect(wideCatches("} catch (error) {\n  expectAppError(error)\n  ignore(error, 'why')\n}")).toEqual([])
  })
})
