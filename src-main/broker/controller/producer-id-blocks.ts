/** Blocks of producer ids (KIP-730): which were given away is stored, so that no id is given twice. */
import type { BrokerId } from '../../kernel/ids'
import type { KafkaError } from '../../protocol/wire/error-codes'
import { parseNextProducerId, paths, producerIdBlockData, producerIdBlockSize } from '../core/znodes'
import type { ControllerTerm } from './controller-term'

export async function nextProducerIds(
  { ports, writes }: ControllerTerm,
  brokerId: BrokerId
): Promise<{ readonly error: KafkaError; readonly start: bigint; readonly length: number }> {
  const stored = await ports.ensemble.getData(paths.producerIdBlock)
  if (stored === undefined) return { error: 'NOT_CONTROLLER', start: -1n, length: 0 }
  const start = parseNextProducerId(stored.data)
  const data = producerIdBlockData(brokerId, start)
  await writes.multi([{ type: 'setData', path: paths.producerIdBlock, data, version: stored.stat.version }])
  return { error: 'NONE', start, length: producerIdBlockSize }
}
