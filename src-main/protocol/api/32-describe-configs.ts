/**
 * DescribeConfigs. 1: synonyms. 3: types and documentation.
 */
import { array, bool, int16, int32, int8, message, string, struct } from '../wire/schema'

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configurationKeys: readonly string[] | null
}

export const describeConfigsRequest = message('DescribeConfigsRequest', [0, 4], 4, {
  resources: array(
    struct({
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: array(string(), { nullableFrom: 0, distinctBy: (key: string) => key })
    }),
    { distinctBy: (resource: Resource) => JSON.stringify(resource) }
  ),
  includeSynonyms: bool({ from: 1, default: false }),
  includeDocumentation: bool({ from: 3, default: false })
})

export const describeConfigsResponse = message('DescribeConfigsResponse', [0, 4], 4, {
  throttleTimeMs: int32({ default: 0 }),
  results: array(
    struct({
      errorCode: int16(),
      errorMessage: string({ nullableFrom: 0 }),
      resourceType: int8(),
      resourceName: string(),
      configs: array(
        struct({
          name: string(),
          value: string({ nullableFrom: 0 }),
          readOnly: bool(),
          isDefault: bool({ to: 0 }),
          configSource: int8({ from: 1, default: -1, ignorable: true }),
          isSensitive: bool(),
          synonyms: array(
            struct({
              name: string({ from: 1 }),
              value: string({ from: 1, nullableFrom: 0 }),
              source: int8({ from: 1 })
            }),
            { from: 1, ignorable: true }
          ),
          configType: int8({ from: 3, default: 0, ignorable: true }),
          documentation: string({ from: 3, nullableFrom: 0, ignorable: true })
        })
      )
    })
  )
})
