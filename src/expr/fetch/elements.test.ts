import { expect, test } from "bun:test";
import { encodeLine } from "../../codec/h1/edits.ts";
import { PlainContext } from "../testing.helper.ts";
import { fieldValues } from "./elements.ts";

const NAME = Buffer.from("x-list");

function seen(ctx: PlainContext, elements = true): readonly string[] | null {
  const known = fieldValues(NAME, elements);
  return known.read(ctx) ? known.values.slice(0, known.count) : null;
}

const request = (lines: string): PlainContext =>
  new PlainContext().request(`GET / HTTP/1.1\r\nhost: h\r\n${lines}\r\n`);

test("values are read anew when rules changed the head", () => {
  const ctx = request("x-list: a, b\r\nx-other: 1\r\n");
  expect(seen(ctx)).toEqual(["a", "b"]);
  expect(seen(ctx, false)).toEqual(["a, b"]);
  ctx.reqEdits.append(encodeLine("x-list", "c"));
  expect(seen(ctx)).toEqual(["a", "b", "c"]);
  ctx.reqEdits.delete(1);
  expect(seen(ctx)).toEqual(["c"]);
  ctx.reqEdits.replaceAppended(0, encodeLine("x-list", "d"));
  expect(seen(ctx)).toEqual(["d"]);
  ctx.reqEdits.replace(2, encodeLine("x-list", "e"));
  expect(seen(ctx)).toEqual(["e", "d"]);
  ctx.reqEdits.removeAppended(0);
  expect(seen(ctx)).toEqual(["e"]);
  ctx.reqEdits.clear();
  expect(seen(ctx)).toEqual(["a", "b"]);
});

test("another request has other values, also in the same head", () => {
  const one = request("x-list: 1\r\n");
  const two = request("");
  expect([seen(one), seen(two), seen(one)]).toEqual([["1"], [], ["1"]]);
  const { buf, count } = one.reqHead!;
  one.reqHead!.reset();
  one.reqHead!.buf = buf;
  one.reqHead!.count = count - 1;
  expect(seen(one)).toEqual([]);
});

test("what has many values is not kept, and nothing is without a head", () => {
  expect(seen(request("x-list: 1,2,3,4\r\n"))).toHaveLength(4);
  expect(seen(request("x-list: 1,2,3,4,5\r\n"))).toBeNull();
  expect(seen(new PlainContext())).toBeNull();
});
