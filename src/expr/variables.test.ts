import { describe, expect, test } from "bun:test";
import { castValue } from "./cast.ts";
import { compileText, PlainContext } from "./testing.helper.ts";
import {
  parseVariable,
  type SetCondition,
  setVariable,
  VariableAccount,
  type VariableName,
  Variables,
} from "./variables.ts";

function named(text: string): VariableName {
  const found = parseVariable(text);
  if (typeof found === "string") throw new Error(found);
  return found;
}

describe("names", () => {
  test("a scope and a name; one number for a name in every scope", () => {
    expect(named("txn.user").scope).toBe("txn");
    expect(named("txn.user").id).toBe(named("sess.user").id);
    expect(named("proc.a.b").id).not.toBe(named("proc.a").id);
  });

  test.each(["", "x", "txn", "txn.", "foo.x", "txn.a-b", "txn.a b", ".x"])("%j is refused", (text) => {
    expect(parseVariable(text)).toBeString();
  });
});

describe("limits", () => {
  test("are those of HAProxy: 80 bytes and the text", () => {
    const store = new Variables(new VariableAccount(79, null));
    expect(store.set(1, "sint", 1)).toBe(false);
    const room = new Variables(new VariableAccount(85, null));
    expect(room.set(1, "str", "12345")).toBe(true);
    expect(room.set(1, "str", "123456")).toBe(false);
    expect(room.get(1)).toBeNull();
    expect(room.set(1, "str", "1234")).toBe(true);
  });

  test("inner scopes count for the outer ones, and give back what they took", () => {
    const proc = new VariableAccount(200, null);
    const sess = new VariableAccount(0, proc);
    const first = new Variables(new VariableAccount(0, sess));
    const second = new Variables(new VariableAccount(0, sess));
    expect(first.set(1, "sint", 1) && first.set(2, "sint", 1)).toBe(true);
    expect(second.set(1, "sint", 1)).toBe(false);
    first.unset(1);
    expect(second.set(1, "sint", 1)).toBe(true);
    first.clear();
    second.clear();
    expect([proc.used, sess.used]).toEqual([0, 0]);
  });
});

/** n is 5 before; what it is after, or null. Each line was looked up in HAProxy 2.6. */
const cases: readonly [SetCondition, number | string, unknown][] = [
  ["ifgt", 3, 3],
  ["ifgt", 9, 5],
  ["ifgt", "3", "3"],
  ["iflt", 9, 9],
  ["iflt", 3, 5],
  ["ifexists", 9, 9],
  ["ifnotexists", 9, 5],
  ["ifset", 9, 9],
  ["ifnotset", 9, 5],
  ["ifempty", 9, 5],
  ["ifnotempty", 9, 9],
  ["ifempty", "", ""],
  ["ifnotempty", "", 5],
];

test.each(cases)("set-var with %s of %j", (condition, value, expected) => {
  const store = new Variables(new VariableAccount(0, null));
  store.set(7, "sint", 5);
  expect(setVariable(store, 7, typeof value === "string" ? "str" : "sint", value, [condition])).toBe(true);
  expect(store.get(7)!.value).toBe(expected as never);
});

test("a variable that is not set: ifgt sets it, ifexists does not", () => {
  const store = new Variables(new VariableAccount(0, null));
  setVariable(store, 1, "sint", 9, ["ifgt"]);
  setVariable(store, 2, "sint", 9, ["ifexists"]);
  expect([store.get(1)?.value, store.get(2)]).toEqual([9, null]);
  expect(setVariable(null, 1, "sint", 9, [])).toBe(false);
});

test("var() keeps the type it was set with", () => {
  const ctx = new PlainContext();
  ctx.variables("txn").set(named("txn.v").id, "bool", true);
  const { expression } = compileText("var(txn.v)");
  const value = expression!.eval(ctx)!;
  expect([value, ctx.valueType]).toEqual([true, "bool"]);
  expect(castValue(value, ctx.valueType, "ipv4")).toBeNull();
  expect(compileText("var(txn.v)", { want: "str" }).expression!.eval(ctx)).toBe("1");
  expect(compileText("var(txn.w,d)", { want: "str" }).expression!.eval(ctx)).toBe("d");
});
