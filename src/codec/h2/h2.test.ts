/** HTTP/2 by section of RFC 9113, in the manner of h2spec: frames made by hand, and what a server makes of them. */
import { describe, expect, test } from "bun:test";
import { random } from "../h1/fuzz.helper.ts";
import { defaultLimits } from "../h1/flags.ts";
import { Head, parseResponse } from "../h1/head.ts";
import { beginBlock, finishBlock } from "./head-block.ts";
import { Flag, FrameType, PREFACE, Setting } from "./constants.ts";
import { Role, type Session } from "./session.ts";
import { block, frame, frames, headers, type NotingStream, Peer, request, setting, u32 } from "./testing.helper.ts";
import { blockSize } from "./write-fields.ts";
import { writeRequestBlock } from "./write-request.ts";
import { writeResponseBlock } from "./write-response.ts";

const { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION } =
  FrameType;
const { END_STREAM, END_HEADERS, PADDED } = Flag;
const get = request("GET", "/");
const post = request("POST", "/");

function fresh(): Peer {
  return new Peer().greet();
}

/** Feeds frames to a fresh server; what it sends back. */
function answer(...parts: readonly Buffer[]): string[] {
  return fresh()
    .feed(Buffer.concat(parts as Buffer[]))
    .output();
}

/** A row: what is sent, and the last frame that comes back. */
type Row = readonly [title: string, sent: readonly Buffer[], last: string | undefined];

function rows(section: string, list: readonly Row[]): void {
  describe(section, () => {
    for (const [title, sent, last] of list) {
      test(title, () => {
        expect(answer(...sent).at(-1)).toBe(last as string);
        // The same bytes one by one.
        const slow = fresh();
        slow.feed(Buffer.concat(sent as Buffer[]), 1);
        expect(slow.output().at(-1)).toBe(last as string);
      });
    }
  });
}

const fatal = (code: string, last = 0): string => `GOAWAY ${last} ${code}`;

describe("3.4 preface", () => {
  test("SETTINGS first, in both directions", () => {
    const server = new Peer();
    server.feed(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0)]));
    expect(server.output()).toEqual(["SETTINGS 0 ACK"]);
  });
  test("an invalid one, at any byte", () => {
    for (let i = 0; i < PREFACE.length; i++) {
      const bytes = Buffer.from(PREFACE);
      bytes[i]! ^= 1;
      const server = new Peer();
      server.feed(bytes);
      expect(server.output()).toEqual([]);
      expect(server.log).toEqual(["fatal PROTOCOL_ERROR"]);
    }
  });
  test("another frame than SETTINGS first", () => {
    for (const first of [
      frame(PING, 0, 0, "12345678"),
      frame(SETTINGS, Flag.ACK, 0),
      headers(1, get),
      frame(DATA, 0, 1),
    ]) {
      const server = new Peer();
      server.feed(Buffer.concat([PREFACE, first]));
      expect(server.output()).toEqual([fatal("PROTOCOL_ERROR")]);
    }
  });
});

rows("4.1 frame format", [
  ["unknown types are ignored", [frame(0x16, 0, 0, "x"), frame(PING, 0, 0, "12345678")], "PING 0 ACK"],
  ["undefined flags are ignored", [frame(PING, 0xfe, 0, "12345678")], "PING 0 ACK"],
  ["the reserved bit is ignored", [frame(PING, 0, 0x80000000, "12345678")], "PING 0 ACK"],
]);

rows("4.2 frame size", [
  ["2^14 bytes are taken", [headers(1, post, 0), frame(DATA, 0, 1, Buffer.alloc(16384))], undefined],
  ["a larger DATA frame", [headers(1, post, 0), frame(DATA, 0, 1, Buffer.alloc(16385))], fatal("FRAME_SIZE_ERROR", 1)],
  ["a larger HEADERS frame", [frame(HEADERS, END_HEADERS, 1, Buffer.alloc(16385))], fatal("FRAME_SIZE_ERROR")],
]);

rows("4.3 field section compression", [
  ["an invalid block", [frame(HEADERS, END_HEADERS | END_STREAM, 1, "\xff\xff")], fatal("COMPRESSION_ERROR", 1)],
  [
    "other frames between HEADERS and CONTINUATION",
    [frame(HEADERS, 0, 1, block(get)), frame(PRIORITY, 0, 1, u32(0, 0).subarray(0, 5))],
    fatal("PROTOCOL_ERROR"),
  ],
  ["HEADERS of another stream between", [frame(HEADERS, 0, 1, block(get)), headers(3, get)], fatal("PROTOCOL_ERROR")],
  ["DATA between", [frame(HEADERS, 0, 1, block(get)), frame(DATA, 0, 1, "x")], fatal("PROTOCOL_ERROR")],
]);

