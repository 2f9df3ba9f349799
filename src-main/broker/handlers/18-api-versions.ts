/**
 * ApiVersions, versions 0 to 4, answered from the table of handlers. A version that is not served never comes here: the
 * router answers it in the layout of version 0. Names of client software that are no names are INVALID_REQUEST.
 */
import { apiVersionsRequest, apiVersionsResponse } from '../../protocol/api/18-api-versions'
import { code } from '../../protocol/wire/headers'
import { handler, type HandlerRow } from '../server/handler'

const softwareName = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

/** `rows` is the whole table, this row included: it is read when a client asks. */
export function apiVersions(rows: () => readonly HandlerRow[]): HandlerRow {
  return handler({
    apiKey: 18,
    served: [0, 4],
    isServedEarly: true,
    request: apiVersionsRequest,
    response: apiVersionsResponse,
    handle({ clientSoftwareName, clientSoftwareVersion }, { header }) {
      const isNamed = softwareName.test(clientSoftwareName) && softwareName.test(clientSoftwareVersion)
      if (header.apiVersion >= 3 && !isNamed) return { errorCode: code('INVALID_REQUEST'), apiKeys: [] }
      const apiKeys = [...rows()]
        .sort((a, b) => a.apiKey - b.apiKey)
        .map(({ apiKey, advertised: [minVersion, maxVersion] }) => ({ apiKey, minVersion, maxVersion }))
      return { errorCode: 0, apiKeys }
    }
  })
}
