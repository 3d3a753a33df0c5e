import { expect, test } from "bun:test";
import type { Change } from "../expr/changes.ts";
import { ChangeFeed, type NumberedChange } from "./changes.ts";

/** Workers and a supervisor that delivers when told. */
class Net {
  readonly states: Map<string, string>[] = [];
  readonly feeds: ChangeFeed[] = [];
  readonly sent: { from: number; changes: readonly NumberedChange[] }[] = [];

  constructor(count: number) {
    for (let i = 0; i < count; i++) {
      const state = new Map<string, string>();
      this.states.push(state);
      this.feeds.push(
        new ChangeFeed(
          (change) => write(state, change),
          (changes) => void this.sent.push({ from: i, changes }),
        ),
      );
    }
  }

  set(worker: number, key: string, value: string): void {
    const change: Change = { kind: "pattern", file: "f", op: "set", key, value };
    write(this.states[worker]!, change);
    this.feeds[worker]!.changed(change);
  }

  deliver(): void {
    for (const { from, changes } of this.sent.splice(0)) {
      this.feeds.forEach((feed, i) => feed.receive(changes, i === from));
    }
  }
}

function write(state: Map<string, string>, change: Change): void {
  if (change.kind === "pattern") state.set(change.key, change.value);
}

test("workers that change the same thing at the same time agree in the end", async () => {
  const net = new Net(3);
  net.set(0, "k", "a");
  net.set(1, "k", "b");
  net.set(2, "other", "c");
  await Bun.sleep(15);
  net.set(0, "k", "later");
  net.deliver();
  // Its own latest word is on its way: nobody else's may replace it meanwhile.
  expect(net.states[0]!.get("k")).toBe("later");
  await Bun.sleep(15);
  net.deliver();
  for (const state of net.states) expect(Object.fromEntries(state)).toEqual({ k: "later", other: "c" });
});

test("many changes of one thing go in one message", async () => {
  const net = new Net(1);
  for (let i = 0; i < 100; i++) net.set(0, "k", String(i));
  await Bun.sleep(15);
  expect(net.sent.length).toBe(1);
  expect(net.sent[0]!.changes.length).toBe(1);
});

test("all patterns of a file are replaced: what was changed meanwhile comes after", async () => {
  const seen: string[] = [];
  const feed = new ChangeFeed(
    (change) => void (change.kind === "pattern" && seen.push(`${change.op} ${change.file} ${change.key}`)),
    () => {},
  );
  const rule = (file: string): Change => ({ kind: "pattern", file, op: "set", key: "k", value: "v" });
  feed.changed(rule("f"));
  feed.changed(rule("other"));
  feed.flush();
  const replace: Change = { kind: "pattern", file: "f", op: "replace", key: "", value: "", entries: [] };
  feed.receive([{ number: 0, change: replace }], false);
  feed.receive([{ number: 1, change: rule("f") }], true);
  feed.receive([{ number: 0, change: replace }], false);
  expect(seen).toEqual(["replace f ", "set f k", "replace f "]);
});