rows("5.1 stream states", [
  ["idle: DATA", [frame(DATA, 0, 1, "x")], fatal("PROTOCOL_ERROR")],
  ["idle: RST_STREAM", [frame(RST_STREAM, 0, 1, u32(8))], fatal("PROTOCOL_ERROR")],
  ["idle: WINDOW_UPDATE", [frame(WINDOW_UPDATE, 0, 1, u32(100))], fatal("PROTOCOL_ERROR")],
  ["idle: CONTINUATION", [frame(CONTINUATION, END_HEADERS, 1, block(get))], fatal("PROTOCOL_ERROR")],
  ["half-closed: DATA", [headers(1, get), frame(DATA, 0, 1, "x")], "RST_STREAM 1 STREAM_CLOSED"],
  ["half-closed: HEADERS", [headers(1, get), headers(1, get)], "RST_STREAM 1 STREAM_CLOSED"],
  ["half-closed: CONTINUATION", [headers(1, get), frame(CONTINUATION, 4, 1, block(get))], fatal("PROTOCOL_ERROR", 1)],
  ["half-closed: PRIORITY is fine", [headers(1, get), frame(PRIORITY, 0, 1, "\0\0\0\0\x10")], undefined],
  [
    "reset: DATA",
    [headers(1, post, 0), frame(RST_STREAM, 0, 1, u32(8)), frame(DATA, 0, 1, "x")],
    "RST_STREAM 1 STREAM_CLOSED",
  ],
  [
    "reset: HEADERS",
    [headers(1, post, 0), frame(RST_STREAM, 0, 1, u32(8)), headers(1, get)],
    fatal("STREAM_CLOSED", 1),
  ],
  [
    "reset: WINDOW_UPDATE and RST_STREAM may be late",
    [
      headers(1, get),
      frame(RST_STREAM, 0, 1, u32(8)),
      frame(WINDOW_UPDATE, 0, 1, u32(1000)),
      frame(RST_STREAM, 0, 1, u32(8)),
    ],
    undefined,
  ],
]);

rows("5.1.1 stream identifiers", [
  ["an even one", [headers(2, get)], fatal("PROTOCOL_ERROR")],
  ["a smaller one than before", [headers(5, get), headers(3, get)], fatal("STREAM_CLOSED", 5)],
  ["stream 0", [headers(0, get)], fatal("PROTOCOL_ERROR")],
]);

describe("5.1.2 stream concurrency", () => {
  test("beyond the limit streams are refused, and the block is decoded all the same", () => {
    const server = new Peer(Role.server, (settings) => (settings.maxConcurrentStreams = 2)).greet();
    server.feed(Buffer.concat([headers(1, get), headers(3, get)]));
    // The refused one adds an entry to the dynamic table; the next uses it.
    server.feed(frame(HEADERS, 5, 5, Buffer.concat([block(get), Buffer.from("4001780179", "hex")])));
    expect(server.output()).toEqual(["RST_STREAM 5 REFUSED_STREAM"]);
    server.feed(frame(RST_STREAM, 0, 1, u32(8)));
    server.feed(frame(HEADERS, 5, 7, Buffer.concat([block(get), Buffer.from("be", "hex")])));
    expect(server.log.at(-1)).toBe("7 head GET http://a/ | host: a | x: y END");
  });
});

rows("5.3 priority", [
  [
    "a stream that depends on itself",
    [headers(1, post, 0), frame(PRIORITY, 0, 1, "\0\0\0\x01\x10")],
    "RST_STREAM 1 PROTOCOL_ERROR",
  ],
  [
    "in HEADERS",
    [frame(HEADERS, 0x25, 1, Buffer.concat([Buffer.from("\0\0\0\x01\x10", "latin1"), block(get)]))],
    fatal("PROTOCOL_ERROR"),
  ],
]);

rows("5.1 stream states, what is allowed", [
  [
    "idle: PRIORITY, and lower streams may still be opened",
    [frame(PRIORITY, 0, 9, "\0\0\0\0\x10"), headers(1, get)],
    undefined,
  ],
  ["half-closed: WINDOW_UPDATE", [headers(1, get), frame(WINDOW_UPDATE, 0, 1, u32(10))], undefined],
  ["half-closed: RST_STREAM", [headers(1, get), frame(RST_STREAM, 0, 1, u32(8))], undefined],
  [
    "closed: PRIORITY",
    [headers(1, get), frame(RST_STREAM, 0, 1, u32(8)), frame(PRIORITY, 0, 1, "\0\0\0\0\x10")],
    undefined,
  ],
]);

rows("5.4.1 connection errors", [
  [
    "nothing is read behind one",
    [frame(PING, 0, 1, "12345678"), frame(PING, 0, 0, "12345678")],
    fatal("PROTOCOL_ERROR"),
  ],
]);
rows("5.4.2 stream errors", [
  [
    "other streams and the connection go on",
    [headers(1, [...get, ["connection", "x"]]), headers(3, get), frame(PING, 0, 0, "12345678")],
    "PING 0 ACK",
  ],
  [
    "they are not answered by further ones",
    [headers(1, [...get, ["te", "x"]]), frame(RST_STREAM, 0, 1, u32(1))],
    "RST_STREAM 1 PROTOCOL_ERROR",
  ],
]);

