/** Commands of the CLI as they can be pasted into a shell: with the folder of this very cluster. Pure. */
import type { ClusterView } from '@api/views'

/** Words that the shell would take apart or act on stand in single quotes. */
export function shellWord(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

export function shellCommand(view: Pick<ClusterView, 'cli' | 'dataDir'>, words: readonly string[]): string {
  return [view.cli, ...words.map(shellWord), '--data', shellWord(view.dataDir)].join(' ')
}
