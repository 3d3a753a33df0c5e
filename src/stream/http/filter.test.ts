/** A message at every split point through a filter: what leaves is the same, and well framed. */
import { expect, test } from "bun:test";
import { ChunkScanner } from "../../codec/h1/chunked.ts";
import { defaultLimits } from "../../codec/h1/flags.ts";
import { Framing } from "../../codec/h1/framing.ts";
import { Body, Output } from "./body.ts";
import { type BodyFilter, filterBody, Flow, frame, type Frame } from "./filter.ts";

/** Doubles every byte, and tells the order of calls. */
class Doubler implements BodyFilter {
  flows: number[] = [];
  held = 0;
  data(buf: Buffer, from: number, to: number, flow: Flow, out: Frame): void {
    this.flows.push(flow);
    for (let i = from; i < to; i++) out.append(buf, i, i + 1);
    for (let i = from; i < to; i++) out.append(buf, i, i + 1);
  }
  release(): void {}
}

/** Collects everything until the end, as a filter that needs the whole body would. */
class Collector implements BodyFilter {
  text = "";
  data(buf: Buffer, from: number, to: number, flow: Flow, out: Frame): void {
    this.text += buf.toString("latin1", from, to);
    if (flow === Flow.end) out.append(Buffer.from(this.text), 0, this.text.length);
  }
  release(): void {}
}

const PAYLOAD = "0123456789".repeat(7);
const CHUNKED = `5\r\n${PAYLOAD.slice(0, 5)}\r\n3c;x=y\r\n${PAYLOAD.slice(5, 65)}\r\n05\r\n${PAYLOAD.slice(65)}\r\n0\r\nA: b\r\nC: d\r\n\r\n`;

/** Feeds `wire` in pieces; returns all that was sent and the body. */
function run(
  wire: string,
  framing: number,
  length: number,
  cuts: readonly number[],
  filter: BodyFilter,
  chunked: boolean,
) {
  const body = new Body();
  body.begin(framing, length, defaultLimits);
  body.output = Output.payload;
  const bytes = Buffer.from(wire, "latin1");
  const edges = [...cuts, bytes.length];
  let from = 0;
  let sent = "";
  for (const to of edges) {
    if (framing === Framing.STREAM) body.last = to === bytes.length;
    const at = body.feed(bytes, from, to);
    expect(at).toBe(to);
    filterBody(body, filter, chunked, bytes, from, to, null);
    sent += frame.buf.toString("latin1", frame.from, frame.to);
    from = to;
  }
  expect(body.done).toBe(true);
  return sent;
}

/** Payload and trailers of a chunked body. */
function unchunk(text: string): string {
  const bytes = Buffer.from(text, "latin1");
  const scanner = new ChunkScanner(defaultLimits);
  expect(scanner.scan(bytes, 0, bytes.length)).toBe(bytes.length);
  expect(scanner.done).toBe(true);
  let out = "";
  for (let i = 0; i < scanner.rangeCount; i++) {
    out += bytes.toString("latin1", scanner.ranges[2 * i]!, scanner.ranges[2 * i + 1]!);
  }
  return `${out}|${scanner.trailers?.count ?? 0}`;
}

const cases = [
  ["chunked", CHUNKED, Framing.CHUNKED, 0, 2],
  ["with a length", PAYLOAD, Framing.LENGTH, PAYLOAD.length, 0],
  ["an HTTP/2 stream", PAYLOAD, Framing.STREAM, 0, 0],
] as const;

test.each(cases)("%s, at every pair of split points", (_, wire, framing, length, trailers) => {
  for (let a = 1; a < wire.length; a++) {
    for (let b = a; b < wire.length; b += 3) {
      const filter = new Collector();
      expect(unchunk(run(wire, framing, length, [a, b], filter, true))).toBe(`${PAYLOAD}|${trailers}`);
      expect(filter.text).toBe(PAYLOAD);
    }
  }
});

test.each(cases)("%s, as payload alone", (_, wire, framing, length) => {
  for (let a = 1; a < wire.length; a++) {
    expect(run(wire, framing, length, [a], new Collector(), false)).toBe(PAYLOAD);
  }
});

test("the end is told once, at the end, and what was pushed before goes at once", () => {
  for (let a = 1; a < CHUNKED.length; a++) {
    const filter = new Doubler();
    run(CHUNKED, Framing.CHUNKED, 0, [a], filter, true);
    expect(filter.flows.filter((flow) => flow === Flow.end).length).toBe(1);
    expect(filter.flows.at(-1)).toBe(Flow.end);
  }
});

test("a body that grows beyond the frame is one chunk all the same", () => {
  const big = "x".repeat(300_000);
  const text = run(big, Framing.LENGTH, big.length, [100_000], new Doubler(), true);
  expect(unchunk(text)).toBe(`${big}${big}|0`);
});

test("a head that fits stands before the framing, a larger one does not", () => {
  run("abc", Framing.LENGTH, 3, [], new Collector(), true);
  const head = Buffer.from("HTTP/1.1 200 OK\r\n\r\n");
  expect(frame.prepend(head, head.length)).toBe(true);
  expect(frame.buf.toString("latin1", frame.from, frame.to)).toBe("HTTP/1.1 200 OK\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  expect(frame.prepend(Buffer.alloc(40_000), 40_000)).toBe(false);
});
