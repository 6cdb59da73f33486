// What can go wrong in a read, as a typed error whose text the API passes on to its users.

export type StoreErrorCode =
  | "unknown-metric"
  | "invalid-time-range"
  | "not-found"
  | "invalid-aggregation"
  | "invalid-resolution"
  | "too-many-points";

/** A request that the store cannot answer; `message` says what was asked and what was expected. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string) {
    super(message);
    this.name = "StoreError";
    this.code = code;
  }
}
