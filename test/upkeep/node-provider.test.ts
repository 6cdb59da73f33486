import { expect, test } from "vitest";
import { HostsInUse, type ProviderStateChange } from "../../src/upkeep/node-provider.ts";

test("a provider that fails is told of once, and once when it is back", async () => {
  const changes: ProviderStateChange[] = [];
  const down = new Error("connection refused");
  const answers = ["ok", "down", "down", "down", "ok", "ok", "down"];
  const inUse = new HostsInUse(
    {
      usedNodes: async () => {
        if (answers.shift() === "down") throw down;
        return { alex: ["a1", "a2"] };
      },
    },
    (change) => void changes.push(change),
  );
  const sizes: number[] = [];
  for (let i = 0; i < 7; i++) sizes.push((await inUse.startedBefore(0)).size);
  expect(sizes).toEqual([2, 0, 0, 0, 2, 2, 0]);
  expect(changes).toEqual([
    { state: "down", error: down },
    { state: "up", failures: 3 },
    { state: "down", error: down },
  ]);
  expect(inUse.status()).toEqual({ state: "down", hostsInUse: 0 });
});

test("without a provider no host is in use, and the status says nothing of it", async () => {
  const inUse = new HostsInUse(undefined, () => expect.unreachable());
  expect((await inUse.startedBefore(0)).size).toBe(0);
  expect(inUse.status()).toBeUndefined();
});
