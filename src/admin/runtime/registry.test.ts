import { expect, test } from "bun:test";
import { FakeContext, model } from "../fake.helper.ts";
import { findCommand, matching, unknownCommand } from "./match.ts";
import { commandsOf } from "./registry.ts";
import { unsupported, unsupportedCommands } from "./unsupported.ts";

const ctx = new FakeContext(model([]));

test("a command that needs a query is offered only when the workers answer it", () => {
  const names = (): string[] => commandsOf(ctx).map(({ name }) => name);
  expect(names()).not.toContain("show errors");
  ctx.queries = new Set(["show-errors"]);
  expect(names()).toContain("show errors");
  ctx.queries = new Set();
});

test("usage begins with the words of the command, and every one has a help text", () => {
  for (const { name, usage, help } of commandsOf(ctx)) {
    expect(usage.replace(/\s+/g, " ").replace("[cli]", "cli")).toStartWith(name);
    expect(help).not.toBe("");
  }
});

test("what is said instead of a command that is not there names it", () => {
  for (const name of unsupportedCommands) {
    expect(unsupported([...name.split(" "), "x"])?.text).toMatch(
      new RegExp(`^'${name}' is not supported by tlb: .*\\.\n$`),
    );
  }
  for (const words of [["@1", "show", "info"], ["@!1"], ["@master"], ["@"]]) {
    expect(unsupported(words)?.text).toBe(
      `'${words[0]}' is only for the master CLI (-W -S): this socket answers for all workers, send the command alone.\n`,
    );
  }
  expect(unsupported(["set"])).toBeNull();
  expect(unsupported(["show", "maps"])).toBeNull();
});

test("the longest command wins", () => {
  const found = findCommand(commandsOf(ctx), ["set", "maxconn", "server", "a/b", "1"]);
  expect(found?.command.name).toBe("set maxconn server");
  expect(found?.used).toBe(3);
  expect(findCommand(commandsOf(ctx), ["show"])).toBeNull();
});

test("what was meant by a wrong command", () => {
  const names = (...words: string[]): string[] => matching(commandsOf(ctx), words).map(({ name }) => name);
  expect(names("sho", "stat")).toEqual(["show stat"]);
  expect(names("show", "servers")).toEqual(["show servers conn", "show servers state"]);
  expect(names("shwo", "stat")).toContain("show stat");
  expect(names("qwertyuiop")).toEqual([]);
  expect(unknownCommand(commandsOf(ctx), ["shwo", "stat"])).toStartWith(
    "Unknown command, but maybe one of the following ones is a better match:\n",
  );
  expect(unknownCommand(commandsOf(ctx), [])).toStartWith(
    "Unknown command. Please enter one of the following commands only:\n",
  );
});
