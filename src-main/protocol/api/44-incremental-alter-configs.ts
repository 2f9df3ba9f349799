/**
 * IncrementalAlterConfigs (KIP-339): changes what is named and leaves the rest.
 */
import { array, bool, int16, int32, int8, message, string, struct } from '../wire/schema'

export const incrementalAlterConfigsRequest = message('IncrementalAlterConfigsRequest', [0, 1], 1, {
  resources: array(
    struct({
      resourceType: int8(),
      resourceName: string(),
      configs: array(
        struct({
          name: string(),
          configOperation: int8(),
          value: string({ nullableFrom: 0 })
        })
      )
    })
  ),
  validateOnly: bool()
})

export const incrementalAlterConfigsResponse = message('IncrementalAlterConfigsResponse', [0, 1], 1, {
  throttleTimeMs: int32({ default: 0 }),
  responses: array(
    struct({
      errorCode: int16(),
      errorMessage: string({ nullableFrom: 0 }),
      resourceType: int8(),
      resourceName: string()
    })
  )
})
