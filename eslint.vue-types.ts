/**
 * Types for the scripts of Vue files, from one program for all of them. typescript-eslint's project service is told of each such
 * file with a text that is not what the disk has, the script without the rest; so each is a new program and a new checker, which
 * takes a second or two of CPU, and of ours there are more than 150. Here all scripts are known before the first is asked for.
 * Where a text is another one by then (an editor, a fix), the project service is asked as before.
 */
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import ts from 'typescript'

interface Options {
  readonly filePath?: string
  readonly projectService?: unknown
  readonly [name: string]: unknown
}

export interface Parser {
  readonly meta?: { readonly name: string; readonly version: string }
  parseForESLint(code: string, options: Options): unknown
}

/** The script of a Vue file as `vueParser` gives it to a parser of scripts, which is not always a piece of the file. */
function scriptOf(file: string, vueParser: Parser, scriptParser: Parser): string {
  let script = ''
  const recorder: Parser = {
    parseForESLint(code, { projectService, ...options }) {
      // Expressions of the template come without types.
      if (projectService !== undefined) script = code
      return scriptParser.parseForESLint(code, options)
    }
  }
  vueParser.parseForESLint(readFileSync(file, 'utf8'), {
    filePath: file,
    ecmaVersion: 2024,
    sourceType: 'module',
    extraFileExtensions: ['.vue'],
    projectService: true,
    parser: recorder
  })
  return script
}

/** All files of a project, a script for each Vue file. Throws what TypeScript says of a configuration that it cannot read. */
function programOf(configPath: string, vueParser: Parser, scriptParser: Parser): ts.Program {
  const { config, error } = ts.readConfigFile(configPath, (path) => ts.sys.readFile(path))
  if (error !== undefined) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'))
  const vue = { extension: '.vue', isMixedContent: false, scriptKind: ts.ScriptKind.Deferred }
  const { options, fileNames } = ts.parseJsonConfigFileContent(
    config,
    ts.sys,
    dirname(configPath),
    { allowNonTsExtensions: true, noEmit: true },
    configPath,
    undefined,
    [vue]
  )
  const host = ts.createCompilerHost(options, true)
  const ofDisk = host.getSourceFile.bind(host)
  host.getSourceFile = (path, version, onError, shouldCreate) =>
    path.endsWith('.vue')
      ? ts.createSourceFile(path, scriptOf(path, vueParser, scriptParser), version, true, ts.ScriptKind.TS)
      : ofDisk(path, version, onError, shouldCreate)
  return ts.createProgram(fileNames, options, host)
}

/** `scriptParser`, with the types of one program of `configPath` for all scripts that `vueParser` finds in its Vue files. */
export function withTypesOfOneProgram(configPath: string, vueParser: Parser, scriptParser: Parser): Parser {
  let program: ts.Program | undefined
  return {
    ...(scriptParser.meta === undefined ? {} : { meta: scriptParser.meta }),
    parseForESLint(code, options) {
      const { filePath, projectService, ...others } = options
      if (projectService === undefined || filePath === undefined) return scriptParser.parseForESLint(code, options)
      program ??= programOf(configPath, vueParser, scriptParser)
      if (program.getSourceFile(filePath)?.text !== code) return scriptParser.parseForESLint(code, options)
      return scriptParser.parseForESLint(code, { ...others, filePath, programs: [program] })
    }
  }
}
