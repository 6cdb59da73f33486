// Every recorded case is played against the real server, over a socket, and must be answered as the original answered
// or better in the way the case asks for.
import { expect, test } from "vitest";
import { bodyBytes, complaint, goldenCases, type GoldenCase } from "../support/golden-case.ts";
import { startGoldenStore } from "../support/golden-store.ts";
import { temporaryDirectory } from "../support/program.ts";

const cases = goldenCases();

test("all recorded cases are here", () => {
  expect(cases.length).toBe(40);
  expect(cases.reduce((steps, { steps: { length } }) => steps + length, 0)).toBe(527);
});

test.each(cases.map((golden) => [golden.name, golden] as const))("%s", async (_, golden) => {
  expect(await play(golden)).toEqual([]);
});

/** Plays the steps in order and returns what is wrong with the answers. */
async function play(golden: GoldenCase): Promise<string[]> {
  const { directory, remove } = temporaryDirectory();
  const store = await startGoldenStore(`${directory}/checkpoints`, golden.config);
  const now = Math.floor(Date.now() / 60_000) * 60;
  const complaints: string[] = [];
  try {
    for (const [index, step] of golden.steps.entries()) {
      const { method, path, headers, body } = step.request;
      const answer = await store.request(method, path, bodyBytes(body, now), headers);
      const text = complaint(step, answer, now);
      if (text !== undefined)
        complaints.push(`[${index}] ${method} ${path} ${JSON.stringify(body)?.slice(0, 200)}: ${text}`);
    }
  } finally {
    await store.stop();
    remove();
  }
  return complaints;
}