rows("5.5 extensions", [
  [
    "an unknown frame of a stream",
    [headers(1, post, 0), frame(0x40, 0xff, 1, "x"), frame(PING, 0, 0, "12345678")],
    "PING 0 ACK",
  ],
  ["an unknown frame of an idle stream", [frame(0x40, 0, 77, "x"), headers(1, get)], undefined],
  [
    "an unknown frame in the middle of a block",
    [frame(HEADERS, 0, 1, block(get)), frame(0x40, 0, 1, "x")],
    fatal("PROTOCOL_ERROR"),
  ],
  ["an unknown frame that is too large", [frame(0x40, 0, 0, Buffer.alloc(16385))], fatal("FRAME_SIZE_ERROR")],
]);

rows("6.1 DATA", [
  ["stream 0", [frame(DATA, 0, 0, "x")], fatal("PROTOCOL_ERROR")],
  [
    "padding as long as the payload",
    [headers(1, post, 0), frame(DATA, PADDED, 1, "\x05hell")],
    fatal("PROTOCOL_ERROR", 1),
  ],
  ["padded, without a length", [headers(1, post, 0), frame(DATA, PADDED, 1, "")], fatal("FRAME_SIZE_ERROR", 1)],
]);
test("6.1 DATA: padding is not payload", () => {
  const server = fresh();
  server.feed(Buffer.concat([headers(1, post, 0), frame(DATA, PADDED | END_STREAM, 1, "\x03hi...")]));
  expect(server.log.at(-1)).toBe("1 data hi END");
});

rows("6.2 HEADERS", [
  ["padding longer than the block", [frame(HEADERS, 0xc, 1, "\x20abc")], fatal("PROTOCOL_ERROR")],
  ["priority without room", [frame(HEADERS, 0x24, 1, "abc")], fatal("FRAME_SIZE_ERROR")],
]);
test("6.2 HEADERS: padding and priority", () => {
  const server = fresh();
  const body = Buffer.concat([Buffer.from("\x02\0\0\0\0\x10", "latin1"), block(get), Buffer.alloc(2)]);
  server.feed(frame(HEADERS, 0x2d, 1, body));
  expect(server.log).toEqual(["1 head GET http://a/ | host: a END"]);
});

rows("6.3 PRIORITY", [
  ["stream 0", [frame(PRIORITY, 0, 0, "\0\0\0\0\x10")], fatal("PROTOCOL_ERROR")],
  ["another length than 5", [headers(1, post, 0), frame(PRIORITY, 0, 1, "\0\0\0\0")], "RST_STREAM 1 FRAME_SIZE_ERROR"],
]);

rows("6.4 RST_STREAM", [
  ["stream 0", [frame(RST_STREAM, 0, 0, u32(8))], fatal("PROTOCOL_ERROR")],
  ["another length than 4", [headers(1, get), frame(RST_STREAM, 0, 1, "abc")], fatal("FRAME_SIZE_ERROR", 1)],
]);

rows("6.5 SETTINGS", [
  ["acknowledged", [frame(SETTINGS, 0, 0, setting(Setting.MAX_CONCURRENT_STREAMS, 5))], "SETTINGS 0 ACK"],
  ["ACK with a payload", [frame(SETTINGS, Flag.ACK, 0, setting(3, 1))], fatal("FRAME_SIZE_ERROR")],
  ["another stream than 0", [frame(SETTINGS, 0, 1, setting(3, 1))], fatal("PROTOCOL_ERROR")],
  ["no multiple of 6 bytes", [frame(SETTINGS, 0, 0, "abc")], fatal("FRAME_SIZE_ERROR")],
  ["ENABLE_PUSH of 2", [frame(SETTINGS, 0, 0, setting(Setting.ENABLE_PUSH, 2))], fatal("PROTOCOL_ERROR")],
  [
    "INITIAL_WINDOW_SIZE of 2^31",
    [frame(SETTINGS, 0, 0, setting(Setting.INITIAL_WINDOW_SIZE, 2 ** 31))],
    fatal("FLOW_CONTROL_ERROR"),
  ],
  [
    "MAX_FRAME_SIZE below 2^14",
    [frame(SETTINGS, 0, 0, setting(Setting.MAX_FRAME_SIZE, 16383))],
    fatal("PROTOCOL_ERROR"),
  ],
  [
    "MAX_FRAME_SIZE of 2^24",
    [frame(SETTINGS, 0, 0, setting(Setting.MAX_FRAME_SIZE, 2 ** 24))],
    fatal("PROTOCOL_ERROR"),
  ],
  ["ENABLE_CONNECT_PROTOCOL of 2", [frame(SETTINGS, 0, 0, setting(8, 2))], fatal("PROTOCOL_ERROR")],
  ["unknown ones are ignored", [frame(SETTINGS, 0, 0, setting(0xff, 2))], "SETTINGS 0 ACK"],
]);

