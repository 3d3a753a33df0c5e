/** The same expressions on the same bytes, here and in the real HAProxy 2.6. */
import { afterAll, describe, expect, test } from "bun:test";
import { encodeLine } from "../codec/h1/edits.ts";
import { findName } from "../codec/h1/view.ts";
import type { Backend } from "../proxy/backend.ts";
import type { Frontend, Listener } from "../proxy/frontend.ts";
import { parseIp } from "../util/ip.ts";
import { castValue } from "./cast.ts";
import { onRequest, onResponse, requests, responses } from "./oracle.cases.ts";
import { ExpressionOracle, haveHaproxy } from "./oracle.helper.ts";
import type { SampleType, Value } from "./sample.ts";
import { compileText, PlainContext, plainCompileContext } from "./testing.helper.ts";

if (!haveHaproxy) console.log("skipped: no HAProxy to compare with");

const oracles: ExpressionOracle[] = [];
afterAll(async () => {
  for (const oracle of oracles) await oracle.stop();
});

const users = {
  name: "users",
  verify: (user: string, password: string) => user === "joe" && password === "secret",
  groups: [],
  groupsOf: () => [],
};
const cc = plainCompileContext({ findUserlist: (name) => (name === "users" ? users : null), bufsize: 262144 });
const sections = "userlist users\n  user joe insecure-password secret\n";

/** The value as HAProxy prints it. */
function ours(text: string, ctx: PlainContext): string | null {
  const { expression, diagnostics } = compileText(text, {}, cc);
  if (expression === null) throw new Error(`${text}: ${diagnostics.list.map((d) => d.message).join()}`);
  const value = expression.eval(ctx);
  if (value === null) return null;
  return castValue(value, typeOf(expression.type, value, ctx), "str") as string;
}

function typeOf(type: string, value: Value, ctx: PlainContext): SampleType {
  if (type === "any") return ctx.valueType;
  if (type === "addr") return (value as Uint8Array).length === 4 ? "ipv4" : "ipv6";
  return type as SampleType;
}

function context(): PlainContext {
  const ctx = new PlainContext();
  ctx.source = ctx.destination = ctx.connectionSource = ctx.connectionDestination = parseIp("127.0.0.1");
  ctx.environment.set("TLB_TEST", "some value");
  ctx.frontend = { name: "f", model: { id: 2, name: "f", options: {} } } as unknown as Frontend;
  ctx.backend = { name: "b", model: { id: 3, name: "b" } } as unknown as Backend;
  ctx.listener = { model: { id: 1, name: "sock" } } as unknown as Listener;
  return ctx;
}

async function compare(
  oracle: ExpressionOracle,
  expressions: readonly string[],
  bytes: string,
  ctx: PlainContext,
): Promise<void> {
  const theirs = await oracle.evaluate(bytes);
  const differing = expressions
    .map((text, i) => ({ text, haproxy: theirs[i], tlb: ours(text, ctx) }))
    // A variable does not keep the name of a method HAProxy does not know: it comes back as OPTIONS.
    .filter(({ haproxy, tlb }) => haproxy !== tlb && tlb !== "BREW");
  expect(differing).toEqual([]);
}

describe.skipIf(!haveHaproxy)("as HAProxy evaluates it", () => {
  describe("on requests", () => {
    const oracle = haveHaproxy ? new ExpressionOracle({ expressions: onRequest, sections }) : null;
    if (oracle) oracles.push(oracle);
    test.each(requests)("%#: %j", async (bytes) => {
      await compare(oracle!, onRequest, bytes, context().request(bytes));
    });
  });

  describe("on responses", () => {
    const oracle = haveHaproxy ? new ExpressionOracle({ expressions: onResponse, onResponse: true }) : null;
    if (oracle) oracles.push(oracle);
    test.each(responses)("%#: %j", async (bytes) => {
      oracle!.reply = bytes;
      const request = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";
      const ctx = context().request(request).response(bytes);
      // The request was sent on: its head is gone, as it is there.
      ctx.reqHead = null;
      await compare(oracle!, onResponse, request, ctx);
    });
  });

  describe("on requests that rules changed", () => {
    const rules = [
      "http-request del-header x-gone",
      "http-request set-header x-list new,list",
      "http-request add-header x-added one,two",
      "http-request add-header cookie late=1",
      "http-request replace-header x-replace (.*) changed-\\1",
      "http-request set-method PUT",
      "http-request set-uri /changed/path?new=1&id=9",
    ];
    const oracle = haveHaproxy ? new ExpressionOracle({ expressions: onRequest, rules, sections }) : null;
    if (oracle) oracles.push(oracle);
    test.each(requests.filter((bytes) => !bytes.includes("http://")))("%#: %j", async (bytes) => {
      const ctx = context().request(bytes);
      const head = ctx.reqHead!;
      const edits = ctx.reqEdits;
      for (const gone of ["x-gone", "x-list"]) {
        const name = Buffer.from(gone);
        for (let i = findName(head, name, 0); i >= 0; i = findName(head, name, i + 1)) edits.delete(i);
      }
      edits.add("x-list", "new,list");
      edits.add("x-added", "one,two");
      edits.add("cookie", "late=1");
      const name = Buffer.from("x-replace");
      for (let i = findName(head, name, 0); i >= 0; i = findName(head, name, i + 1)) {
        const value = head.buf.toString("latin1", head.index[4 * i + 2], head.index[4 * i + 3]);
        edits.replace(i, encodeLine("x-replace", `changed-${value}`));
      }
      edits.method = Buffer.from("PUT");
      edits.target = Buffer.from("/changed/path?new=1&id=9");
      await compare(oracle!, onRequest, bytes, ctx);
    });
  });
});
