import { expect, test } from "bun:test";
import type { StreamRuntime } from "../runtime.ts";
import type { HttpSide } from "./side.ts";
import { HttpStream } from "./stream.ts";

/** Answers every call and every question, as whatever an exchange refers to would. */
const anything: object = new Proxy(() => 0, { get: () => anything, apply: () => 0, set: () => true });

const KEPT = new Set([
  // Set by `acquire`, or the same for ever.
  ...["rt", "client", "listener", "frontend", "http", "mode"],
  // Of the timer wheel, of the queue.
  ...["wheelNext", "wheelPrev", "wheelSlot", "wheelDue"],
  ...["queueNext", "queuePrev", "queueServer", "queueBackend", "queueSince", "queueRank", "queueOrder"],
  // Set by `begin`.
  ...["phase", "readingHead", "accepted", "firstByte", "tHandshake", "tIdle", "backendName"],
  // By `enterBackend`, with a tunnel, with a tarpit.
  ...["tries", "active", "tarpitStatus"],
  // By what writes the log line.
  ...["tRequest", "tQueue", "tConnect", "tResponse", "tData", "tActive", "tTotal", "actconn", "feconn", "beconn"],
  ...["logCounter", "requestCounter"],
  // Of no account as long as the buffer they belong to is null.
  ...["bodyStart", "bodyEnd", "resFrom", "resTo"],
  // Kept for the next exchange, and emptied.
  ...["req", "res", "reqEdits", "resEdits", "reqBody", "resBody", "persistence"],
  ...["stores", "samples", "ownTracking", "ownCache", "reqArea", "resArea"],
]);

test("a stream that was recycled is like a new one", () => {
  const frontend = { name: "fe", http: {} };
  const client = { listener: { frontend } } as unknown as HttpSide;
  const rt = {} as StreamRuntime;
  const used = new HttpStream(rt, client) as unknown as Record<string, unknown>;
  const fresh = new HttpStream(rt, client) as unknown as Record<string, unknown>;
  for (const [key, value] of Object.entries(used)) {
    if (KEPT.has(key)) continue;
    if (typeof value === "number") used[key] = value + 77;
    else if (typeof value === "boolean") used[key] = !value;
    else if (typeof value === "string") used[key] = `${value}?`;
    else if (value === null) used[key] = anything;
  }
  (used as unknown as HttpStream).recycle();
  const left = Object.keys(fresh).filter((key) => !KEPT.has(key) && !Bun.deepEquals(used[key], fresh[key]));
  expect(left).toEqual([]);
});
