/** Whatever a call was rejected with, as the API tells failures. */
import { ApiError } from '@api/api'

export const asApiError = (cause: unknown): ApiError =>
  cause instanceof ApiError ? cause : new ApiError({ code: 'FAILED', message: String(cause) })
