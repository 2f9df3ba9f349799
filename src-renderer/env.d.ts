/** What the renderer finds around itself: Vue files, styles, and the port the preload script may have put there. */
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent<object, object, unknown>
  export default component
}
declare module '*.css'
