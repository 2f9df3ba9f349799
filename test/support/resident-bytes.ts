/** What a process holds in memory now, in bytes (Linux); 0 when it is gone. */
import { readFileSync } from 'node:fs'

const pageBytes = 4096

export function residentBytes(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * pageBytes
  } catch {
    return 0
  }
}