describe("6.5.3 settings synchronisation", () => {
  test("each is acknowledged, and the last value of one counts", () => {
    const server = fresh();
    const twice = Buffer.concat([setting(Setting.INITIAL_WINDOW_SIZE, 3), setting(Setting.INITIAL_WINDOW_SIZE, 7)]);
    server.feed(Buffer.concat([frame(SETTINGS, 0, 0, twice), frame(SETTINGS, 0, 0), headers(1, get)]));
    expect(server.output()).toEqual(["SETTINGS 0 ACK", "SETTINGS 0 ACK"]);
    respond(server.streams[0]!, 20);
    server.session.flush();
    expect(server.output()).toEqual(["HEADERS 1 | :status: 200", "DATA 1 xxxxxxx"]);
  });
  test("larger frames are sent once the peer takes them", () => {
    const server = fresh();
    const large = Buffer.concat([
      setting(Setting.MAX_FRAME_SIZE, 20_000),
      setting(Setting.INITIAL_WINDOW_SIZE, 60_000),
    ]);
    server.feed(Buffer.concat([frame(SETTINGS, 0, 0, large), headers(1, get)]));
    server.output();
    respond(server.streams[0]!, 20_000);
    server.session.flush();
    for (const line of server.output()) expect(Number(/DATA 1 (\d+)/.exec(line)?.[1] ?? 0)).toBeLessThanOrEqual(20_000);
  });
});

rows("6.6 PUSH_PROMISE", [
  ["of a client", [headers(1, get), frame(PUSH_PROMISE, 4, 1, u32(2))], fatal("PROTOCOL_ERROR", 1)],
]);

rows("6.7 PING", [
  ["answered", [frame(PING, 0, 0, "12345678")], "PING 0 ACK"],
  ["an answer is not answered", [frame(PING, Flag.ACK, 0, "12345678")], undefined],
  ["another stream than 0", [frame(PING, 0, 1, "12345678")], fatal("PROTOCOL_ERROR")],
  ["another length than 8", [frame(PING, 0, 0, "1234567")], fatal("FRAME_SIZE_ERROR")],
]);

rows("6.8 GOAWAY", [
  ["another stream than 0", [frame(GOAWAY, 0, 1, u32(0, 0))], fatal("PROTOCOL_ERROR")],
  ["too short", [frame(GOAWAY, 0, 0, u32(0))], fatal("FRAME_SIZE_ERROR")],
]);
test("6.8 GOAWAY: streams above the one named are ignored, those below go on", () => {
  const server = fresh();
  server.feed(headers(1, post, 0));
  server.session.goaway(0);
  server.feed(Buffer.concat([headers(3, get), frame(DATA, END_STREAM, 1, "x")]));
  expect(server.output()).toEqual(["GOAWAY 1 NO_ERROR"]);
  expect(server.log).toEqual(["1 head POST http://a/ | host: a", "1 data x END"]);
});

rows("6.9 WINDOW_UPDATE", [
  ["another length than 4", [frame(WINDOW_UPDATE, 0, 0, "abc")], fatal("FRAME_SIZE_ERROR")],
  ["an increment of 0", [frame(WINDOW_UPDATE, 0, 0, u32(0))], fatal("PROTOCOL_ERROR")],
  [
    "an increment of 0 on a stream",
    [headers(1, get), frame(WINDOW_UPDATE, 0, 1, u32(0))],
    "RST_STREAM 1 PROTOCOL_ERROR",
  ],
  ["6.9.1: above 2^31-1", [frame(WINDOW_UPDATE, 0, 0, u32(2 ** 31 - 1))], fatal("FLOW_CONTROL_ERROR")],
  [
    "6.9.1: above 2^31-1 on a stream",
    [headers(1, get), frame(WINDOW_UPDATE, 0, 1, u32(2 ** 31 - 1))],
    "RST_STREAM 1 FLOW_CONTROL_ERROR",
  ],
  [
    "6.9.2: above 2^31-1 by SETTINGS",
    [headers(1, get), frame(WINDOW_UPDATE, 0, 1, u32(2 ** 31 - 1 - 65535)), frame(SETTINGS, 0, 0, setting(4, 65536))],
    fatal("FLOW_CONTROL_ERROR", 1),
  ],
]);

/** Sends a response of `size` bytes on each of the streams. */
function respond(stream: NotingStream, size: number): boolean {
  const { session } = stream;
  const at = beginBlock(session, 100);
  session.output.buf[at] = 0x88;
  finishBlock(session, stream, at + 1);
  const body = Buffer.alloc(size, "x");
  const taken = session.sender.write(stream, body, 0, size);
  session.sender.end(stream, null);
  return taken;
}

