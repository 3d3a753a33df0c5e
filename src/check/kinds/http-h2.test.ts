import { expect, test } from "bun:test";
import { Flag, FrameType, PREFACE } from "../../codec/h2/constants.ts";
import { block, frame, frames, headers, u32 } from "../../codec/h2/testing.helper.ts";
import { CheckStatus } from "../status.ts";
import type { Probe, Verdict } from "../types.ts";
import { H2Probe } from "./http-h2.ts";

/** Shows what it is given to read. */
class Reader implements Probe {
  readonly request: Buffer;
  readonly timeoutStatus = CheckStatus.l7timeout;
  seen: string[] = [];

  constructor(request: string) {
    this.request = Buffer.from(request, "latin1");
  }
  read(received: Buffer, last: boolean): Verdict | null {
    this.seen.push(`${received.toString("latin1")}${last ? "|" : ""}`);
    return null;
  }
}

test("a request in frames, with and without a body", () => {
  const plain = new H2Probe(new Reader("OPTIONS / HTTP/1.0\r\nhost: a\r\n\r\n"), false).request;
  expect(plain.subarray(0, PREFACE.length)).toEqual(PREFACE);
  expect(frames(plain.subarray(PREFACE.length))).toEqual([
    "SETTINGS 0",
    "HEADERS 1 | :method: OPTIONS | :scheme: https | :path: / | host: a END",
  ]);
  const body = new H2Probe(new Reader("POST /x HTTP/1.1\r\ncontent-length: 2\r\n\r\nhi"), false).request;
  expect(frames(body.subarray(PREFACE.length)).slice(1)).toEqual([
    "HEADERS 1 | :method: POST | :scheme: https | :path: /x | content-length: 2",
    "DATA 1 hi END",
  ]);
});

test("an answer, piece by piece, is read as HTTP/1; its end is the last", () => {
  const bytes = Buffer.concat([
    frame(FrameType.SETTINGS, 0, 0),
    headers(1, [[":status", "103"]], 0),
    headers(
      1,
      [
        [":status", "200"],
        ["server", "x"],
      ],
      0,
    ),
    frame(FrameType.DATA, Flag.PADDED, 1, "\x02he.."),
    frame(FrameType.DATA, 0, 1, "llo"),
    frame(FrameType.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, 1, block([["x-t", "1"]])),
  ]);
  const inner = new Reader("GET / HTTP/1.1\r\n\r\n");
  const probe = new H2Probe(inner, false);
  for (let n = 0; n <= bytes.length; n++) probe.read(bytes.subarray(0, n), false);
  const steps = [...new Set(inner.seen)];
  const head = "HTTP/1.1 200 \r\nserver: x\r\n\r\n";
  expect(steps).toEqual(["", head, `${head}he`, `${head}hello`, `${head}hello|`]);
});

test("what is no answer: a malformed head, a reset, GOAWAY, noise", () => {
  for (const [bytes, seen] of [
    [headers(1, [["x", "y"]]), "\0\r\n\r\n|"],
    [frame(FrameType.HEADERS, 5, 1, "\xff\xff"), "\0\r\n\r\n|"],
    [frame(FrameType.RST_STREAM, 0, 1, u32(7)), "|"],
    [frame(FrameType.GOAWAY, 0, 0, u32(0, 1)), "|"],
    [Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"), ""],
  ] as const) {
    const inner = new Reader("GET / HTTP/1.1\r\n\r\n");
    new H2Probe(inner, false).read(bytes, false);
    expect(inner.seen).toEqual([seen]);
  }
});

test("TLS may agree on HTTP/1", () => {
  const inner = new Reader("GET / HTTP/1.1\r\n\r\n");
  const probe = new H2Probe(inner, true);
  probe.agree("http/1.1");
  expect(probe.request).toEqual(inner.request);
  probe.read(Buffer.from("HTTP/1.1 200 OK"), false);
  expect(inner.seen).toEqual(["HTTP/1.1 200 OK"]);
  const other = new H2Probe(new Reader("GET / HTTP/1.1\r\n\r\n"), true);
  other.agree("h2");
  expect(other.request.subarray(0, 3).toString()).toBe("PRI");
});
