/** Heads: fixtures at every split, both deliveries, fuzz; builder, views, edits and writers. */
import { describe, expect, test } from "bun:test";
import { HeadBuilder } from "./build.ts";
import { Edits, encodeLine } from "./edits.ts";
import { errorNames } from "./errors.ts";
import { readFixtures } from "./fixture.helper.ts";
import { CANONICAL, CONTIGUOUS, Method, TE_CHUNKED, defaultLimits } from "./flags.ts";
import { Framing, requestFraming, responseFraming } from "./framing.ts";
import { mutants, random } from "./fuzz.helper.ts";
import { Head, parseRequest, parseResponse } from "./head.ts";
import { CONNECTION, HOST, hintOf, knownId, knownNames, lookupName } from "./known.ts";
import { relaxedLimits, replayHead, strictLimits } from "./replay.helper.ts";
import { ListIterator, findKnown, findName, nameText, valueText } from "./view.ts";
import { headSize, writeRequestHead, writeResponseHead } from "./write.ts";

const TRAP_A = 0x0a;
const TRAP_B = 0x41;

for (const kind of ["request", "response"] as const) {
  describe(`${kind} fixtures`, () => {
    const fixtures = readFixtures(`${kind}s.md`);
    const head = new Head();
    test("there are many", () => expect(fixtures.length).toBeGreaterThan(60));

    test("whole, at every split, byte by byte, in place and moved", () => {
      for (const f of fixtures) {
        for (const [limits, want] of [
          [strictLimits, f.strict],
          [relaxedLimits, f.relaxed],
        ] as const) {
          const at = `${kind}s.md:${f.line}`;
          const n = f.wire.length;
          const every = Array.from({ length: n }, (_, i) => i);
          const check = (cuts: number[], trap: number): void => {
            for (const delivery of ["grow", "move"] as const) {
              const got = replayHead(kind, f.wire, limits, cuts, delivery, trap, head);
              if (got !== want)
                expect(`${at} ${delivery} ${cuts.length === 1 ? cuts[0] : cuts.length}: ${got}`).toBe(want);
            }
          };
          check([], TRAP_A);
          check([], TRAP_B);
          check(every, TRAP_A);
          for (let i = 0; i < n; i++) check([i], i % 2 === 0 ? TRAP_A : TRAP_B);
        }
      }
    });
  });
}

test("fuzz: the verdict does not depend on splits, on what is behind the end, or on the Head's past", () => {
  const next = random(11);
  const used = new Head();
  for (const wire of mutants(3, 4000)) {
    const limits = next() < 0.5 ? strictLimits : relaxedLimits;
    const kind = next() < 0.8 ? "request" : "response";
    const want = replayHead(kind, wire, limits, [], "grow", TRAP_A);
    const cuts: number[] = [];
    for (let i = 0; i < wire.length; i++) if (next() < 0.2) cuts.push(i);
    for (const delivery of ["grow", "move"] as const) {
      const got = replayHead(kind, wire, limits, cuts, delivery, TRAP_B, used);
      if (got !== want) expect({ wire, cuts, delivery, got }).toEqual({ wire, cuts, delivery, got: want });
    }
  }
});

test("byte-by-byte input costs about a byte each", () => {
  const head = new Head();
  const limits = { ...defaultLimits, maxBytes: 1 << 20 };
  const cost = (n: number): number => {
    const buf = Buffer.from(`GET /${"a".repeat(n)} HTTP/1.1\r\nx: ${"b".repeat(n)}\r\n\r\n`, "latin1");
    const from = performance.now();
    let code = 0;
    for (let end = 1; end <= buf.length; end++) code = parseRequest(head, buf, 0, end, limits);
    expect(code).toBe(buf.length);
    return performance.now() - from;
  };
  cost(2_000);
  // Quadratic would be 2 * 10^10 steps.
  expect(cost(150_000)).toBeLessThan(1_000);
});

test("limits: bytes and header count", () => {
  const head = new Head();
  const parse = (text: string, limits = defaultLimits): number => {
    const buf = Buffer.from(text, "latin1");
    return parseRequest(head, buf, 0, buf.length, limits);
  };
  const many = (n: number): string => `GET / HTTP/1.1\r\n${"x: y\r\n".repeat(n)}\r\n`;
  expect(parse(many(100))).toBeGreaterThan(0);
  expect(head.count).toBe(100);
  expect(parse(many(101))).toBe(-8);
  expect(parse(many(31), { ...defaultLimits, maxHeaders: 32 })).toBeGreaterThan(0);
  expect(parse(many(32), { ...defaultLimits, maxHeaders: 32 })).toBe(-8);
  expect(parse(`GET /${"a".repeat(15_360)}`)).toBe(-9);
  expect(head.phase).toBe(0);
});

