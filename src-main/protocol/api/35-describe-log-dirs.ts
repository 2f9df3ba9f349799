/**
 * DescribeLogDirs. 3: error code. 4: volume sizes (KIP-827).
 */
import { array, bool, int16, int32, int64, message, string, struct } from '../wire/schema'

export const describeLogDirsRequest = message('DescribeLogDirsRequest', [0, 4], 2, {
  topics: array(
    struct({
      topic: string(),
      partitions: array(int32())
    }),
    { nullableFrom: 0 }
  )
})

export const describeLogDirsResponse = message('DescribeLogDirsResponse', [0, 4], 2, {
  throttleTimeMs: int32({ default: 0 }),
  errorCode: int16({ from: 3, ignorable: true }),
  results: array(
    struct({
      errorCode: int16(),
      logDir: string(),
      topics: array(
        struct({
          name: string(),
          partitions: array(
            struct({
              partitionIndex: int32(),
              partitionSize: int64(),
              offsetLag: int64(),
              isFutureKey: bool()
            })
          )
        })
      ),
      totalBytes: int64({ from: 4, default: -1, ignorable: true }),
      usableBytes: int64({ from: 4, default: -1, ignorable: true })
    })
  )
})
