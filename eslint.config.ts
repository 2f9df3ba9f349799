import { resolve } from 'node:path'
import { defineConfigWithVueTs, vueTsConfigs } from '@vue/eslint-config-typescript'
import { globalIgnores } from 'eslint/config'
import prettier from 'eslint-config-prettier/flat'
import vue from 'eslint-plugin-vue'
import globals from 'globals'
import { withTypesOfOneProgram, type Parser } from './eslint.vue-types'

const configs = defineConfigWithVueTs(
  globalIgnores(['out', 'dist', 'coverage']),
  vue.configs['flat/recommended'],
  vueTsConfigs.recommendedTypeChecked,
  vueTsConfigs.stylistic,
  { files: ['**/*.{js,mjs,cjs}'], languageOptions: { globals: globals.node } },
  {
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true, argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      'no-restricted-syntax': ['error', { selector: 'TSEnumDeclaration', message: 'Use an `as const` table.' }]
    }
  },
  { files: ['test/**/*.ts'], rules: { 'no-empty-pattern': 'off' } },
  prettier
)

/** The parsers that Vue's preset has chosen for files with types. */
function parsersOfVueFiles(): { readonly vueParser: Parser; readonly scriptParser: Parser } {
  const { languageOptions } =
    configs.find(({ name }) => name === '@vue/typescript/default-project-service-for-vue-files') ?? {}
  const parserOptions = languageOptions?.parserOptions as { readonly parser?: Parser } | undefined
  const [vueParser, scriptParser] = [languageOptions?.parser as Parser | undefined, parserOptions?.parser]
  if (vueParser === undefined || scriptParser === undefined)
    throw new Error(
      '@vue/eslint-config-typescript no longer has its part for Vue files with types: see eslint.config.ts'
    )
  return { vueParser, scriptParser }
}

const { vueParser, scriptParser } = parsersOfVueFiles()
const parser = withTypesOfOneProgram(resolve(import.meta.dirname, 'tsconfig.renderer.json'), vueParser, scriptParser)

export default [
  ...configs,
  { name: 'types of Vue files from one program', files: ['**/*.vue'], languageOptions: { parserOptions: { parser } } }
]