test("pipelined requests leave the rest alone", () => {
  const head = new Head();
  const one = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
  const buf = Buffer.from(`${one}GET /2 HTTP/1.1\r\nHost: B\r\n\r\n`, "latin1");
  const next = parseRequest(head, buf, 0, buf.length, defaultLimits);
  expect(next).toBe(one.length);
  expect(parseRequest(head, buf, next, buf.length, defaultLimits)).toBe(buf.length);
  expect(buf.toString("latin1", head.targetStart, head.targetEnd)).toBe("/2");
});

test("methods", () => {
  const head = new Head();
  for (const [name, number] of Object.entries(Method)) {
    const target = name === "CONNECT" ? "a:80" : "/";
    const buf = Buffer.from(`${name} ${target} HTTP/1.1\r\n\r\n`, "latin1");
    expect(parseRequest(head, buf, 0, buf.length, defaultLimits)).toBe(buf.length);
    expect(head.method).toBe(number);
  }
});

test("well-known names: every one is found, none is mistaken", () => {
  const slots = new Set<string>();
  for (const name of knownNames.slice(1)) {
    const bytes = Buffer.from(name, "latin1");
    expect(lookupName(bytes, 0, bytes.length)).toBe(knownId(name));
    slots.add(name);
    bytes[bytes.length >> 1]! ^= 1;
    const other = bytes.toString("latin1");
    if (knownId(other) === 0) expect(lookupName(bytes, 0, bytes.length)).toBe(0);
  }
  expect(slots.size).toBe(knownNames.length - 1);
  expect(hintOf(Buffer.from("h"), 0, 1)).toBe(0);
});

test("error names are unique", () => {
  expect(new Set(errorNames).size).toBe(errorNames.length);
});

test("views and lists", () => {
  const head = new Head();
  const buf = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nX-L: a, "b,c" ,\r\nY: 1\r\nx-l: d\r\n\r\n', "latin1");
  parseRequest(head, buf, 0, buf.length, defaultLimits);
  expect(findKnown(head, HOST, 0)).toBe(0);
  const name = Buffer.from("x-l");
  expect([findName(head, name, 0), findName(head, name, 2), findName(head, name, 4)]).toEqual([1, 3, -1]);
  expect([nameText(head, 1), valueText(head, 1)]).toEqual(["x-l", 'a, "b,c" ,']);
  const list = new ListIterator();
  const seen: string[] = [];
  for (list.start(head, name); list.next();) seen.push(buf.toString("latin1", list.from, list.to));
  expect(seen).toEqual(["a", '"b,c"', "", "d"]);
});

test("edits: delete, replace, append, start line; canonical and not", () => {
  for (const colon of [": ", ":"]) {
    const head = new Head();
    const buf = Buffer.from(
      `GET /x HTTP/1.1\r\nHost${colon}a\r\nA${colon}1\r\nB${colon}2\r\nC${colon}3\r\n\r\n`,
      "latin1",
    );
    parseRequest(head, buf, 0, buf.length, defaultLimits);
    expect((head.flags & CANONICAL) !== 0).toBe(colon === ": ");
    const edits = new Edits();
    for (let round = 0; round < 2; round++) {
      edits.clear();
      edits.delete(1);
      edits.replace(2, encodeLine("B", "two"));
      edits.add("X-New", "n");
      edits.target = Buffer.from("/changed");
      edits.method = Buffer.from("PURGE");
      const out = Buffer.alloc(headSize(head, edits));
      expect(out.toString("latin1", 0, writeRequestHead(out, 0, head, edits))).toBe(
        "PURGE /changed HTTP/1.1\r\nhost: a\r\nb: two\r\nc: 3\r\nx-new: n\r\n\r\n",
      );
    }
    edits.clear();
    const out = Buffer.alloc(headSize(head, null));
    expect(out.toString("latin1", 0, writeRequestHead(out, 0, head, edits))).toBe(
      "GET /x HTTP/1.1\r\nhost: a\r\na: 1\r\nb: 2\r\nc: 3\r\n\r\n",
    );
  }
});