describe("5.2 and 6.9 flow control", () => {
  test("what the client allows is sent, the rest when it allows more; frames share the flag of the end", () => {
    const server = fresh();
    server.feed(Buffer.concat([frame(SETTINGS, 0, 0, setting(4, 10)), headers(1, get)]));
    expect(respond(server.streams[0]!, 25)).toBe(false);
    server.session.flush();
    expect(server.output()).toEqual(["SETTINGS 0 ACK", "HEADERS 1 | :status: 200", "DATA 1 xxxxxxxxxx"]);
    server.feed(frame(WINDOW_UPDATE, 0, 1, u32(10)));
    expect(server.output()).toEqual(["DATA 1 xxxxxxxxxx"]);
    // The window of 0 becomes -5, then 5 again.
    server.feed(frame(SETTINGS, 0, 0, setting(4, 5)));
    server.feed(frame(WINDOW_UPDATE, 0, 1, u32(4)));
    expect(server.output()).toEqual(["SETTINGS 0 ACK"]);
    server.feed(frame(SETTINGS, 0, 0, setting(4, 10)));
    expect(server.output()).toEqual(["DATA 1 xxxx", "SETTINGS 0 ACK"]);
    server.feed(frame(WINDOW_UPDATE, 0, 1, u32(1000)));
    expect(server.output()).toEqual(["DATA 1 x END"]);
    expect(server.session.streams.size).toBe(0);
  });

  test("a window that never opens holds one stream up, not the others", () => {
    const server = fresh();
    server.feed(Buffer.concat([frame(SETTINGS, 0, 0, setting(4, 0)), headers(1, get), headers(3, get)]));
    respond(server.streams[0]!, 10);
    respond(server.streams[1]!, 10);
    server.session.flush();
    server.output();
    server.feed(frame(WINDOW_UPDATE, 0, 3, u32(100)));
    expect(server.output()).toEqual(["DATA 3 xxxxxxxxxx END"]);
  });

  test("streams share the window of the connection frame by frame", () => {
    const server = fresh();
    server.feed(Buffer.concat([headers(1, get), headers(3, get), frame(SETTINGS, 0, 0, setting(4, 1 << 20))]));
    respond(server.streams[0]!, 60000);
    respond(server.streams[1]!, 60000);
    server.session.flush();
    server.output();
    server.feed(frame(WINDOW_UPDATE, 0, 0, u32(40000)));
    expect(server.output()).toEqual(["DATA 3 16384", "DATA 3 16384", "DATA 3 7232"]);
  });

  test("windows are given back as data comes, unless it is held up", () => {
    const server = fresh();
    server.feed(headers(1, post, 0));
    server.feed(frame(DATA, 0, 1, Buffer.alloc(16384)));
    expect(server.output()).toEqual([]);
    server.feed(Buffer.concat([frame(DATA, 0, 1, Buffer.alloc(16384)), frame(DATA, 0, 1, Buffer.alloc(16384))]));
    expect(server.output()).toEqual(["WINDOW_UPDATE 1 32768", "WINDOW_UPDATE 0 49152"]);
    server.session.hold(server.streams[0]!, true);
    server.feed(Buffer.concat([0, 0].map(() => frame(DATA, 0, 1, Buffer.alloc(16384)))));
    expect(server.output()).toEqual(["WINDOW_UPDATE 0 32768"]);
    server.session.hold(server.streams[0]!, false);
    server.session.flush();
    expect(server.output()).toEqual(["WINDOW_UPDATE 1 49152"]);
  });

  test("more than the window of a stream, and of the connection", () => {
    const server = fresh();
    server.feed(headers(1, post, 0));
    server.session.hold(server.streams[0]!, true);
    for (let i = 0; i < 4; i++) server.feed(frame(DATA, 0, 1, Buffer.alloc(16384)));
    expect(server.output()).toContain("RST_STREAM 1 FLOW_CONTROL_ERROR");
    const other = fresh();
    other.feed(Buffer.concat([headers(1, post, 0), headers(3, post, 0)]));
    // All in one read: nothing is given back between.
    const flood = [1, 3, 1, 3, 1].map((id) => frame(DATA, 0, id, Buffer.alloc(16384)));
    other.feed(Buffer.concat(flood));
    expect(other.output().at(-1)).toBe("GOAWAY 3 FLOW_CONTROL_ERROR");
  });

  test("a blocked connection sends no payload until it is told to go on", () => {
    const server = fresh();
    server.feed(headers(1, get));
    server.blocked = true;
    expect(respond(server.streams[0]!, 5)).toBe(false);
    server.session.flush();
    expect(server.output()).toEqual(["HEADERS 1 | :status: 200"]);
    server.blocked = false;
    server.session.resume();
    server.session.flush();
    expect(server.output()).toEqual(["DATA 1 xxxxx END"]);
  });
});

describe("6.10 CONTINUATION", () => {
  test("a block in many pieces", () => {
    const bytes = block(get);
    const parts = [frame(HEADERS, END_STREAM, 1, bytes.subarray(0, 3))];
    for (let i = 3; i < bytes.length; i++) {
      parts.push(frame(CONTINUATION, i === bytes.length - 1 ? END_HEADERS : 0, 1, bytes.subarray(i, i + 1)));
    }
    const server = fresh();
    server.feed(Buffer.concat(parts));
    expect(server.log).toEqual(["1 head GET http://a/ | host: a END"]);
  });
  test("what we send is cut at the frame size of the peer", () => {
    const server = fresh();
    server.feed(headers(1, get));
    const stream = server.streams[0]!;
    const head = new Head();
    const wire = Buffer.from(`HTTP/1.1 200 OK\r\nx-long: ${"v".repeat(40000)}\r\nConnection: close\r\n\r\n`, "latin1");
    parseResponse(head, wire, 0, wire.length, { ...defaultLimits, maxBytes: 100000 });
    const at = beginBlock(server.session, blockSize(head, null));
    const { output } = server.session;
    finishBlock(server.session, stream, writeResponseBlock(output.buf, at, head, null, 200));
    server.session.sender.end(stream, null);
    server.session.flush();
    const bytes = Buffer.concat(server.sent);
    expect([bytes.readUIntBE(0, 3), bytes[3], bytes[4]]).toEqual([16384, HEADERS, END_STREAM]);
    const second = 9 + 16384;
    expect([bytes.readUIntBE(second, 3), bytes[second + 3], bytes[second + 4]]).toEqual([16384, CONTINUATION, 0]);
    const third = 2 * second;
    expect([bytes[third + 3], bytes[third + 4]]).toEqual([CONTINUATION, END_HEADERS]);
    expect(third + 9 + bytes.readUIntBE(third, 3)).toBe(bytes.length);
    expect(server.session.streams.size).toBe(0);
  });
});

