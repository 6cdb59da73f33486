// The recorded cases of test/golden/api: reading them and comparing answers. Format: test/golden/README.md.
import { readdirSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

export interface RecordedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly raw?: unknown;
}

export interface Step {
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
  readonly response: RecordedAnswer | null;
  readonly expect: "same" | "better" | "either";
  readonly better?: { readonly response: RecordedAnswer; readonly why: string };
  readonly unordered?: boolean;
  readonly unstable?: boolean;
  readonly compare?: "exact" | "status";
  readonly note?: string;
}

export interface GoldenCase {
  readonly name: string;
  readonly about: string;
  readonly needs_now?: boolean;
  readonly config: Record<string, Record<string, unknown>>;
  readonly steps: readonly Step[];
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

const directory = new URL("../golden/api/", import.meta.url);

export function goldenCases(): GoldenCase[] {
  return readdirSync(directory)
    .toSorted()
    .map((file) => JSON.parse(readFileSync(new URL(file, directory), "utf8")) as GoldenCase);
}

/** The bytes of a recorded body; undefined = no body. `now` stands for the minute in which the case starts. */
export function bodyBytes(body: unknown, now: number): Buffer | undefined {
  if (body === undefined) return undefined;
  if (typeof body === "string") return Buffer.from(body);
  if (isObject(body) && typeof body["$base64"] === "string") return Buffer.from(body["$base64"], "base64");
  if (isObject(body) && Array.isArray(body["$concat"]))
    return Buffer.from(body["$concat"].map((part) => resolveNow(part, now)).join(""));
  return Buffer.from(JSON.stringify(resolveNow(body, now)));
}

function resolveNow(value: unknown, now: number): unknown {
  if (Array.isArray(value)) return value.map((item) => resolveNow(item, now));
  if (!isObject(value)) return value;
  if (typeof value["$now"] === "number") return now + value["$now"];
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveNow(item, now)]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is wrong with an answer; undefined when it is as recorded, or better in the way the case asks for. */
export function complaint(step: Step, answer: Answer, now: number): string | undefined {
  const accepted = acceptedAnswers(step);
  const complaints = accepted.map((recorded) => difference(step, recorded, answer, now));
  if (complaints.includes(undefined)) return undefined;
  return complaints.join(" | ");
}

function acceptedAnswers(step: Step): RecordedAnswer[] {
  const better = step.better?.response;
  const candidates =
    step.expect === "same" ? [step.response] : step.expect === "better" ? [better] : [step.response, better];
  return candidates.filter((candidate) => candidate !== null && candidate !== undefined);
}

function difference(step: Step, recorded: RecordedAnswer, answer: Answer, now: number): string | undefined {
  if (answer.status !== recorded.status)
    return `status ${answer.status}, expected ${recorded.status}: ${answer.body.slice(0, 200)}`;
  if (step.compare === "status") return undefined;
  const contentType = recorded.headers?.["content-type"];
  if (contentType !== undefined && answer.contentType !== contentType)
    return `content-type ${answer.contentType}, expected ${contentType}`;
  if (recorded.status >= 400 && step.compare !== "exact") return undefined;
  if (recorded.raw === undefined || (step.unstable && step.expect === "same")) return undefined;
  const expected = typeof recorded.raw === "string" ? recorded.raw : JSON.stringify(recorded.raw);
  return sameBody(expected, answer.body, now, step.unordered === true)
    ? undefined
    : `body ${answer.body.slice(0, 500)}\nexpected ${expected.slice(0, 500)}`;
}

function sameBody(expected: string, actual: string, now: number, isUnordered: boolean): boolean {
  if (!/^\s*[{[]/.test(expected)) return expected === actual;
  const [left, right] = [parse(resolveMarks(expected, now)), parse(actual)];
  return isDeepStrictEqual(isUnordered ? pairQueries(left) : left, isUnordered ? pairQueries(right) : right);
}

function resolveMarks(text: string, now: number): string {
  return text.replaceAll(/\{"\$now":\s*(-?\d+)\}/g, (_, offset: string) => String(now + Number(offset)));
}

/** JSON with every number kept as its text (`1.000` is not `1`) and the texts of `error` members left out. */
function parse(text: string): unknown {
  const marked = text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g, (token) =>
    token.startsWith('"') ? token : `"#${token}"`,
  );
  return JSON.parse(marked, (key, value: unknown) => (key === "error" ? "some error" : value));
}

/** Hosts of for-all-nodes come in any order: the made queries, each with its result, sorted. */
function pairQueries(answer: unknown): unknown {
  if (!isObject(answer) || !Array.isArray(answer["queries"]) || !Array.isArray(answer["results"])) return answer;
  const { queries, results } = answer;
  const given = results.length - queries.length;
  const pairs = queries.map((query, i) => JSON.stringify([query, results[given + i]])).toSorted();
  return { pairs, results: results.slice(0, given) };
}
