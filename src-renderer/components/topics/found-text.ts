/** Where in a text the words are that somebody looks for. Pure. */

export interface Words {
  readonly text: string
  readonly isCaseSensitive: boolean
}

export interface Piece {
  readonly text: string
  readonly isFound: boolean
}

const ELLIPSIS = '…'
/** Of an excerpt, what stands before the first find. */
const LEAD = 24
/** A text that has more of them is not made a list of thousands of elements. */
const FINDS_MAX = 200

/** The whole text in pieces, as it was. Complexity: O(text). */
export function piecesOf(text: string, words: Words | undefined): readonly Piece[] {
  if (words === undefined || words.text === '' || text === '') return [{ text, isFound: false }]
  const among = words.isCaseSensitive ? text : text.toLowerCase()
  const wanted = words.isCaseSensitive ? words.text : words.text.toLowerCase()
  // A few letters become two in lower case (İ): then places in the one are none in the other.
  if (among.length !== text.length) return [{ text, isFound: false }]
  const pieces: Piece[] = []
  let done = 0
  for (let at = among.indexOf(wanted); at >= 0 && pieces.length < 2 * FINDS_MAX; at = among.indexOf(wanted, done)) {
    if (at > done) pieces.push({ text: text.slice(done, at), isFound: false })
    pieces.push({ text: text.slice(at, at + wanted.length), isFound: true })
    done = at + wanted.length
  }
  if (done < text.length) pieces.push({ text: text.slice(done), isFound: false })
  return pieces
}

/** One line of at most `max` characters that shows the first find, wherever it stands. */
export function excerptOf(text: string, words: Words | undefined, max: number): readonly Piece[] {
  const [first, second] = piecesOf(text, words)
  const lead = first !== undefined && !first.isFound && second !== undefined ? first.text.length : 0
  const from = lead > 2 * LEAD ? lead - LEAD : 0
  const pieces = piecesOf(text.slice(from, from + max), words)
  return from === 0 ? pieces : [{ text: ELLIPSIS, isFound: false }, ...pieces]
}
