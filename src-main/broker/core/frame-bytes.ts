/** How long requests and answers may be. */

/** socket.request.max.bytes */
export const requestBytesMax = 104_857_600

/**
 * Of what one broker answers another. A batch is copied whole, and may have filled a request (where max.message.bytes allows it): a
 * follower that could not read such an answer would follow that leader in nothing any more.
 */
export const brokerAnswerBytesMax = requestBytesMax + 16 * 1024 * 1024
