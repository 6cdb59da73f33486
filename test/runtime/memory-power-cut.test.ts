// What the simulated disk may lose at a power cut, what it must not, and that it catches programs that forget a sync.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../bench/random.ts";
import { failAt, IO_ERROR, MemoryFileSystem, PowerCut, type Outcome } from "../../src/runtime/memory.ts";
import type { FileSystem } from "../../src/runtime/ports.ts";
import {
  afterCuts,
  bytes,
  contentsOf,
  distinct,
  durableDirectory,
  durableFile,
  NO_FILE,
  seeds,
  syncedFile,
} from "./power-cuts.ts";

describe("bytes after a power cut", () => {
  test("what was synced is there, whatever becomes of the rest", async () => {
    for (const contents of await afterCuts(async (files) => {
      const file = await durableFile(files, "/a", "synced");
      await file.append([bytes("+not")]);
    })) {
      expect(contents.get("/a")).toMatch(/^synced/);
      expect(contents.get("/a")?.length).toBeLessThanOrEqual("synced+not".length);
    }
  });

  test("what was not synced is lost, kept, or torn: too short, with zeros, with garbage, with a hole before good bytes", async () => {
    const block = "x".repeat(512);
    const found = await afterCuts(async (files) => {
      const file = await durableFile(files, "/a", "");
      await file.append([bytes(block.repeat(8))]);
    });
    const texts = new Set(found.map((contents) => contents.get("/a")));
    expect(texts).toContain("");
    expect(texts).toContain(block.repeat(8));
    const isSeen = (pattern: RegExp): boolean => [...texts].some((text) => pattern.test(text ?? ""));
    expect({
      shortAtSector: [1, 2, 3, 4, 5, 6, 7].some((count) => texts.has(block.repeat(count))),
      shortAnywhere: [...texts].some((text) => text !== undefined && /^x+$/.test(text) && text.length % 512 !== 0),
      zeros: isSeen(/^x+\0+$/),
      garbage: isSeen(/^x*[^x\0].*[^x\0]$/s),
      hole: isSeen(/^x*\0+x{512}/),
    }).toEqual({ shortAtSector: true, shortAnywhere: true, zeros: true, garbage: true, hole: true });
  });

  test("a cut-off tail stays cut off", async () => {
    const found = await afterCuts(async (files) => {
      await durableFile(files, "/a", "0123456789");
      await files.truncate("/a", 4);
    });
    expect(distinct(found, "/a")).toEqual(["0123"]);
  });

  test("what is appended behind a cut that failed to sync does not touch the durable bytes", async () => {
    const found = await afterCuts(async (files) => {
      const file = await durableFile(files, "/a", "0123456789");
      files.onOperation = failAt(files.operationCount, IO_ERROR);
      await expect(files.truncate("/a", 4)).rejects.toMatchObject({ code: "other" });
      await file.append([bytes("xyz")]);
    });
    const texts = distinct(found, "/a");
    expect(texts).toContain("0123456789");
    expect(texts).toContain("0123xyz");
    expect(texts).toContain("0123x");
    for (const text of texts) expect(text).toMatch(/^0123/);
  });

  test("the old machine is dead, and may be looked at again", async () => {
    const files = new MemoryFileSystem();
    const file = await durableFile(files, "/a", "x");
    for (const cut of [files.crash(Math.random), files.crash(Math.random)]) {
      await cut.remove("/a");
      expect([contentsOf(cut), contentsOf(files)]).toEqual([new Map(), new Map([["/a", "x"]])]);
    }
    await expect(file.append([bytes("y")])).rejects.toThrow(PowerCut);
    await expect(files.list("/")).rejects.toThrow(PowerCut);
  });

  test("the same random numbers leave the same", async () => {
    const files = new MemoryFileSystem();
    for (const name of ["/a", "/b", "/c"])
      await (await files.openForAppend(name, "new")).append([bytes("x".repeat(999))]);
    expect(contentsOf(files.crash(seededRandom(77)))).toEqual(contentsOf(files.crash(seededRandom(77))));
  });
});

