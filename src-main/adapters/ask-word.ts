/**
 * Asks for text over TCP with one word, as ZooKeeper's four-letter words are asked: the answer ends when the other side closes. What
 * is more than was asked for is not waited for.
 */
import { connect } from 'node:net'
import { AppError } from '../kernel/errors'
import type { AskWord } from '../kernel/ports'

export const askWord: AskWord = ({ host, port }, word, { timeoutMs, bytesMax }) =>
  new Promise((resolve, reject) => {
    const place = `${host}:${port}`
    const parts: Uint8Array[] = []
    let bytes = 0
    const socket = connect({ host, port }, () => socket.write(word))
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new AppError('TIMED_OUT', `${place} has not answered ${word} within ${timeoutMs} ms.`))
    }, timeoutMs)
    const told = (isWhole: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      // A character that was cut in two is of a line that was.
      const text = new TextDecoder().decode(Buffer.concat(parts, Math.min(bytes, bytesMax)))
      resolve({ text: isWhole ? text : text.slice(0, text.lastIndexOf('\n') + 1), isWhole })
    }
    socket.on('data', (part: Uint8Array) => {
      parts.push(part)
      bytes += part.byteLength
      if (bytes > bytesMax) told(false)
    })
    socket.on('end', () => told(true))
    socket.on('error', (error) => {
      clearTimeout(timer)
      const isRefused = 'code' in error && error.code === 'ECONNREFUSED'
      const code = isRefused ? 'CONNECTION_REFUSED' : 'CONNECTION_LOST'
      reject(new AppError(code, `${place} does not answer ${word}.`, { cause: error }))
    })
    socket.on('close', () => {
      clearTimeout(timer)
      reject(new AppError('CONNECTION_LOST', `${place} has closed the connection instead of answering ${word}.`))
    })
  })
