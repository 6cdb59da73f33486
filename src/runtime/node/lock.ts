// One store at a time on a directory: whoever listens on the socket in it has it. The system itself ends that with the
// process, however it ends, so that nothing is left to be told from a living store by guessing; and it holds between
// containers that share the directory, where process numbers say nothing.

import { randomUUID } from "node:crypto";
import { lstatSync, rmSync, rmdirSync } from "node:fs";
import { chmod, link, lstat, mkdir, readdir, realpath, rename, rm, rmdir, stat } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FileSystemError, type DirectoryLock } from "../ports.ts";
import { codeOf } from "./errors.ts";

/** Of the path of a socket; the systems allow 104 to 108, the end included. */
const MAX_PATH_BYTES = 100;
/** A holder whose thread is busy does not tell its process number in time; that there is one shows nevertheless. */
const ANSWER_TIMEOUT_MS = 1000;
/** So long two that have found the same dead lock, and taken it over, have to see which of them was the last. */
const TAKEOVER_PAUSE_MS = 20;

/** What a holder tells who asks. */
interface Holder {
  readonly pid: number | undefined;
  /** Different for each lock of a process. */
  readonly token: string | undefined;
}

/**
 * The locks that this process has, by their tokens, and what gives them back in a moment. The number of the process alone
 * does not tell: in containers all have the same.
 */
const held = new Map<string, () => void>();
let isWatchingExit = false;

/** The lock of another; no failure of the system. */
class Held extends Error {
  constructor({ pid, token = "" }: Holder) {
    const owner = held.has(token) ? "this program has a store there already" : "in use by another store";
    super(pid === undefined ? owner : `${owner} (process ${pid})`);
  }
}

/** See `FileSystem.lock`. */
export async function lockDirectory(directory: string, file: string): Promise<DirectoryLock> {
  try {
    const real = await realDirectory(directory);
    const path = join(real, file);
    if (Buffer.byteLength(path) > MAX_PATH_BYTES) return await hold(await placeElsewhere(real), undefined);
    try {
      return await hold(path, dirname(path));
    } catch (error) {
      if (error instanceof Held) throw error;
      // Some file systems have no sockets, or no room for one.
      return await hold(await placeElsewhere(real), undefined);
    }
  } catch (error) {
    throw new FileSystemError(error instanceof Held ? "locked" : "other", "lock", directory, error);
  }
}

async function realDirectory(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  return realpath(directory);
}

/** On this machine the same for all who mean the same directory. */
async function placeElsewhere(directory: string): Promise<string> {
  const { dev, ino } = await stat(directory, { bigint: true });
  return join(tmpdir(), `pegel-${dev}-${ino}.lock`);
}

/**
 * Listens under a name of its own, which then becomes that of the lock in one step.
 * @param made goes with the lock if nothing else is in it
 */
async function hold(path: string, made: string | undefined): Promise<DirectoryLock> {
  const token = randomUUID();
  const own = `${path}.${token.slice(0, 8)}`;
  const socket: { inode: number | undefined } = { inode: undefined };
  watchExit();
  // From here on, not only when it has the lock: a program may end at any moment of its start.
  held.set(token, () => {
    if (socket.inode !== undefined && lstatSync(path, { throwIfNoEntry: false })?.ino === socket.inode) rmSync(path);
    rmSync(own, { force: true });
    if (made !== undefined) rmdirSync(made);
  });
  const server = createServer();
  try {
    await listenAt(server, own, token);
    socket.inode = (await lstat(own)).ino;
    await take(path, own, token);
  } catch (error) {
    held.delete(token);
    await close(server, own);
    throw error;
  }
  await removeDead(path).catch(() => {});
  return {
    async release() {
      if (!held.delete(token)) return;
      if ((await holderOf(path))?.token === token) await rm(path, { force: true });
      await removeDead(path).catch(() => {});
      await close(server, own);
      if (made !== undefined) await rmdir(made).catch(() => {});
    },
  };
}

/** A program that exits while it starts, or because it cannot, does not come to releasing. */
function watchExit(): void {
  if (isWatchingExit) return;
  isWatchingExit = true;
  process.on("exit", () => {
    for (const release of held.values()) {
      try {
        release();
      } catch {
        // Something else is in the directory.
      }
    }
  });
}

async function listenAt(server: Server, path: string, token: string): Promise<void> {
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.end(`${process.pid} ${token}\n`);
  });
  for (let attempt = 1; ; attempt++) {
    await mkdir(dirname(path), { recursive: true });
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(path, () => {
          server.off("error", reject);
          resolve();
        });
      });
      break;
    } catch (error) {
      // A store that was stopping has just removed the directory.
      if (codeOf(error) !== "ENOENT" || attempt === 3) throw error;
    }
  }
  server.on("error", () => {});
  server.unref();
  // Another user's store has to see that this one lives.
  await chmod(path, 0o666);
}

/** Gives the socket `own` the name `path`, unless another who lives has it. @throws Held */
async function take(path: string, own: string, token: string): Promise<void> {
  const isLinked = await link(own, path).then(
    () => true,
    () => false, // It is there, or the file system has no links.
  );
  if (isLinked) return rm(own, { force: true });
  const holder = await holderOf(path);
  if (holder !== undefined) throw new Held(holder);
  const found = await lstat(path).catch(() => undefined);
  if (found !== undefined && !found.isSocket()) throw new Error(`${path}: expected a socket, or nothing`);
  await rename(own, path);
  await sleep(TAKEOVER_PAUSE_MS);
  const winner = await holderOf(path);
  if (winner?.token !== token) throw new Held(winner ?? { pid: undefined, token: undefined });
}

/** Who listens there; undefined when nobody does. */
async function holderOf(path: string): Promise<Holder | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let answer = "";
    const end = (): void => {
      socket.destroy();
      const [pid, token] = answer.trim().split(" ");
      resolve({ pid: /^\d+$/.test(pid) ? Number(pid) : undefined, token });
    };
    socket.setTimeout(ANSWER_TIMEOUT_MS, end);
    socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
    socket.on("end", end);
    socket.on("error", (error) => {
      const isDead = ["ENOENT", "ECONNREFUSED", "ENOTSOCK"].includes(String(codeOf(error)));
      if (isDead) resolve(undefined);
      else end();
    });
  });
}

/** Removes what those have left who were killed while they tried; nothing depends on it. */
async function removeDead(path: string): Promise<void> {
  const directory = dirname(path);
  for (const name of await readdir(directory)) {
    const other = join(directory, name);
    if (!name.startsWith(`${basename(path)}.`) || !(await lstat(other)).isSocket()) continue;
    if ((await holderOf(other)) === undefined) await rm(other, { force: true });
  }
}

async function close(server: Server, own: string): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
  await rm(own, { force: true });
}
