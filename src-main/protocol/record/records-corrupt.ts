/** Thrown and caught inside protocol/record only; callers of the codec get values. */
export class RecordsCorrupt extends Error {
  override readonly name = 'RecordsCorrupt'
}
