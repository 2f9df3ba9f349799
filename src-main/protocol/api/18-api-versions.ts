/**
 * ApiVersions. The answer always has response header version 0, so that a client can read it whatever it asked.
 */
import { array, bool, int16, int32, int64, message, string, struct } from '../wire/schema'

export const apiVersionsRequest = message('ApiVersionsRequest', [0, 4], 3, {
  clientSoftwareName: string({ from: 3, ignorable: true }),
  clientSoftwareVersion: string({ from: 3, ignorable: true })
})

export const apiVersionsResponse = message('ApiVersionsResponse', [0, 4], 3, {
  errorCode: int16(),
  apiKeys: array(
    struct({
      apiKey: int16(),
      minVersion: int16(),
      maxVersion: int16()
    })
  ),
  throttleTimeMs: int32({ from: 1, default: 0, ignorable: true }),
  supportedFeatures: array(
    struct({
      name: string({ from: 3 }),
      minVersion: int16({ from: 3 }),
      maxVersion: int16({ from: 3 })
    }),
    { from: 3, tag: 0, ignorable: true }
  ),
  finalizedFeaturesEpoch: int64({ from: 3, default: -1, tag: 1, ignorable: true }),
  finalizedFeatures: array(
    struct({
      name: string({ from: 3 }),
      maxVersionLevel: int16({ from: 3 }),
      minVersionLevel: int16({ from: 3 })
    }),
    { from: 3, tag: 2, ignorable: true }
  ),
  zkMigrationReady: bool({ from: 3, default: false, tag: 3, ignorable: true })
})
