/** A request that cannot be served as it stands; `message` tells the client where and what was expected. */
export class RequestError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "RequestError";
  }
}
