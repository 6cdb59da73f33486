// What became of a batch of lines.

/** A line that was not stored, and why. */
export interface Rejection {
  /** Number of the line in its batch, from 1. */
  readonly line: number;
  readonly reason: string;
}

export interface IngestReport {
  /** Samples stored. */
  readonly stored: number;
  /** Lines of metrics that are not configured, skipped unread. */
  readonly ignored: number;
  /** Samples not stored because their value does not fit a float32; like the reference, no error. */
  readonly dropped: number;
  /** Lines that are not stored because something is wrong with them. */
  readonly rejected: number;
  /** The first of the rejected lines. */
  readonly rejections: readonly Rejection[];
}
