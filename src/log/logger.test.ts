import { expect, test } from "bun:test";
import type { LogTargetModel } from "../config/model.ts";
import { createLogger, type LoggerContext } from "./logger.ts";
import { latin1 } from "../util/latin1.ts";
import { EMPTY_RECORD, type Logger } from "./record.ts";
import type { Sink } from "./targets/sink.ts";

const target = (model: Partial<LogTargetModel>): LogTargetModel => ({
  at: { file: "t", line: 1, column: 1 },
  target: { kind: "stdout" },
  len: 1024,
  format: "local",
  sample: null,
  facility: 16,
  level: 7,
  minLevel: 0,
  ...model,
});

/** Keeps the lines it is given. */
function recorder(kind: Sink["kind"], lines: string[]): Sink {
  return {
    kind,
    dropped: kind === "datagrams" ? 3 : 0,
    write: (line) => void lines.push(line),
    send: ({ buffer }, start, end) => {
      expect(buffer[end]).toBe(10);
      lines.push(latin1(buffer, start, end));
    },
    flush() {},
  };
}

interface Setup {
  readonly logger: Logger;
  readonly lines: string[];
  /** How often a stream was formatted. */
  readonly formatted: () => number;
}

function setup(
  models: Partial<LogTargetModel>[],
  context: Partial<LoggerContext> = {},
  tag: string | null = null,
): Setup {
  const lines: string[] = [];
  let formatted = 0;
  const sink = recorder("datagrams", lines);
  const logger = createLogger(
    { logs: [target({ format: "priority" })], logTag: "tlb", logSendHostname: null },
    { logs: models.map(target), logTag: tag },
    {
      format: () => {
        formatted++;
        return "text";
      },
      now: () => Date.UTC(2026, 1, 6, 12, 0, 0, 250),
      pid: 99,
      open: () => sink,
      ...context,
    },
  );
  return { logger, lines, formatted: () => formatted };
}

test("a line is formatted once for all targets, and not at all when none wants it", () => {
  const { logger, lines, formatted } = setup([{}, { format: "short" }, { format: "raw", level: 3 }]);
  logger.stream(EMPTY_RECORD, "info");
  expect(lines).toEqual(["<134>Feb  6 12:00:00 tlb[99]: text", "<6>text"]);
  expect(formatted()).toBe(1);
  logger.stream(EMPTY_RECORD, "err");
  expect(lines.slice(2)).toEqual(["<131>Feb  6 12:00:00 tlb[99]: text", "<3>text", "text"]);
  const silent = setup([{ level: 0 }]);
  silent.logger.stream(EMPTY_RECORD, "info");
  expect(silent.formatted()).toBe(0);
});

test("without a host name the formats that want one have their own word", () => {
  const { logger, lines } = setup([{ format: "rfc3164" }, { format: "rfc5424" }], {}, "own");
  logger.stream(EMPTY_RECORD, "notice");
  expect(lines).toEqual([
    "<133>Feb  6 12:00:00 localhost own[99]: text",
    "<133>1 2026-02-06T12:00:00.250000+00:00 - own 99 - - text",
  ]);
});

test("structured data that comes out empty is a dash, and events have none", () => {
  let data = "";
  const { logger, lines } = setup([{ format: "rfc5424" }], { structuredData: () => data });
  logger.stream(EMPTY_RECORD, "info");
  data = "[a b]";
  logger.stream(EMPTY_RECORD, "info");
  logger.event("alert", "down");
  expect(lines.map((l) => l.slice(l.indexOf("99") + 3))).toEqual(["- - text", "- [a b] text", "- - down"]);
});

test("an event is one line whatever its text, within the levels", () => {
  const { logger, lines } = setup([{ format: "short", level: 5, minLevel: 2 }]);
  logger.event("emerg", 'no server\r\n<0>forged "x"\n');
  logger.event("info", "too low");
  expect(lines).toEqual(['<2>no server <0>forged "x"']);
});

test("without targets nothing is done; the process itself uses the global ones", () => {
  const none = setup([]);
  expect(none.logger.enabled).toBe(false);
  none.logger.stream(EMPTY_RECORD, "info");
  none.logger.event("alert", "x");
  expect(none.formatted()).toBe(0);
  expect(none.logger.dropped).toBe(0);

  const lines: string[] = [];
  const sink = recorder("lines", lines);
  const own = createLogger({ logs: [target({ format: "priority" })], logTag: "t", logSendHostname: null }, null, {
    format: () => "",
    open: () => sink,
  });
  own.event("notice", "started");
  expect(lines).toEqual(["<133>started"]);
});

test("drops are those of the sinks, each counted once", () => {
  expect(setup([{}, {}]).logger.dropped).toBe(3);
});

test("a line written in bytes: headers of several targets, each cut at its own length", () => {
  const write = (_: unknown, out: { text(s: string): void; int(n: number): void }): void => {
    out.text("abcdefghij");
    out.int(-1);
  };
  const { logger, lines, formatted } = setup([{ len: 40 }, { format: "short", len: 8 }, { format: "raw" }], { write });
  logger.stream(EMPTY_RECORD, "info");
  expect(lines).toEqual(["<134>Feb  6 12:00:00 tlb[99]: abcdefghij", "<6>abcde", "abcdefghij-1"]);
  expect(formatted()).toBe(0);
  // Another format than the usual one is a text.
  logger.stream(EMPTY_RECORD, "info", () => "other");
  expect(lines.slice(3)).toEqual(["<134>Feb  6 12:00:00 tlb[99]: other", "<6>other", "other"]);
});

test("a header that is longer than the room before the line", () => {
  const tag = "t".repeat(2000);
  const { logger, lines } = setup([{ len: 4096, format: "local" }], { write: (_, out) => out.text("abc") }, tag);
  logger.stream(EMPTY_RECORD, "info");
  expect(lines).toEqual([`<134>Feb  6 12:00:00 ${tag}[99]: abc`]);
});
