import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
export async function searchRows({ records }) {
  return []
}