test("response edits", () => {
  const head = new Head();
  const buf = Buffer.from("HTTP/1.1 200 OK\r\nConnection: x\r\nA: b\r\n\r\n", "latin1");
  parseResponse(head, buf, 0, buf.length, defaultLimits);
  const edits = new Edits();
  edits.status = Buffer.from("503");
  edits.reason = Buffer.from("No");
  edits.delete(findKnown(head, CONNECTION, 0));
  const out = Buffer.alloc(headSize(head, edits));
  expect(out.toString("latin1", 0, writeResponseHead(out, 0, head, edits))).toBe("HTTP/1.1 503 No\r\na: b\r\n\r\n");
});

test("builder: what HTTP/2 fills, h1 writes in one copy", () => {
  const b = (s: string): Buffer => Buffer.from(s, "latin1");
  const head = new Head();
  const builder = new HeadBuilder();
  builder.beginRequest(head, b("POST"), 0, 4, b("/p"), 0, 2);
  for (const [n, v] of [
    ["host", "a"],
    ["content-length", "5"],
    ["x", "y".repeat(5000)],
  ] as const) {
    expect(builder.appendHeader(b(n), 0, n.length, b(v), 0, v.length, defaultLimits)).toBe(0);
  }
  builder.finish();
  expect(head.flags & (CANONICAL | CONTIGUOUS)).toBe(CANONICAL | CONTIGUOUS);
  expect([head.method, head.contentLength, head.host]).toEqual([Method.POST, 5, 0]);
  const out = Buffer.alloc(headSize(head, null));
  expect(out.toString("latin1", 0, writeRequestHead(out, 0, head, null))).toBe(
    `POST /p HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\nx: ${"y".repeat(5000)}\r\n\r\n`,
  );
  builder.beginResponse(head, 204, b("No Content"));
  builder.finish();
  expect(out.toString("latin1", 0, writeResponseHead(out, 0, head, null))).toBe("HTTP/1.1 204 No Content\r\n\r\n");
});

test("framing", () => {
  const head = new Head();
  const request = (text: string): Framing => {
    const buf = Buffer.from(text, "latin1");
    expect(parseRequest(head, buf, 0, buf.length, defaultLimits)).toBe(buf.length);
    return requestFraming(head);
  };
  const response = (text: string, method: number): Framing => {
    const buf = Buffer.from(`HTTP/1.1 ${text}\r\n\r\n`, "latin1");
    expect(parseResponse(head, buf, 0, buf.length, defaultLimits)).toBe(buf.length);
    return responseFraming(head, method);
  };
  expect(request("GET / HTTP/1.1\r\n\r\n")).toBe(Framing.NONE);
  expect(request("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n")).toBe(Framing.NONE);
  expect(request("POST / HTTP/1.1\r\nContent-Length: 7\r\n\r\n")).toBe(Framing.LENGTH);
  expect(request("POST / HTTP/1.1\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n")).toBe(Framing.CHUNKED);
  expect(head.contentLength).toBe(-1);
  expect(request("CONNECT a:80 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")).toBe(Framing.NONE);
  expect(head.flags & TE_CHUNKED).not.toBe(0);
  expect(response("200 OK\r\ncontent-length: 3", Method.GET)).toBe(Framing.LENGTH);
  expect(response("200 OK\r\ncontent-length: 3", Method.HEAD)).toBe(Framing.NONE);
  expect(response("200 OK\r\ncontent-length: 0", Method.GET)).toBe(Framing.NONE);
  expect(response("200 OK\r\ntransfer-encoding: chunked", Method.GET)).toBe(Framing.CHUNKED);
  expect(response("200 OK\r\ntransfer-encoding: ", Method.GET)).toBe(Framing.UNTIL_CLOSE);
  expect(response("200 OK", Method.GET)).toBe(Framing.UNTIL_CLOSE);
  expect(response("204 No", Method.GET)).toBe(Framing.NONE);
  expect(response("304 No\r\ncontent-length: 3", Method.GET)).toBe(Framing.NONE);
  expect(response("100 Go", Method.GET)).toBe(Framing.NONE);
  expect(response("101 Sw", Method.GET)).toBe(Framing.TUNNEL);
  expect(response("200 OK\r\ncontent-length: 3", Method.CONNECT)).toBe(Framing.TUNNEL);
  expect(response("407 No\r\ncontent-length: 3", Method.CONNECT)).toBe(Framing.LENGTH);
});
