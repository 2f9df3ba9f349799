/**
 * What a power cut may leave of a small file that was written anew: nothing, zeros where its bytes were to be, or its
 * beginning. Such a file says nothing, and nothing that contradicts what was to be in it.
 */
export function isRemnantOf(found: Uint8Array, whole: Uint8Array): boolean {
  let end = found.length
  while (end > 0 && found[end - 1] === 0) end -= 1
  if (end >= whole.length) return false
  for (let i = 0; i < end; i++) if (found[i] !== whole[i]) return false
  return true
}
