// The process itself: signals, its service manager.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Process, Signals } from "../ports.ts";
import { privilegeDropper } from "./privileges.ts";

export const nodeSignals: Signals = {
  on(signal, handler) {
    process.on(signal, handler);
    return () => void process.off(signal, handler);
  },
};

export const nodeProcess: Process = {
  exit: (code) => process.exit(code),
  dropPrivileges: privilegeDropper(initGroups),
  notifyReady,
};

/** Missing in the types of Node 20. */
interface Initgroups {
  readonly initgroups?: (user: string, extraGroup: number) => void;
}

function initGroups(user: string, extraGroupId: number): void {
  const { initgroups } = process as NodeJS.Process & Initgroups;
  initgroups?.(user, extraGroupId);
}

/** systemd-notify waits until its message was read, for ever if need be. */
const NOTIFY_TIMEOUT_MS = 10_000;

/** systemd wants a datagram on a Unix socket, which `node:` has no way to send. The unit needs `NotifyAccess=all`. */
async function notifyReady(): Promise<void> {
  if (process.env["NOTIFY_SOCKET"] === undefined) return;
  const notification = ["--ready", `--pid=${process.pid}`];
  await promisify(execFile)("systemd-notify", notification, { timeout: NOTIFY_TIMEOUT_MS });
}
