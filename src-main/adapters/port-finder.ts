/** Free TCP ports, found by binding them for a moment. */
import { createServer } from 'node:net'
import { AppError } from '../kernel/errors'
import { portMax, type PortFinder } from '../kernel/ports'

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

export const portFinder: PortFinder = {
  isFree,
  async freePort(host, from, taken) {
    for (let port = from; port <= portMax; port++) {
      if (!taken.includes(port) && (await isFree(host, port))) return port
    }
    throw new AppError('ADDRESS_IN_USE', `No port from ${from} on is free on ${host}.`)
  }
}