rows("8.1 message framing", [
  [
    "HEADERS after HEADERS without END_STREAM",
    [headers(1, post, 0), headers(1, [["x", "y"]], 0)],
    "RST_STREAM 1 PROTOCOL_ERROR",
  ],
  [
    "pseudo-header fields in trailers",
    [headers(1, post, 0), headers(1, [[":method", "GET"]])],
    "RST_STREAM 1 PROTOCOL_ERROR",
  ],
]);
test("8.1: trailers", () => {
  const server = fresh();
  server.feed(Buffer.concat([headers(1, post, 0), frame(DATA, 0, 1, "x"), headers(1, [["grpc-status", "0"]])]));
  expect(server.log.slice(1)).toEqual(["1 data x", "1 trailers grpc-status: 0|"]);
});

const malformed = (title: string, fields: readonly (readonly [string, string])[]): Row => [
  title,
  [headers(1, fields)],
  "RST_STREAM 1 PROTOCOL_ERROR",
];
const without = (name: string): readonly (readonly [string, string])[] => get.filter(([n]) => n !== name);

rows("8.2 and 8.3 fields", [
  malformed("8.1.1: a length without payload", [...post, ["content-length", "1"]]),
  malformed("8.2.1: upper case in a name", [...get, ["X-Test", "ok"]]),
  malformed("8.2.1: a blank in a name", [...get, ["x y", "ok"]]),
  malformed("8.2.1: an empty name", [...get, ["", "ok"]]),
  malformed("8.2.1: CR in a value", [...get, ["x", "a\rb"]]),
  malformed("8.2.1: LF in a value", [...get, ["x", "a\nb"]]),
  malformed("8.2.1: NUL in a value", [...get, ["x", "a\0b"]]),
  malformed("8.2.2: connection", [...get, ["connection", "keep-alive"]]),
  malformed("8.2.2: proxy-connection", [...get, ["proxy-connection", "keep-alive"]]),
  malformed("8.2.2: keep-alive", [...get, ["keep-alive", "1"]]),
  malformed("8.2.2: transfer-encoding", [...get, ["transfer-encoding", "chunked"]]),
  malformed("8.2.2: upgrade", [...get, ["upgrade", "h2c"]]),
  malformed("8.2.2: te", [...get, ["te", "trailers, deflate"]]),
  malformed("8.3: an unknown pseudo-header field", [...get, [":x", "y"]]),
  malformed("8.3: one of responses", [[":status", "200"], ...get]),
  malformed("8.3: after a field", [...without(":path"), ["x", "y"], [":path", "/"]]),
  malformed("8.3: twice", [[":path", "/"], ...get]),
  malformed("8.3.1: without :method", without(":method")),
  malformed("8.3.1: without :scheme", without(":scheme")),
  malformed("8.3.1: without :path", without(":path")),
  malformed("8.3.1: an empty :path", [[":path", ""], ...without(":path")]),
  malformed("8.3.1: a relative :path", [[":path", "a"], ...without(":path")]),
  malformed("8.3.1: a blank in :path", [[":path", "/ HTTP/1.1"], ...without(":path")]),
  malformed("8.3.1: a blank in :method", [[":method", "GET /"], ...without(":method")]),
  malformed("8.3.1: a slash in :authority", [[":authority", "a/b"], ...without(":authority")]),
  malformed("8.3.1: a bad :scheme", [[":scheme", "a b"], ...without(":scheme")]),
  malformed("8.5: CONNECT with :path", [[":method", "CONNECT"], ...without(":method")]),
  malformed("8.5: CONNECT without :authority", [[":method", "CONNECT"]]),
  malformed("RFC 8441: :protocol without CONNECT", [[":protocol", "websocket"], ...get]),
]);

