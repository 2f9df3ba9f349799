// The floors: what the machine does at the least for the same bytes, in plain Node.
//   node floor.mjs receive FILE     receives on a TCP connection, CRC-32C, writeSync; 256 KB static buffer
//   node floor.mjs send FILE        reads FILE by 256 KB and writes it to each connection, two buffers in flight
// Prints the port, then serves until it is killed.
import { crc32c } from '@node-rs/crc32'
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import net from 'node:net'

const [mode, path] = process.argv.slice(2)
const bufferBytes = 256 * 1024

function receive() {
  const shared = Buffer.allocUnsafeSlow(bufferBytes)
  const server = net.createServer({ pauseOnConnect: true, noDelay: true }, (accepted) => {
    const file = openSync(path, 'w')
    const handle = accepted._handle
    accepted._handle = null
    let crc = 0
    const socket = new net.Socket({
      handle,
      readable: true,
      writable: true,
      onread: {
        buffer: shared,
        callback: (length, bytes) => {
          const chunk = bytes.subarray(0, length)
          crc = crc32c(chunk, crc)
          writeSync(file, chunk)
          return true
        }
      }
    })
    socket.on('end', () => {
      closeSync(file)
      socket.end(String(crc).slice(0, 8))
    })
    socket.on('error', () => socket.destroy())
    socket.resume()
  })
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))
}

function send() {
  const server = net.createServer({ noDelay: true }, (socket) => {
    const file = openSync(path, 'r')
    const size = fstatSync(file).size
    let position = 0
    const pump = (buffer) => {
      if (position >= size) {
        socket.end()
        return
      }
      const length = readSync(file, buffer, 0, bufferBytes, position)
      position += length
      socket.write(length === bufferBytes ? buffer : buffer.subarray(0, length), () => pump(buffer))
    }
    pump(Buffer.allocUnsafeSlow(bufferBytes))
    pump(Buffer.allocUnsafeSlow(bufferBytes))
    socket.on('error', () => socket.destroy())
  })
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))
}

if (mode === 'receive') receive()
else send()
