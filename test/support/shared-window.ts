/**
 * One window of happy-dom for all files that a process tests. Vue and what is built on it keep the document that they find when they
 * are first loaded: without isolation, which loads them once for each process and not once for each file, it must stay.
 */
import { builtinEnvironments, type Environment } from 'vitest/runtime'

function emptied(): void {
  for (const element of [document.documentElement, document.body])
    for (const { name } of [...element.attributes]) element.removeAttribute(name)
  document.head.replaceChildren()
  document.body.replaceChildren()
  window.localStorage.clear()
  window.sessionStorage.clear()
  window.location.hash = ''
}

const sharedWindow: Environment = {
  name: 'shared-window',
  viteEnvironment: 'client',
  async setup(global, options) {
    if (!('happyDOM' in global)) await builtinEnvironments['happy-dom'].setup(global, options)
    return { teardown: emptied }
  }
}

export default sharedWindow