/** What is done to a disk with the durable file "/old" (text "old") → what may be found, as name=text. */
const nameChanges: readonly (readonly [string, (files: FileSystem) => Promise<unknown>, readonly string[]])[] = [
  [
    "a new file whose bytes were synced, but not its name",
    (files) => syncedFile(files, "/new", "new"),
    ["/new=new /old=old", "/old=old"],
  ],
  [
    "a new file whose name was synced",
    async (files) => {
      await syncedFile(files, "/new", "new");
      await files.syncDirectory("/");
    },
    ["/new=new /old=old"],
  ],
  ["a removal", (files) => files.remove("/old"), ["", "/old=old"]],
  [
    "a removal that was synced",
    async (files) => {
      await files.remove("/old");
      await files.syncDirectory("/");
    },
    [""],
  ],
  [
    "a renaming: the old name or the new, never both or none",
    (files) => files.rename("/old", "/b"),
    ["/b=old", "/old=old"],
  ],
  [
    "a replacement: the old text or the new, never none",
    async (files) => {
      await syncedFile(files, "/tmp", "new");
      await files.rename("/tmp", "/old");
    },
    ["/old=new", "/old=old", "/old=old /tmp=new"],
  ],
  [
    "two new files: each for itself",
    async (files) => {
      await syncedFile(files, "/x", "1");
      await syncedFile(files, "/y", "2");
    },
    ["/old=old", "/old=old /x=1", "/old=old /x=1 /y=2", "/old=old /y=2"],
  ],
  [
    "a name that is used again: never without the file that was there before",
    async (files) => {
      await files.rename("/old", "/b");
      await syncedFile(files, "/old", "new");
    },
    ["/b=old", "/b=old /old=new", "/old=old"],
  ],
  [
    "a file in a directory whose own name was not synced",
    async (files) => {
      await files.makeDirectory("/d");
      await syncedFile(files, "/d/x", "1");
      await files.syncDirectory("/d");
    },
    ["/d/x=1 /old=old", "/old=old"],
  ],
  [
    "a move to another directory whose source was synced",
    async (files) => {
      await durableDirectory(files, "/d");
      await files.rename("/old", "/d/x");
      await files.syncDirectory("/");
    },
    ["/d/x=old", "/old=old"],
  ],
  [
    "a move to another directory whose target was synced",
    async (files) => {
      await durableDirectory(files, "/d");
      await files.rename("/old", "/d/x");
      await files.syncDirectory("/d");
    },
    ["/d/x=old"],
  ],
  [
    "a new file that is moved away, its target synced",
    async (files) => {
      await durableDirectory(files, "/d");
      await syncedFile(files, "/x", "1");
      await files.rename("/x", "/d/x");
      await files.syncDirectory("/d");
    },
    ["/d/x=1 /old=old"],
  ],
  [
    "a renaming begun after the sync of its directory",
    async (files) => {
      const synced = files.syncDirectory("/");
      await Promise.all([synced, files.rename("/old", "/b")]);
    },
    ["/b=old", "/old=old"],
  ],
];

describe("names after a power cut", () => {
  test.each(nameChanges)("%s", async (_, change, expected) => {
    const found = await afterCuts(async (files) => {
      await durableFile(files, "/old", "old");
      await change(files);
    });
    const listings = found.map((contents) =>
      [...contents]
        .map(([name, text]) => `${name}=${text}`)
        .toSorted()
        .join(" "),
    );
    expect([...new Set(listings)].toSorted()).toEqual(expected);
  });

  test("a renamed file whose bytes were not synced may be empty or torn under its new name", async () => {
    const found = await afterCuts(async (files) => {
      await (await files.openForAppend("/tmp", "new")).append([bytes("0123456789")]);
      await files.rename("/tmp", "/a");
      await files.syncDirectory("/");
    });
    const texts = distinct(found, "/a");
    expect(texts).toContain("");
    expect(texts).toContain("0123");
    expect(texts).toContain("0123456789");
  });

  test("a sync covers what was done before its call, though it ends after more was done", async () => {
    const found = await afterCuts(async (files) => {
      await durableFile(files, "/old", "old");
      files.onOperation = async ({ name }): Promise<Outcome> => {
        if (name === "syncDirectory") for (let i = 0; i < 10; i++) await Promise.resolve();
        return "ok";
      };
      await Promise.all([files.syncDirectory("/"), files.remove("/old")]);
    });
    expect(distinct(found, "/old")).toEqual([NO_FILE, "old"]);
  });
});

describe("the end of the program without that of the machine", () => {
  test("leaves all there, but what was not synced is still at the mercy of the next power cut", async () => {
    const files = new MemoryFileSystem();
    const file = await files.openForAppend("/a", "new");
    await file.append([bytes("x")]);
    const next = files.kill();
    await expect(file.datasync()).rejects.toThrow(PowerCut);
    expect(contentsOf(next)).toEqual(new Map([["/a", "x"]]));
    const found = seeds.map((seed) => contentsOf(next.crash(seededRandom(seed))));
    expect(distinct(found, "/a")).toEqual(expect.arrayContaining(["", NO_FILE, "x"]));
  });
});

/** How a file is replaced → whether every cut leaves the old text or the new, and the new one once the call is over. */
const replacements: readonly (readonly [string, boolean, (files: FileSystem) => Promise<void>])[] = [
  ["in order", true, (files) => replace(files, ["datasync", "rename", "syncDirectory"])],
  ["without syncing the bytes", false, (files) => replace(files, ["rename", "syncDirectory"])],
  ["syncing the bytes after the renaming", false, (files) => replace(files, ["rename", "datasync", "syncDirectory"])],
  ["without syncing the name", false, (files) => replace(files, ["datasync", "rename"])],
  ["syncing the name before the renaming", false, (files) => replace(files, ["datasync", "syncDirectory", "rename"])],
];

