/**
 * AlterConfigs: what is given replaces all that was set for the resource. Clients prefer IncrementalAlterConfigs.
 */
import { array, bool, int16, int32, int8, message, string, struct } from '../wire/schema'

export const alterConfigsRequest = message('AlterConfigsRequest', [0, 2], 2, {
  resources: array(
    struct({
      resourceType: int8(),
      resourceName: string(),
      configs: array(
        struct({
          name: string(),
          value: string({ nullableFrom: 0 })
        })
      )
    })
  ),
  validateOnly: bool()
})

export const alterConfigsResponse = message('AlterConfigsResponse', [0, 2], 2, {
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
