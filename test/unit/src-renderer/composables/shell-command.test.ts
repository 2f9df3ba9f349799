import { describe, expect, it } from 'vitest'
import { shellCommand } from '@/composables/shell-command'

describe('a command to paste', () => {
  it('calls the CLI that there is, for the folder of this cluster', () => {
    expect(
      shellCommand({ cli: 'node /opt/lagoon/out/main/cli.js', dataDir: '/data/lab' }, ['node', 'kill', 'broker-2'])
    ).toBe('node /opt/lagoon/out/main/cli.js node kill broker-2 --data /data/lab')
  })

  it('quotes what a shell would take apart', () => {
    expect(shellCommand({ cli: 'lagoon', dataDir: "/home/o'neil/my lab" }, ['topic', 'delete', 'a;b'])).toBe(
      "lagoon topic delete 'a;b' --data '/home/o'\\''neil/my lab'"
    )
  })
})
