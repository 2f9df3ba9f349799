/** Entry of the renderer: connects to the host, then puts the app on the page. */
import { createApp } from 'vue'
import { createPinia } from 'pinia'
import './theme/index.css'
import App from './App.vue'
import { connectToHost } from './bridge'
import { createTexts } from './i18n'
import { provideHost } from './stores/host'
import { useSettingsStore } from './stores/settings'

provideHost(connectToHost())
const app = createApp(App)
app.use(createPinia())
const settings = useSettingsStore()
app.use(createTexts(settings.language))
app.mount('#app')
