import { describe, expect, test, vi } from "vitest";
import { MemoryFileSystem, MemoryClock, MemoryScheduler } from "../../src/runtime/memory.ts";
import { describeArchiveWorker } from "../conformance/archive-worker.ts";
import { describeClock } from "../conformance/clock.ts";
import { describeFileSystem } from "../conformance/file-system.ts";
import { describeScheduler } from "../conformance/scheduler.ts";
import { InProcessWorkers } from "../upkeep/in-process-workers.ts";

describeFileSystem("files in memory", async () => {
  const files = new MemoryFileSystem();
  await files.makeDirectory("/data");
  return { files, directory: "/data" };
});
describeClock("the clock in memory", () => {
  const clock = new MemoryClock();
  return { clock, pass: async (ms) => clock.advance(ms) };
});
describeScheduler("the scheduler in memory", () => {
  const scheduler = new MemoryScheduler();
  return { scheduler, pass: (ms) => scheduler.advance(ms) };
});
describeArchiveWorker("the archive worker in this thread", () => new InProcessWorkers().start());

describe("the clock in memory", () => {
  test("the wall clock may be set without touching the other", () => {
    const clock = new MemoryClock(1_700_000_000);
    clock.advance(1500);
    expect([clock.now(), clock.monotonicMs()]).toEqual([1_700_000_001.5, 1500]);
    clock.set(1_600_000_000);
    expect([clock.now(), clock.monotonicMs()]).toEqual([1_600_000_000, 1500]);
  });
});

describe("the scheduler in memory", () => {
  test("each task finds the clock at the time for which it was set", async () => {
    const clock = new MemoryClock(1000);
    const scheduler = new MemoryScheduler(clock);
    const seen: number[] = [];
    scheduler.after(3000, () => seen.push(clock.now()));
    scheduler.after(1000, () => {
      seen.push(clock.now());
      scheduler.after(500, () => seen.push(clock.now()));
    });
    await scheduler.advance(10_000);
    expect([...seen, clock.now()]).toEqual([1001, 1001.5, 1003, 1010]);
  });

  test("what is due exactly at the end runs, what is due later waits", async () => {
    const scheduler = new MemoryScheduler();
    const [atEnd, later] = [vi.fn(), vi.fn()];
    scheduler.after(10, atEnd);
    scheduler.after(11, later);
    await scheduler.advance(10);
    expect([atEnd.mock.calls.length, later.mock.calls.length, scheduler.timerCount]).toEqual([1, 0, 1]);
  });

  test("a worker that writes files at each tick gets all its ticks", async () => {
    const scheduler = new MemoryScheduler();
    const files = new MemoryFileSystem();
    const file = await files.openForAppend("/ticks", "new");
    const tick = async (): Promise<void> => {
      await file.append([new Uint8Array(1)]);
      await file.datasync();
      scheduler.after(1000, () => void tick());
    };
    scheduler.after(1000, () => void tick());
    await scheduler.advance(60_000);
    expect(file.sizeBytes).toBe(60);
  });

  test.each([-1, NaN, 2 ** 31])("a delay of %s is a mistake of the program", (delayMs) => {
    expect(() => new MemoryScheduler().after(delayMs, () => {})).toThrow("BUG: a delay of");
  });
});
