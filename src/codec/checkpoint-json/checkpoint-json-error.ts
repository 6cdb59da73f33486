/** Where in a JSON checkpoint something is wrong: a byte of the text, or a value within the document. */
export interface CheckpointJsonPlace {
  /** Bytes from the start of the file; for text that is not JSON. */
  readonly offset?: number;
  /** Counted from 1; given with `offset`. */
  readonly line?: number;
  /** `children["socket0"].metrics["power"].data[3]`; for a value of the wrong type. */
  readonly path?: string;
}

/** Bytes that are no JSON checkpoint. The message says where and what was expected. */
export class CheckpointJsonError extends Error {
  override readonly name = "CheckpointJsonError";
  readonly place: CheckpointJsonPlace;

  constructor(message: string, place: CheckpointJsonPlace) {
    super(message);
    this.place = place;
  }
}
