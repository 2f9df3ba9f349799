/**
 * Messages between a client and the host, the same on every transport: JSON objects (one line each on the control
 * socket, one message each elsewhere). Requests carry an id; pushes carry the watch key.
 */
import { z } from 'zod'
import { changedRowsSchema, rowsSchema } from './rows'
import { watchKeySchema } from './watch'

const id = z.number().int().nonnegative()

/** Client to host. */
export const clientMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('call'), id, name: z.string().max(100), input: z.unknown() }),
  /** `byRows`: of a view that is a long list, later pushes are of the rows that have changed. */
  z.object({ type: z.literal('watch'), key: watchKeySchema, byRows: z.boolean().optional() }),
  z.object({ type: z.literal('unwatch'), key: watchKeySchema })
])
export type ClientMessage = z.infer<typeof clientMessageSchema>

const errorSchema = z.object({ code: z.string(), message: z.string(), kafkaError: z.string().optional() })

/** How many parts came right before it. */
const follows = z.number().int().positive().optional()

/** Host to client. */
export const hostMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('result'), id, value: z.unknown() }),
  z.object({
    type: z.literal('error'),
    id,
    error: errorSchema
  }),
  z.object({ type: z.literal('push'), key: watchKeySchema, value: z.unknown(), follows }),
  /** Rows of a long list: they stand before those of the next push, or rows, for this key; only to who asked for rows. */
  z.object({ type: z.literal('part'), key: watchKeySchema, value: rowsSchema }),
  /** What has changed since the last push for this key; only to who asked for it. */
  z.object({ type: z.literal('rows'), key: watchKeySchema, value: changedRowsSchema, follows }),
  /** The watch is not held: nothing will come for the key until it is asked for again. */
  z.object({ type: z.literal('refused'), key: watchKeySchema, error: errorSchema })
])
export type HostMessage = z.infer<typeof hostMessageSchema>
