import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'

const r = (path: string): string => resolve(import.meta.dirname, path)
const entry = (name: string): string => r(`src-main/entry/${name}.ts`)

export default defineConfig({
  main: {
    build: {
      outDir: r('out/main'),
      // Of their many files each process would read all when it starts; bundled, it reads what it uses.
      externalizeDeps: { exclude: ['zod', 'commander', '@platformatic/kafka'] },
      // Electron 33 (the stand-in) runs Node 20.18, and so may the user's own Node.
      target: 'node20.18',
      sourcemap: true,
      rolldownOptions: {
        // It reads its WebAssembly from beside itself.
        external: ['@platformatic/wasm-utils'],
        // None of its modules does anything but define, which its package.json does not say: what nobody uses is left out.
        treeshake: { moduleSideEffects: (id) => !id.includes('/node_modules/@platformatic/kafka/') },
        input: {
          'electron-main': entry('electron-main'),
          'broker-process': entry('broker-process'),
          'ensemble-process': entry('ensemble-process'),
          'monitor-process': entry('monitor-process'),
          'workload-process': entry('workload-process'),
          'reader-process': entry('reader-process'),
          cli: entry('cli')
        },
        // Shared chunks stay beside the entries, so that import.meta.dirname is out/main everywhere.
        output: { chunkFileNames: '[name]-[hash].js' }
      }
    }
  },
  preload: {
    build: {
      outDir: r('out/preload'),
      target: 'node20.18',
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: entry('preload') },
        // A sandboxed renderer cannot load an ES module as its preload.
        output: { format: 'cjs', entryFileNames: '[name].cjs' }
      }
    }
  },
  renderer: {
    root: r('src-renderer'),
    html: { cspNonce: '__CSP_NONCE__' },
    build: {
      outDir: r('out/renderer'),
      target: 'chrome130',
      minify: true,
      rolldownOptions: { input: r('src-renderer/index.html') }
    },
    resolve: { alias: { '@': r('src-renderer'), '@api': r('src-main/api') } },
    plugins: [vue()]
  }
})
