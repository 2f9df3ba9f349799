/** When a znode was made or changed. */
import { UNKNOWN } from '@/format'

/** Those that every ensemble begins with have no time: ZooKeeper tells 0 of them, which is no day in 1970. */
export const znodeTime = (atMs: number, moment: (atMs: number) => string): string =>
  atMs === 0 ? UNKNOWN : moment(atMs)
