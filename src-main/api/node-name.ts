import { z } from 'zod'

/** broker-1, ensemble-1 */
export const nodeNameSchema = z.string().regex(/^(broker|ensemble)-[1-9][0-9]*$/)
