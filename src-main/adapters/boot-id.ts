/** Which run of the machine this is; empty where the system does not say (Windows). */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expectSystemError } from '../kernel/errors'

export function bootId(): string {
  if (process.platform === 'darwin')
    return spawnSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).stdout.trim()
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch (error) {
    expectSystemError(error)
    return ''
  }
}
