/** Run for each file (vitest.config.ts), while what `mount.ts` keeps is of a whole process. */
import { afterEach } from 'vitest'
import { endTest } from './mount'

afterEach(endTest)