describe("8.3 what becomes of a good request", () => {
  const rows: readonly (readonly [string, readonly (readonly [string, string])[], string])[] = [
    ["the authority is the Host", [...get, ["host", "other"]], "GET http://a/ | host: a END"],
    ["without one the Host stays", [...without(":authority"), ["host", "b"]], "GET / | host: b END"],
    [
      "crumbs of cookies are joined",
      [...get, ["cookie", "a=1"], ["x", "y"], ["cookie", "b=2"]],
      "GET http://a/ | host: a | x: y | cookie: a=1; b=2 END",
    ],
    ["te: trailers stays", [...get, ["te", "trailers"]], "GET http://a/ | host: a | te: trailers END"],
    ["OPTIONS *", request("OPTIONS", "*"), "OPTIONS http://a | host: a END"],
    [
      "CONNECT",
      [
        [":method", "CONNECT"],
        [":authority", "a:80"],
      ],
      "CONNECT a:80 | host: a:80 END",
    ],
    [
      "extended CONNECT",
      [[":protocol", "websocket"], ...request("CONNECT", "/chat", ["sec-websocket-version", "13"])],
      "GET http://a/chat | host: a | sec-websocket-version: 13 | upgrade: websocket | connection: upgrade | sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA== END",
    ],
  ];
  for (const [title, fields, line] of rows) {
    test(title, () => {
      const server = fresh();
      server.feed(headers(1, fields));
      expect(server.log).toEqual([`1 head ${line}`]);
    });
  }
});

describe("10.5 denial of service", () => {
  const many = (n: number, make: (i: number) => Buffer): Buffer =>
    Buffer.concat(Array.from({ length: n }, (_, i) => make(i)));
  const floods: readonly (readonly [string, Buffer])[] = [
    [
      "rapid reset",
      many(700, (i) => Buffer.concat([headers(2 * i + 1, get), frame(RST_STREAM, 0, 2 * i + 1, u32(8))])),
    ],
    ["refused streams", many(800, (i) => headers(2 * i + 1, get))],
    ["malformed requests", many(700, (i) => headers(2 * i + 1, [["x", "y"]]))],
    [
      "CONTINUATION without end",
      Buffer.concat([frame(HEADERS, 0, 1, "x"), many(100, () => frame(CONTINUATION, 0, 1, ""))]),
    ],
    [
      "a block without end",
      Buffer.concat([frame(HEADERS, 0, 1, "x"), many(20, () => frame(CONTINUATION, 0, 1, Buffer.alloc(16000)))]),
    ],
    ["SETTINGS", many(4000, () => frame(SETTINGS, 0, 0))],
    ["PING", many(4000, () => frame(PING, 0, 0, "12345678"))],
    ["PRIORITY", many(4000, () => frame(PRIORITY, 0, 9, "\0\0\0\0\x10"))],
    ["empty DATA", Buffer.concat([headers(1, post, 0), many(4000, () => frame(DATA, 0, 1))])],
    [
      "windows opened byte by byte",
      Buffer.concat([headers(1, get), many(4000, () => frame(WINDOW_UPDATE, 0, 1, u32(1)))]),
    ],
    [
      "a list of fields far larger than its block",
      frame(
        HEADERS,
        5,
        1,
        Buffer.concat([
          block(get),
          Buffer.from("400178" + "7f811e" + "61".repeat(3968), "hex"),
          Buffer.alloc(10000, 0xbe),
        ]),
      ),
    ],
  ];
  for (const [title, bytes] of floods) {
    test(title, () => {
      const server = fresh();
      server.feed(bytes);
      expect(server.output().at(-1)).toMatch(/^GOAWAY \d+ ENHANCE_YOUR_CALM$/);
      expect(server.log.at(-1)).toBe("fatal ENHANCE_YOUR_CALM");
      expect(server.session.streams.size).toBe(0);
    });
  }

  test("honest use of the same frames is no flood", () => {
    const server = fresh();
    server.onHead = (stream) => void respond(stream, 1);
    for (let i = 0; i < 5000; i++) {
      server.feed(Buffer.concat([headers(2 * i + 1, get), frame(PING, 0, 0, "12345678")]));
      server.feed(frame(WINDOW_UPDATE, 0, 0, u32(1000)));
    }
    expect(server.log.filter((line) => line.startsWith("fatal"))).toEqual([]);
    expect(server.session.streams.size).toBe(0);
  });
});

