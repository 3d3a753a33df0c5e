/** The side of the new supervisor in a handover (handover.ts). */
import type { StickTableModel } from "../config/model.ts";
import type { Change } from "../expr/changes.ts";
import { strerror } from "../ffi/errno.ts";
import { recvFds } from "../ffi/fdpass.ts";
import { close } from "../ffi/file.ts";
import {
  type FromSuccessor,
  type Handover,
  HANDOVER_FORMAT,
  SUCCESSOR_MARK,
  type ToSuccessor,
  unpackChange,
} from "./handover.ts";
import type { Listener } from "./listeners.ts";
import { overhear } from "./report.ts";
import { UnixSocket } from "./unix.ts";

/** Everything a former supervisor gives, with descriptors of this process. */
export interface Inheritance {
  readonly handover: Handover;
  readonly segment: number;
  readonly listeners: readonly Listener[];
  readonly caches: readonly {
    readonly name: string;
    readonly key: string;
    readonly megabytes: number;
    readonly fd: number;
  }[];
  readonly tables: readonly { readonly key: string; readonly model: StickTableModel; readonly fd: number }[];
  /** See front.ts; -1 = nobody waits for the last successor. */
  readonly front: number;
}

/** The other side sends at once. */
const ANSWER_MS = 10_000;

let channel = Number(process.env[SUCCESSOR_MARK] ?? -1);

/** Whether this process was started to replace a running one. */
export function isSuccessor(): boolean {
  return channel >= 0;
}

function tell(message: FromSuccessor): void {
  if (process.connected) process.send?.(message);
}

/**
 * Whoever asked for the upgrade talks to the old process: it is told what this one writes on standard error, until it
 * serves. Returns how to end that.
 */
export function repeatErrors(): () => void {
  const { stderr } = process;
  const write = stderr.write.bind(stderr);
  stderr.write = ((chunk: string | Uint8Array, ...rest: []) => {
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
    if (text !== "") tell({ type: "said", text });
    return write(chunk, ...rest);
  }) as typeof stderr.write;
  // Reports go there by another way.
  overhear((text) => tell({ type: "said", text }));
  stopRepeating = () => {
    stderr.write = write;
    overhear(() => {});
  };
  return stopRepeating;
}

let stopRepeating = (): void => {};

/** Takes everything over; a text says why that is not possible. */
export async function inherit(): Promise<Inheritance | string> {
  const from = channel;
  // Workers are no successors.
  delete process.env[SUCCESSOR_MARK];
  if (!process.connected) return "there is no process to take over from";
  const { promise, resolve } = Promise.withResolvers<ToSuccessor | null>();
  const listen = (message: ToSuccessor): void => resolve(message);
  process.on("message", listen);
  const timer = setTimeout(() => resolve(null), ANSWER_MS);
  tell({ type: "hello" });
  const message = await promise;
  clearTimeout(timer);
  process.off("message", listen);
  if (message?.type !== "handover") return "the running process hands nothing over";
  const { handover, fds: count } = message;
  if (handover.format !== HANDOVER_FORMAT) {
    return `the running process hands over in format ${handover.format}, this one takes ${HANDOVER_FORMAT}: a restart is needed`;
  }
  const fds: number[] = [];
  while (fds.length < count) {
    const some = recvFds(from);
    if (typeof some === "number") return `cannot receive descriptors (${strerror(some)})`;
    if (some.length === 0) return "the running process is gone";
    fds.push(...some);
  }
  close(from);
  let next = 1;
  const listeners = handover.listeners.map(({ key, address, fds: n, unix }): Listener => {
    const own = fds.slice(next, (next += n));
    return { key, address, fds: own, unix: unix === null ? null : UnixSocket.adopted(own[0]!, unix.path, unix.inode) };
  });
  const caches = handover.caches.map((cache) => ({ ...cache, fd: fds[next++]! }));
  const tables = handover.tables.map((table) => ({ ...table, fd: fds[next++]! }));
  return { handover, segment: fds[0]!, listeners, caches, tables, front: handover.front ? fds[next]! : -1 };
}

/** The workers serve: the old ones may go. `changed`: told of what rules change in those until they have. */
export function tellReady(pidfile: string | null, changed: (changes: readonly Change[]) => void): void {
  stopRepeating();
  process.on("message", (message: ToSuccessor) => {
    if (message.type === "changes") changed(message.changes.map(unpackChange));
  });
  tell({ type: "ready", pidfile });
}

/** Resolves when the process that was replaced has nothing more to say. */
export function predecessorGone(): Promise<void> {
  if (!process.connected) return Promise.resolve();
  return new Promise((resolve) => process.once("disconnect", () => resolve()));
}

/** From now on this process is like any other. */
export function forgetSuccession(): void {
  channel = -1;
}
