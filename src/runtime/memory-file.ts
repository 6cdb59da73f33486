// A file of the simulated disk: what programs see of it, and what a power cut would leave.

/** A disk writes sectors whole: torn writes tear there, mostly. */
const SECTOR_BYTES = 512;

/** A number in [0, 1), as from Math.random; seeded, so that a run can be repeated. */
export type Random = () => number;

export class MemoryFile {
  readonly kind = "file";
  /** What programs see. Never changed in place, only grown behind its end or replaced: so `durable` may share memory. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** What is on the disk for certain, but for the spoiled ranges. */
  durable: Uint8Array<ArrayBuffer> = this.bytes;
  /** Offsets [from, to) that a failed sync has left unwritten. Later syncs do not write them: the kernel thinks they are. */
  #spoiled: (readonly [from: number, to: number])[] = [];

  append(piece: Uint8Array): void {
    const [start, end] = [this.bytes.length, this.bytes.length + piece.length];
    const hasRoom = this.bytes.buffer.byteLength >= end;
    const memory = hasRoom ? this.bytes.buffer : copyOf(this.bytes, Math.max(end, 2 * start)).buffer;
    this.bytes = new Uint8Array(memory, 0, end);
    this.bytes.set(piece, start);
  }

  /** Cuts, or fills up with zeros; not durable before the next sync. */
  truncate(sizeBytes: number): void {
    this.bytes = copyOf(this.bytes, sizeBytes);
    this.#spoiled = this.#spoiled.map(([from, to]) => [from, Math.min(to, sizeBytes)]);
  }

  sync(): void {
    this.durable = this.bytes;
  }

  /** What a failed fsync does on Linux: the pages count as written, though they are not, and reads still show them. */
  failSync(): void {
    this.#spoiled.push([Math.min(this.durable.length, this.bytes.length), this.bytes.length]);
  }

  /** The file that the next start finds: the durable bytes, and of the others all, none or a torn part. */
  afterPowerCut(random: Random): MemoryFile {
    const left = new MemoryFile();
    left.append(this.#whatIsLeft(random));
    left.sync();
    // Only now: the spoiled bytes were never on the disk, whatever else was.
    for (const [from, to] of this.#spoiled) spoil(left.bytes.subarray(from, to), pick(CONTENTS, random), random);
    return left;
  }

  #whatIsLeft(random: Random): Uint8Array {
    switch (pick(["lost", "kept", "torn"], random)) {
      case "lost":
        return this.durable;
      case "kept":
        return this.bytes;
      default:
        return torn(this.bytes, commonLength(this.durable, this.bytes), random);
    }
  }
}

/** What may be found where bytes should be. Mixed: each sector is one of the others, so that good ones follow bad ones. */
type Content = "right" | "zeros" | "garbage" | "mixed";

const CONTENTS: readonly Content[] = ["right", "zeros", "garbage", "mixed"];

/** The bytes up to `safeBytes` and some beyond, then perhaps some with wrong contents, then the end of the file. */
function torn(bytes: Uint8Array, safeBytes: number, random: Random): Uint8Array {
  const intactBytes = cutBetween(safeBytes, bytes.length, random);
  // A file system often writes the new size before the bytes.
  const sizeBytes = random() < 0.5 ? bytes.length : cutBetween(intactBytes, bytes.length, random);
  const left = bytes.slice(0, sizeBytes);
  spoil(left.subarray(intactBytes), pick(CONTENTS, random), random);
  return left;
}

/** Any offset of [from, to], or the sector's start before it. */
function cutBetween(from: number, to: number, random: Random): number {
  const cut = from + Math.floor(random() * (to - from + 1));
  return random() < 0.5 ? cut : Math.max(from, cut - (cut % SECTOR_BYTES));
}

/** Puts the content in place of the bytes. */
function spoil(bytes: Uint8Array, content: Content, random: Random): void {
  if (content === "zeros") bytes.fill(0);
  if (content === "garbage") bytes.forEach((_, i) => (bytes[i] = Math.floor(random() * 256)));
  if (content !== "mixed") return;
  for (let start = 0; start < bytes.length; start += SECTOR_BYTES) {
    spoil(bytes.subarray(start, start + SECTOR_BYTES), pick(["right", "zeros", "garbage"], random), random);
  }
}

function commonLength(a: Uint8Array, b: Uint8Array): number {
  const end = Math.min(a.length, b.length);
  let i = 0;
  while (i < end && a[i] === b[i]) i++;
  return i;
}

function copyOf(bytes: Uint8Array, sizeBytes: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(sizeBytes);
  copy.set(bytes.subarray(0, sizeBytes));
  return copy;
}

function pick<T>(choices: readonly T[], random: Random): T {
  const choice = choices[Math.floor(random() * choices.length)];
  if (choice === undefined) throw new Error("BUG: random() is not in [0, 1), or there is no choice");
  return choice;
}
