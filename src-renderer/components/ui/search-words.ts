/** Whether a text has all words of a query, in any order; what separates parts of a name may be typed as a space. Pure. */
export function matchesWords(text: string, query: string): boolean {
  const plain = (one: string): string => one.toLocaleLowerCase('en').replaceAll(/[_/]/g, ' ')
  const found = plain(text)
  return plain(query)
    .split(/\s+/)
    .every((word) => found.includes(word))
}
