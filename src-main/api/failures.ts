/**
 * What can be done to a lab cluster on purpose, beside killing and stopping nodes. Each command answers when its effect was
 * observed, and is idempotent.
 */
import { z } from 'zod'
import { askedFaultSchema, faultSchema } from './faults'
import { nodeNameSchema } from './node-name'
import { nodeSchema } from './views'

const node = z.object({ node: nodeNameSchema })

export const FAILURE_COMMANDS = {
  /** SIGSTOP; until it is resumed, started, stopped or killed. */
  'node.pause': { input: node, output: nodeSchema },
  'node.resume': { input: node, output: nodeSchema },
  /** Kills what runs and empties its folder; it stays stopped. */
  'node.wipe': { input: node, output: nodeSchema },
  /** The same fault again is changed, not added a second time. */
  'fault.add': { input: askedFaultSchema, output: faultSchema },
  'fault.list': { input: z.object({}), output: z.object({ faults: z.array(faultSchema) }) },
  /** One, or all without an id; what was healed. */
  'fault.heal': { input: z.object({ id: z.string().optional() }), output: z.object({ faults: z.array(faultSchema) }) }
} as const
