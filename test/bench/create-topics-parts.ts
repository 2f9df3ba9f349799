/** What create-topics.mjs needs of the tests' support, bundled for it. */
export { RawCluster, fetchFrom, produceTo } from '../support/raw-cluster'
export { batchOf } from '../support/record-samples'