describe("the client's side", () => {
  const opened = (): { client: Peer; stream: NotingStream } => {
    const client = new Peer(Role.client).greet();
    const stream = client.open();
    client.session.adopt(stream, client.session.nextId());
    return { client, stream };
  };
  test("interim responses, response, trailers", () => {
    const { client } = opened();
    client.feed(
      Buffer.concat([
        headers(
          1,
          [
            [":status", "103"],
            ["link", "x"],
          ],
          0,
        ),
        headers(1, [[":status", "200"]], 0),
        frame(DATA, 0, 1, "body"),
        headers(1, [["t", "1"]]),
      ]),
    );
    expect(client.log).toEqual(["1 head 103 | link: x", "1 head 200", "1 data body", "1 trailers t: 1|"]);
  });
  test("8.3.2: malformed responses", () => {
    for (const fields of [
      [],
      [["x", "y"]],
      [[":status", "20"]],
      [[":status", "101"]],
      [
        [":status", "200"],
        [":path", "/"],
      ],
      [
        [":status", "200"],
        ["connection", "x"],
      ],
    ] as const) {
      const { client } = opened();
      client.feed(headers(1, fields));
      expect(client.output().at(-1)).toBe("RST_STREAM 1 PROTOCOL_ERROR");
    }
  });
  test("6.8: streams above the last one of GOAWAY are refused", () => {
    const { client } = opened();
    const second = client.open();
    client.session.adopt(second, client.session.nextId());
    client.feed(frame(GOAWAY, 0, 0, u32(1, 0)));
    expect(client.log).toEqual(["3 reset by peer REFUSED_STREAM", "goaway NO_ERROR"]);
  });
  test("streams of the server, and pushed ones, are errors", () => {
    for (const bytes of [
      headers(2, [[":status", "200"]]),
      headers(5, [[":status", "200"]]),
      frame(PUSH_PROMISE, 4, 1, u32(2)),
      frame(SETTINGS, 0, 0, setting(2, 1)),
    ]) {
      const { client } = opened();
      client.feed(bytes);
      expect(client.output().at(-1)).toBe("GOAWAY 0 PROTOCOL_ERROR");
    }
  });
  test("requests are written from heads", () => {
    const server = fresh();
    server.feed(headers(1, [...request("PUT", "/x?y", ["x-a", "b"], ["cookie", "c=1"]), ["te", "trailers"]], 0));
    const { head } = server.streams[0]!;
    const out = Buffer.alloc(blockSize(head, null));
    const end = writeRequestBlock(out, 0, head, null);
    expect(frames(frame(HEADERS, END_HEADERS, 1, out.subarray(0, end)))).toEqual([
      "HEADERS 1 | :method: PUT | :scheme: http | :authority: a | :path: /x?y | x-a: b | te: trailers | cookie: c=1",
    ]);
  });
});

describe("fuzz", () => {
  const seed = Buffer.concat([
    frame(SETTINGS, 0, 0, setting(4, 1000)),
    headers(1, [...get, ["cookie", "a"], ["cookie", "b"]]),
    frame(PING, 0, 0, "12345678"),
    headers(3, post, 0),
    frame(DATA, PADDED, 3, "\x03some payload..."),
    frame(WINDOW_UPDATE, 0, 3, u32(10)),
    frame(HEADERS, 0, 5, block(get).subarray(0, 20)),
    frame(CONTINUATION, END_HEADERS, 5, block(get).subarray(20)),
    frame(DATA, END_STREAM, 5, "tail"),
    headers(3, [["t", "1"]]),
    frame(PRIORITY, 0, 7, "\0\0\0\0\x10"),
    frame(RST_STREAM, 0, 1, u32(8)),
    frame(GOAWAY, 0, 0, u32(0, 0)),
  ]);
  const run = (cut: (server: Peer) => void): string => {
    const server = fresh();
    cut(server);
    const { session }: { session: Session } = server;
    expect(session.streams.size).toBeLessThan(100);
    return `${server.log.join("\n")}\n--\n${server.output().join("\n")}`;
  };
  const at = (bytes: Buffer, point: number): string =>
    run((server) => server.feed(bytes.subarray(0, point)).feed(bytes.subarray(point)));

  test("the same at every split point", () => {
    const whole = run((server) => server.feed(seed));
    expect(whole).toContain("3 trailers t: 1|");
    for (let point = 0; point <= seed.length; point++) expect(at(seed, point)).toBe(whole);
    expect(run((server) => server.feed(seed, 1))).toBe(whole);
  });

  test("mutated bytes are handled or refused, the same at every split", () => {
    const next = random(99);
    for (let i = 0; i < 150; i++) {
      const bytes = Buffer.from(seed);
      for (let n = 1 + Math.floor(next() * 4); n > 0; n--) bytes[Math.floor(next() * bytes.length)] = next() * 256;
      const whole = run((server) => server.feed(bytes));
      for (let point = 1; point < bytes.length; point++) {
        if (at(bytes, point) !== whole) expect([i, point, at(bytes, point)]).toEqual([i, point, whole]);
      }
      expect(run((server) => server.feed(bytes, 1))).toBe(whole);
    }
  }, 60_000);

  test("mutated header blocks, cut between HEADERS and CONTINUATION at every point", () => {
    const next = random(7);
    const fields = block([...get, ["cookie", "a=b"], ["x-long-name", "some value, and more of it"], ["accept", "*/*"]]);
    let refused = 0;
    for (let i = 0; i < 400; i++) {
      const bytes = Buffer.from(fields);
      for (let n = Math.floor(next() * 4); n > 0; n--) bytes[Math.floor(next() * bytes.length)] = next() * 256;
      const after = frame(PING, 0, 0, "12345678");
      const whole = run((server) => server.feed(Buffer.concat([frame(HEADERS, 5, 1, bytes), after])));
      if (whole.includes("COMPRESSION_ERROR")) refused++;
      for (let point = 0; point <= bytes.length; point++) {
        const cut = run((server) => {
          server.feed(frame(HEADERS, END_STREAM, 1, bytes.subarray(0, point)));
          server.feed(Buffer.concat([frame(CONTINUATION, END_HEADERS, 1, bytes.subarray(point)), after]));
        });
        if (cut !== whole) expect([i, point, cut]).toEqual([i, point, whole]);
      }
    }
    expect(refused).toBeGreaterThan(20);
  }, 60_000);
});
