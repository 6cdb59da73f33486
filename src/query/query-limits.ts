/** What one request may ask for; each limit has its reason in library/limits.ts. */
export interface QueryLimits {
  /** Results of one request, which is at least its queries. */
  readonly queriesPerRequest: number;
  /** Values of one answer, over all its results. */
  readonly pointsPerAnswer: number;
  /** Values of one result. */
  readonly pointsPerResult: number;
}
