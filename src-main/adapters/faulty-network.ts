/**
 * A network whose links can be cut, slowed and made lossy, as NodeFaults says. A connection stands between its owner and the
 * real one; while its link is whole it hands everything on at once, in the same call.
 *
 * As with a real network: what is sent into a cut waits and arrives when it is healed, if its connection is still there
 * by then; a connection that is made meanwhile times out; the end of a connection does not cross a cut either.
 */
import type { Address, Clock, Connection, FrameHandler, Listener, Network, Random } from '../kernel/ports'
import { AppError } from '../kernel/errors'
import { wholeLeg, type FaultSwitch, type LinkFaults } from '../kernel/node-faults'
import { said } from '../kernel/said'
import { FaultyConnection, type FaultyPorts } from './faulty-connection'
import { stallMs } from './faulty-lane'

export interface FaultyNetworkPorts {
  readonly faults: FaultSwitch
  readonly clock: Clock
  readonly random: Random
  /** Refusing clients refuses whoever connects; else it is left to the node, which knows who is none. */
  readonly refusesWhoeverConnects: boolean
}

const whole: Omit<LinkFaults, 'peer'> = { outward: wholeLeg, inward: wholeLeg }

export function faultyNetwork(network: Network, ports: FaultyNetworkPorts): Network {
  return {
    listen: (options, accept) =>
      ports.refusesWhoeverConnects
        ? refusingListener(network, ports.faults, options, accept)
        : network.listen(options, accept),

    async connect(options, handlerFor) {
      const link = (): Omit<LinkFaults, 'peer'> => linkTo(ports.faults, options)
      const deadlineMs = ports.clock.monotonicMs() + options.timeoutMs
      if (!isWhole(link())) await shakenHands(ports, link, options, deadlineMs)
      const timeoutMs = Math.max(1, deadlineMs - ports.clock.monotonicMs())
      let connection: FaultyConnection | undefined
      const whenChanged = (changed: () => void) => ports.faults.onChange(changed)
      const faulty: FaultyPorts = { clock: ports.clock, random: ports.random, link, whenChanged }
      const inner = await network.connect({ ...options, timeoutMs }, (real) => {
        connection = new FaultyConnection(real, faulty)
        return connection.begin(handlerFor)
      })
      return connection ?? inner
    }
  }
}

function linkTo({ now }: FaultSwitch, { host, port }: Address): Omit<LinkFaults, 'peer'> {
  return now.links.find(({ peer }) => peer.port === port && peer.host === host) ?? whole
}

const isWhole = ({ outward, inward }: Omit<LinkFaults, 'peer'>): boolean =>
  [outward, inward].every(({ isCut, delayMs, lossPercent }) => !isCut && delayMs === 0 && lossPercent === 0)

/** Resolves when a first packet would have come and its answer gone back. Rejects with TIMED_OUT. */
async function shakenHands(
  { faults, clock, random }: FaultyNetworkPorts,
  link: () => Omit<LinkFaults, 'peer'>,
  { host, port, timeoutMs }: Address & { readonly timeoutMs: number },
  deadlineMs: number
): Promise<void> {
  // Lost once or not: that is decided for each attempt, not for each look.
  const lostMs = stallMs(link().outward, random, 1) + stallMs(link().inward, random, 1)
  for (let nowMs = clock.monotonicMs(); nowMs < deadlineMs; nowMs = clock.monotonicMs()) {
    const { outward, inward } = link()
    const isCut = outward.isCut || inward.isCut
    const dueMs = outward.delayMs + inward.delayMs + lostMs
    await changedOrLater(faults, clock, Math.min(isCut ? Infinity : dueMs, deadlineMs - nowMs))
    if (isWhole(link()) || (!isCut && clock.monotonicMs() - nowMs >= dueMs)) return
  }
  const at = `${host}:${port}`
  throw new AppError('TIMED_OUT', said`${at} did not answer within ${timeoutMs} ms`)
}

function changedOrLater(faults: FaultSwitch, clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel()
      off()
      resolve()
    }
    const timer = clock.after(delayMs, done)
    const off = faults.onChange(done)
  })
}

const deaf: FrameHandler = { frame: () => undefined, closed: () => undefined }

async function refusingListener(
  network: Network,
  faults: FaultSwitch,
  options: Parameters<Network['listen']>[0],
  accept: (connection: Connection) => FrameHandler
): Promise<Listener> {
  const open = new Set<Connection>()
  const off = faults.onChange(() => {
    if (faults.now.refusesClients) for (const connection of [...open]) connection.destroy()
  })
  const listener = await network.listen(options, (connection) => {
    if (faults.now.refusesClients) {
      connection.destroy()
      return deaf
    }
    open.add(connection)
    const handler = accept(connection)
    return {
      frame: (bytes) => handler.frame(bytes),
      ...(handler.word === undefined ? {} : { word: (word: string) => handler.word?.(word) }),
      ...(handler.drained === undefined ? {} : { drained: () => handler.drained?.() }),
      closed(error) {
        open.delete(connection)
        handler.closed(error)
      }
    }
  })
  return {
    address: listener.address,
    close() {
      off()
      return listener.close()
    }
  }
}
