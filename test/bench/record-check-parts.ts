/** What record-check.mjs bundles and measures. */
export { nodeChecksum } from '../../src-main/adapters/node-checksum'
export { nodeCompression } from '../../src-main/adapters/node-compression'
export { buildBatch } from '../../src-main/protocol/record/batch-builder'
export { validateBatchForAppend } from '../../src-main/protocol/record/batch-validation'
