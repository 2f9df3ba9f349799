/** Many sessions of a ZooKeeper ensemble in one process: bare frames of the client protocol (ZooKeeper's zookeeper.jute). */
import { once } from 'node:events'
import { connect } from 'node:net'

const timeoutMs = 30_000
const pingEveryMs = 8_000
/** Connections under way at a time: a listener's backlog is no longer. */
const atOnce = 100

const ops = { create: 1, delete: 2, exists: 3, ping: 11 }
const xids = { event: -1, ping: -2 }

class Frame {
  #parts = []
  int(value) {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(value)
    return this.bytes(bytes)
  }
  long(value) {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(value)
    return this.bytes(bytes)
  }
  bytes(bytes) {
    this.#parts.push(bytes)
    return this
  }
  buffer(bytes) {
    return this.int(bytes.length).bytes(bytes)
  }
  string(text) {
    return this.buffer(Buffer.from(text))
  }
  done() {
    const body = Buffer.concat(this.#parts)
    const length = Buffer.alloc(4)
    length.writeInt32BE(body.length)
    return Buffer.concat([length, body])
  }
}

const openList = (frame) => frame.int(1).int(31).string('world').string('anyone')

class Session {
  events = 0
  isLost = false
  #socket
  #rest = Buffer.alloc(0)
  #replies = []
  #xid = 0

  async open(port) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.on('error', () => (this.isLost = true))
    this.#socket.on('close', () => {
      this.isLost = true
      for (const reply of this.#replies.splice(0)) reply(-4)
    })
    await once(this.#socket, 'connect')
    this.#socket.on('data', (part) => this.#came(part))
    const answered = new Promise((done) => this.#replies.push(done))
    this.#socket.write(new Frame().int(0).long(0n).int(timeoutMs).long(0n).buffer(Buffer.alloc(16)).done())
    await answered
    if (this.isLost) throw new Error('a session was refused')
  }

  /** Resolves with the error code of the reply. */
  ask(op, body) {
    const frame = new Frame().int(++this.#xid).int(op)
    body(frame)
    const answered = new Promise((done) => this.#replies.push(done))
    this.#socket.write(frame.done())
    return answered
  }

  ping() {
    if (this.#socket?.readyState === 'open') this.#socket.write(new Frame().int(xids.ping).int(ops.ping).done())
  }

  close() {
    this.#socket.destroy()
  }

  #came(part) {
    this.#rest = this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part])
    let at = 0
    while (this.#rest.length - at >= 4) {
      const length = this.#rest.readInt32BE(at)
      if (this.#rest.length - at - 4 < length) break
      const xid = this.#rest.readInt32BE(at + 4)
      // The first answer is the handshake's, which has no xid.
      if (this.#xid === 0 && this.#replies.length > 0) this.#replies.shift()(0)
      else if (xid === xids.event) this.events++
      else if (xid !== xids.ping) this.#replies.shift()(this.#rest.readInt32BE(at + 16))
      at += 4 + length
    }
    this.#rest = this.#rest.subarray(at)
  }
}

/** `lost`: how many are no more. `watched(n)`: each watches n znodes, which then go; resolves with the ms until all events are there. */
export async function openSessions(ports, count, { ephemerals = false }) {
  const sessions = Array.from({ length: count }, () => new Session())
  const inParts = async (work) => {
    for (let i = 0; i < count; i += atOnce)
      await Promise.all(sessions.slice(i, i + atOnce).map((session, index) => work(session, i + index)))
  }
  const pings = setInterval(() => sessions.forEach((session) => session.ping()), pingEveryMs)
  await inParts((session, index) => session.open(ports[index % ports.length]))
  if (ephemerals) {
    await sessions[0].ask(ops.create, (frame) => openList(frame.string('/sessions').buffer(Buffer.alloc(0))).int(0))
    await inParts((session, index) =>
      session.ask(ops.create, (frame) => openList(frame.string(`/sessions/s${index}`).buffer(Buffer.alloc(0))).int(1))
    )
  }
  return {
    get lost() {
      return sessions.filter(({ isLost }) => isLost).length
    },
    async watched(znodes) {
      const [first] = sessions
      const make = (path) =>
        first.ask(ops.create, (frame) => openList(frame.string(path).buffer(Buffer.alloc(0))).int(0))
      await make('/watched')
      await Promise.all(Array.from({ length: znodes }, (_, i) => make(`/watched/n${i}`)))
      for (const session of sessions)
        await Promise.all(
          Array.from({ length: znodes }, (_, i) =>
            session.ask(ops.exists, (frame) => frame.string(`/watched/n${i}`).bytes(Buffer.of(1)))
          )
        )
      const fromMs = performance.now()
      const gone = Array.from({ length: znodes }, (_, i) =>
        first.ask(ops.delete, (frame) => frame.string(`/watched/n${i}`).int(-1))
      )
      await Promise.all(gone)
      while (sessions.reduce((sum, { events }) => sum + events, 0) < znodes * count)
        await new Promise((done) => setTimeout(done, 2))
      return performance.now() - fromMs
    },
    async close() {
      clearInterval(pings)
      for (const session of sessions) session.close()
    }
  }
}