type ReplaceStep = "datasync" | "rename" | "syncDirectory";

async function replace(files: FileSystem, steps: readonly ReplaceStep[]): Promise<void> {
  const file = await files.openForAppend("/tmp", "new");
  await file.append([bytes("new")]);
  for (const step of steps) {
    if (step === "datasync") await file.datasync();
    else if (step === "rename") await files.rename("/tmp", "/a");
    else await files.syncDirectory("/");
  }
}

describe("cutting the power at every operation of a program that replaces a file", () => {
  test.each(replacements)("%s: is safe: %s", async (_, isSafe, program) => {
    const found = new Set<string>();
    for (let cutAt = 0, isOver = false; !isOver; cutAt++) {
      const files = new MemoryFileSystem();
      files.put("/a", bytes("old"));
      files.onOperation = failAt(cutAt, "power-cut");
      isOver = await program(files).then(
        () => true,
        () => false,
      );
      for (const seed of seeds.slice(0, 50)) {
        const text = contentsOf(files.crash(seededRandom(seed))).get("/a");
        found.add(isOver ? `in the end ${text}` : `${text}`);
      }
    }
    const allowed = new Set(["old", "new", "in the end new"]);
    expect([...found].every((text) => allowed.has(text))).toBe(isSafe);
    expect(found).toContain("old");
    expect(found).toContain("in the end new");
  });
});

/** A step of a random program over few names, so that they are used again. */
type Step =
  | { readonly do: "write"; readonly path: string; readonly isSynced: boolean }
  | { readonly do: "rename"; readonly from: string; readonly to: string }
  | { readonly do: "remove"; readonly path: string }
  | { readonly do: "syncDirectory" };

const somePath = fc.constantFrom("/a", "/b", "/c");
const someStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("write" as const), path: somePath, isSynced: fc.boolean() }),
  fc.record({ do: fc.constant("rename" as const), from: somePath, to: somePath }),
  fc.record({ do: fc.constant("remove" as const), path: somePath }),
  fc.record({ do: fc.constant("syncDirectory" as const) }),
);

/** One file of the program; its bytes are all the same letter, one for each file. */
interface KnownFile {
  readonly letter: string;
  sizeBytes: number;
  syncedBytes: number;
}

/** What a path was since the last sync of its directory, the last of it what it is now. */
type History = Map<string, (KnownFile | undefined)[]>;

async function takeStep(files: MemoryFileSystem, history: History, step: Step, letter: string): Promise<void> {
  const past = (path: string): (KnownFile | undefined)[] => history.get(path) ?? [undefined];
  const become = (path: string, known: KnownFile | undefined): unknown => history.set(path, [...past(path), known]);
  switch (step.do) {
    case "write": {
      const known = past(step.path).at(-1) ?? { letter, sizeBytes: 0, syncedBytes: 0 };
      const file = await files.openForAppend(step.path, past(step.path).at(-1) === undefined ? "new" : "existing");
      await file.append([bytes(known.letter.repeat(700))]);
      if (step.isSynced) await file.datasync();
      known.sizeBytes += 700;
      if (step.isSynced) known.syncedBytes = known.sizeBytes;
      become(step.path, known);
      break;
    }
    case "rename": {
      const known = past(step.from).at(-1);
      if (known === undefined || step.from === step.to) return;
      await files.rename(step.from, step.to);
      become(step.to, known);
      become(step.from, undefined);
      break;
    }
    case "remove":
      if (past(step.path).at(-1) === undefined) return;
      await files.remove(step.path);
      become(step.path, undefined);
      break;
    case "syncDirectory":
      await files.syncDirectory("/");
      for (const [path, known] of history) history.set(path, known.slice(-1));
  }
}

test("whatever a program does, each name is what it was at some time since its sync, with all its synced bytes", async () => {
  const isLeftOf = (text: string, known: KnownFile | undefined): boolean =>
    known !== undefined &&
    text.length <= known.sizeBytes &&
    text.slice(0, known.syncedBytes) === known.letter.repeat(known.syncedBytes);
  await fc.assert(
    fc.asyncProperty(fc.array(someStep, { maxLength: 20 }), fc.nat(), async (steps, seed) => {
      const [files, history]: [MemoryFileSystem, History] = [new MemoryFileSystem(), new Map()];
      for (const [i, step] of steps.entries()) await takeStep(files, history, step, String.fromCodePoint(65 + i));
      const random = seededRandom(Math.imul(seed + 1, 0x9e3779b1));
      for (let cut = 0; cut < 5; cut++) {
        const found = contentsOf(files.crash(random));
        for (const path of found.keys()) expect([...history.keys()]).toContain(path);
        for (const [path, past] of history) {
          const text = found.get(path);
          expect(past.some((known) => (text === undefined ? known === undefined : isLeftOf(text, known)))).toBe(true);
        }
      }
    }),
    { numRuns: 300 },
  );
});
