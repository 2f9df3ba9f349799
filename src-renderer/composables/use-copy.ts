/** Copies text and says so for a moment. */
import { ref } from 'vue'
import { useClipboard } from '@vueuse/core'

const SAID_MS = 1_500

export function useCopy() {
  const { copy: write, copied } = useClipboard({ legacy: true, copiedDuring: SAID_MS })
  const what = ref('')
  const copy = async (text: string): Promise<void> => {
    what.value = text
    await write(text)
  }
  return { copy, copied, what }
}
