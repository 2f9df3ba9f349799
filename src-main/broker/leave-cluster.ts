/**
 * A clean stop begins with this: the controller is asked to move away what this broker leads, so that clients find other
 * leaders before this one is gone. It is asked a few times and not for long: without a controller, or without another
 * replica that could lead, the stop goes on (ADR 34).
 */
import { expectAppError, messageOf } from '../kernel/errors'
import type { BrokerEpoch, BrokerId } from '../kernel/ids'
import type { Clock, Log } from '../kernel/ports'
import { pause } from '../kernel/waiting'
import { controlledShutdownRequest, controlledShutdownResponse } from '../protocol/api/07-controlled-shutdown'
import { errorName } from '../protocol/wire/error-codes'
import type { ControllerChannel } from './controller-channel'

/** Of all attempts together. */
const budgetMs = 5_000
const retryMs = 100
/** controlled.shutdown.max.retries */
const attemptsMax = 3

const call = {
  apiKey: 7,
  version: 3,
  request: controlledShutdownRequest,
  response: controlledShutdownResponse
} as const

interface LeavePorts {
  readonly brokerId: BrokerId
  readonly brokerEpoch: BrokerEpoch
  readonly channel: ControllerChannel
  readonly clock: Clock
  readonly log: Log
}

/** Resolves, within five seconds, with whether everything was moved away. */
export async function leaveCluster(ports: LeavePorts): Promise<boolean> {
  const { clock, log, brokerId, brokerEpoch, channel } = ports
  const endMs = clock.monotonicMs() + budgetMs
  let problem = 'there is no controller'
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const leftMs = endMs - clock.monotonicMs()
    if (leftMs <= 0) break
    try {
      const answer = await channel.ask(call, { brokerId, brokerEpoch }, leftMs)
      const error = answer === undefined ? undefined : errorName(answer.errorCode)
      const remaining = answer?.remainingPartitions.length ?? 0
      if (error === 'NONE' && remaining === 0) return true
      if (error !== undefined) problem = error === 'NONE' ? `${remaining} partitions have no other leader` : error
    } catch (error) {
      expectAppError(error)
      problem = messageOf(error)
    }
    await pause(clock, retryMs)
  }
  log('warn', 'the broker stops although it leads partitions', { reason: problem })
  return false
}
