/** Bytes that are no binary snapshot. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
  /** Where the field begins that is wrong or cut; bytes from the start of the file. */
  readonly offset: number;

  /** @param problem what was found and what was expected */
  constructor(problem: string, offset: number) {
    super(`${problem} at byte ${offset}`);
    this.offset = offset;
  }
}
