// Becoming another user for good.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import type { Identity, Process } from "../ports.ts";
import { codeOf, messageOf } from "./errors.ts";

/** Gives the process the further groups of a user, and one more; throws if it may not. */
export type InitGroups = (user: string, extraGroupId: number) => void;

/** The port's function, with the one call that is not the same on all runtimes. */
export function privilegeDropper(initGroups: InitGroups): Process["dropPrivileges"] {
  return ({ user, group }: Identity): void => {
    if (user === undefined && group === undefined) return;
    const { setuid, setgid, getgid } = process;
    if (setuid === undefined || setgid === undefined || getgid === undefined) {
      throw new Error("user, group: this system has no users to switch to");
    }
    // The user last: it may not change groups any more. Only root may set the further groups, or has any to lose.
    const isRoot = process.getuid?.() === 0;
    const groupId = group ?? (user !== undefined && isRoot ? primaryGroupOf(user) : undefined);
    if (groupId !== undefined) asking(`group ${groupId}`, () => setgid(groupId));
    if (user !== undefined && isRoot) asking(`user ${user}`, () => initGroups(user, getgid()));
    if (user !== undefined) asking(`user ${user}`, () => setuid(user));
  };
}

/** The file first: it is there where `id` is not, in an empty container; `id` knows the users of a directory service, too. */
function primaryGroupOf(user: string): number {
  return primaryGroupInFile(user) ?? primaryGroupById(user);
}

function primaryGroupInFile(user: string): number | undefined {
  const path = "/etc/passwd";
  const entries = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  const entry = entries.map((line) => line.split(":")).find(([name]) => name === user);
  return entry === undefined ? undefined : Number(entry[3]);
}

function primaryGroupById(user: string): number {
  try {
    return Number(execFileSync("id", ["-g", "--", user], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  } catch (error) {
    throw new Error(`user ${user}: there is no such user`, { cause: error });
  }
}

function asking(whom: string, change: () => void): void {
  try {
    change();
  } catch (error) {
    const reason = codeOf(error) === "EPERM" ? "only root may switch to it" : messageOf(error);
    throw new Error(`${whom}: ${reason}`, { cause: error });
  }
}
