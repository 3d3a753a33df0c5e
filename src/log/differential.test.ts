/**
 * The real haproxy and this code on the same streams. A line of haproxy carries the facts of its stream first and then
 * what is to be compared, so that ours is built from the very same facts.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import type { LogFormatName, LogTargetModel } from "../config/model.ts";
import { compileLogFormat } from "../expr/logformat/compile.ts";
import { latin1 } from "../util/latin1.ts";
import type { Sink } from "./targets/sink.ts";
import { connectFrom, httplog, tcplog } from "../expr/logformat/fast.ts";
import { HTTPLOG, HTTPLOG_CLF, TCPLOG } from "../expr/logformat/named.ts";
import { Diagnostics } from "../lang/diagnostic.ts";
import { createLogger } from "./logger.ts";
import { EMPTY_RECORD, type LogRecord, NO_SERVER } from "./record.ts";

const haproxy = Bun.which("haproxy");
if (haproxy === null) console.log("log/differential: skipped, there is no haproxy on this machine");

/** Tags in the order of the facts; the separator cannot occur in a value. */
const FACTS = (
  "ci cp fi fp f ft b s si sp bi bp Ts ms Th Ti TR Tw Tc Tr Td Ta Tt ST B U CC CS tsc ac fc bc sc rc sq bq lc rt " +
  "r ID H pid hrl hsl tr"
).split(" ");
const TCP_ONLY = new Set(["Ti", "TR", "Tr", "Ta", "CC", "CS", "tsc", "r", "tr"]);
const SEPARATOR = "~~";

/** The facts as a log-format text. */
function facts(mode: "tcp" | "http"): string {
  return FACTS.map((t) => (mode === "tcp" && TCP_ONLY.has(t) ? "-" : `%{-M}${t}`)).join(SEPARATOR) + SEPARATOR + "@@";
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

function undo(text: string): string {
  return text.replace(/#([0-9A-F]{2})/g, (_, h: string) => String.fromCharCode(parseInt(h, 16)));
}

/** Reads the facts back. Captures: one field each, as no value of these tests has a space. */
function recordOf(line: string, mode: "tcp" | "http", logasap: boolean): LogRecord {
  const v = new Map(line.split(SEPARATOR).map((value, i) => [FACTS[i] ?? "", value]));
  const str = (t: string): string => v.get(t) ?? "";
  const num = (t: string): number => Number(str(t).replace("+", ""));
  const opt = (t: string): string | null => (str(t) === "" || str(t) === "-" ? null : str(t));
  const slots = (t: string): (string | null)[] | null =>
    str(t) === ""
      ? null
      : str(t)
          .split(" ")
          .map((x) => (x === "-" ? null : undo(x)));
  const date = /^(\d+)\/(\w+)\/(\d+):(\d+):(\d+):(\d+)\.(\d+)$/.exec(str("tr"));
  const [, d, mon, y, h, m, s, ms] = date ?? [];
  const state = mode === "http" ? str("tsc") : "----";
  return {
    ...EMPTY_RECORD,
    mode,
    clientAddress: str("ci"),
    clientPort: num("cp"),
    frontendAddress: str("fi"),
    frontendPort: num("fp"),
    frontendName: str("f"),
    tls: str("ft").endsWith("~"),
    backendName: str("b"),
    serverName: str("s"),
    serverAddress: opt("si"),
    serverPort: num("sp"),
    backendSourceAddress: opt("bi"),
    backendSourcePort: num("bp"),
    acceptDate: num("Ts") * 1000 + num("ms"),
    requestDate: date === null ? -1 : new Date(+y!, MONTHS.indexOf(mon!), +d!, +h!, +m!, +s!, +ms!).getTime(),
    tHandshake: num("Th"),
    tIdle: num("Ti") || 0,
    tRequest: num("TR"),
    tQueue: num("Tw"),
    tConnect: num("Tc"),
    tResponse: num("Tr"),
    tData: num("Td"),
    tActive: num("Ta"),
    tTotal: num("Tt"),
    logasap,
    status: num("ST"),
    bytesRead: num("B"),
    bytesUploaded: num("U"),
    requestCookie: opt("CC"),
    responseCookie: opt("CS"),
    terminationState: state,
    actconn: num("ac"),
    feconn: num("fc"),
    beconn: num("bc"),
    srvconn: num("sc"),
    retries: num("rc"),
    redispatched: str("rc").startsWith("+"),
    srvQueue: num("sq"),
    backendQueue: num("bq"),
    logCounter: num("lc"),
    requestCounter: num("rt"),
    requestLine: mode === "tcp" || str("r") === "<BADREQ>" ? null : undo(str("r")),
    requestCaptures: slots("hrl"),
    responseCaptures: slots("hsl"),
    uniqueId: opt("ID"),
  };
}

const DATES = ["t", "T", "Tl", "Ts", "ms", "tr", "trg", "trl"];
const REST = (
  "B CC CS H ID ST Ta Tc Td Th Ti TR Tq Tr Tt Tu Tw U ac b bc bi bp bq ci cp f fc fi fp ft hr hrl hs hsl HM HP HPO HQ HU " +
  "HV lc pid r rc rt s sc si sp sq sslc sslv tsc"
).split(" ");
const EVERY = [...DATES, ...REST];
const IN_TCP = EVERY.filter((t) => !/^(CC|CS|Ta|TR|Ti|Tq|Tr|H[A-Z]+|r|tr|trg|trl|tsc)$/.test(t));

const flagged = (list: string[], flags: string): string => list.map((t) => `${t}=%${flags}${t}`).join(";");

/** Formats to compare, by mode. */
const FORMATS = {
  http: [
    HTTPLOG,
    HTTPLOG_CLF,
    ...["", "{+Q}", "{+X}", "{+E}", "{+Q,+E}", "{-M}", "{+Q,-M}", "{+X,+Q,+E}"].map((f) => flagged(EVERY, f)),
    "  a  b %hr   c %CC %hr %hs  %sslc %{-M}sslc d ",
    "a%%b %%ci %{Q}ci %{+Q,X}ci %{+Q,X,-Q}ci %{+X}cp %-ci %( x %HM.b %{+Q,-Q}ci %{+Q}o %ci %{-Q}ci %{+Zzz}ci",
    "%{+Q}o %ci %{-Q}o%ci %{+Q -M}CS %{ +Q}CS %{+E,Q,-M}CS %{-Q,M}CS %hrl  %hsl",
  ],
  tcp: [
    TCPLOG.replace("%ts ", "-- "),
    ...["", "{+Q}", "{+X}", "{-M}"].map((f) => flagged(IN_TCP, f)),
    "%hr %hs %hrl x",
  ],
} as const;

const HEAD = "GET ";
const REQUESTS: readonly string[] = [
  `${HEAD}/plain HTTP/1.1\r\nHost: h\r\n\r\n`,
  `${HEAD}/a"{}|<b>\\]\xe9?x=1?"y#z HTTP/1.1\r\nHost: h\r\nCookie: C=v"x\\]{}; SRV=q\r\nX-B: h"|{}#\\]x\r\nX-A: \xe9z#\r\n\r\n`,
  `${HEAD}http://foo:80/bar/x?y HTTP/1.0\r\nX-A: one\r\n\r\n`,
  "OPTIONS * HTTP/1.0\r\n\r\n",
  `${HEAD} /double HTTP/1.0\r\nCookie: C=long-long-long-long-long-long\r\n\r\n`,
  `${HEAD}/${"u".repeat(1500)} HTTP/1.0\r\n\r\n`,
  "BAD\r\n\r\n",
  "",
];
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-R: a|b{c}"d\r\nSet-Cookie: C=r"1; path=/\r\n\r\nhi';

interface Case {
  readonly mode: "tcp" | "http";
  readonly format: string;
  readonly logasap: boolean;
  /** The servers are dead: retries, a redispatch, 503. */
  readonly down?: true;
}
const CASES: Case[] = [];
for (const mode of ["http", "tcp"] as const) {
  for (const format of FORMATS[mode]) CASES.push({ mode, format, logasap: false });
  CASES.push({ mode, format: flagged(mode === "http" ? EVERY : IN_TCP, ""), logasap: true });
}

CASES.push({ mode: "http", format: HTTPLOG, logasap: false, down: true });
CASES.push({ mode: "tcp", format: flagged(IN_TCP, ""), logasap: false, down: true });

/** What a case sends, one connection each. */
function requestsOf(c: Case): readonly string[] {
  if (c.mode === "tcp") return ["some bytes"];
  return c.down === true ? REQUESTS.slice(0, 1) : REQUESTS;
}

const TARGET_FORMATS: readonly LogFormatName[] = [
  "local",
  "rfc3164",
  "rfc5424",
  "priority",
  "short",
  "timed",
  "iso",
  "raw",
];
/** Extra words of a `log` line and the same as a model. */
type TargetCase = { words: string; model: Partial<LogTargetModel> };
const TARGETS: readonly TargetCase[] = [
  ...TARGET_FORMATS.map((format): TargetCase => ({
    words: `format ${format} local4`,
    model: { format, facility: 20 },
  })),
  ...TARGET_FORMATS.map((format): TargetCase => ({
    words: `len 80 format ${format} local4`,
    model: { format, len: 80, facility: 20 },
  })),
  {
    words: "format raw sample 1-2,4:5 local0",
    model: {
      format: "raw",
      facility: 16,
      sample: {
        ranges: [
          [1, 2],
          [4, 4],
        ],
        size: 5,
      },
    },
  },
  {
    words: "format raw sample 3,2:4 local0",
    model: {
      format: "raw",
      facility: 16,
      sample: {
        ranges: [
          [3, 3],
          [2, 2],
        ],
        size: 4,
      },
    },
  },
  { words: "format short local0 notice", model: { format: "short", level: 5 } },
  { words: "format priority kern debug debug", model: { format: "priority", facility: 0, minLevel: 7 } },
  { words: "format priority local0 info notice", model: { format: "priority", level: 6, minLevel: 5 } },
  {
    words: "format raw sample 1:2 local0 err",
    model: { format: "raw", level: 3, sample: { ranges: [[1, 1]], size: 2 } },
  },
];
const STREAM_TARGETS = 16;
const SD = '[x@1 s="%ST" u=%{+Q,+E}HU]';

function target(model: Partial<LogTargetModel>): LogTargetModel {
  return {
    at: { file: "t", line: 1, column: 1 },
    target: { kind: "stdout" },
    len: 1024,
    format: "rfc3164",
    sample: null,
    facility: 16,
    level: 7,
    minLevel: 0,
    ...model,
  };
}

/** Cuts out what two runs never share. */
function mask(line: string): string {
  return line
    .replace(/\w{3} [ \d]\d \d\d:\d\d:\d\d/g, "DATE")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d/g, "ISO-DATE-OF-THIRTY-TWO-CHARACTER");
}

const at = { file: "t", line: 1, column: 1 };

async function freePort(): Promise<number> {
  const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = probe;
  probe.stop(true);
  return port;
}

/** Sends the bytes, waits for the answer or `ms`, leaves by FIN. */
async function ask(port: number, bytes: string, ms: number): Promise<void> {
  const done = Promise.withResolvers<void>();
  const client = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: { data: () => done.resolve(), end: () => done.resolve(), close: () => done.resolve() },
  });
  if (bytes !== "") client.write(Buffer.from(bytes, "latin1"));
  else client.shutdown();
  await Promise.race([done.promise, Bun.sleep(ms)]);
  client.shutdown();
  await Bun.sleep(3);
  client.terminate();
}

async function until(condition: () => boolean, ms: number): Promise<void> {
  for (const end = Date.now() + ms; !condition() && Date.now() < end;) await Bun.sleep(5);
}

describe.skipIf(haproxy === null)("against haproxy", () => {
  const folder = mkdtempSync(join(tmpdir(), "tlb-log-"));
  const cleanups: (() => void)[] = [];
  const byCase = new Map<number, string[]>();
  const byTarget = new Map<number, string[]>();
  const ports: number[] = [];
  let targetPort = 0;
  let defaultPort = 0;
  let defaultLines: string[] = [];
  let pid = 0;
  let output = "";

  beforeAll(async () => {
    const backend = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(s) {
          s.write(RESPONSE);
        },
      },
    });
    cleanups.push(() => backend.stop(true));
    const udp = async (on: (line: string) => void): Promise<number> => {
      const s = await Bun.udpSocket({ hostname: "127.0.0.1", socket: { data: (_, b) => on(b.toString("latin1")) } });
      cleanups.push(() => s.close());
      return s.port;
    };
    const lines = (map: Map<number, string[]>, i: number): string[] => {
      const list: string[] = [];
      map.set(i, list);
      return list;
    };
    let config =
      "global\n maxconn 100\n log-tag tlb\n log-send-hostname host.test\ndefaults\n timeout client 2s\n timeout server 2s\n timeout connect 1s\n";
    for (const [i, c] of CASES.entries()) {
      const list = lines(byCase, i);
      const log = await udp((line) => list.push(line));
      ports.push(await freePort());
      const text = (facts(c.mode) + c.format).replace(/[\\"]/g, "\\$&");
      config += `frontend f${i}\n mode ${c.mode}\n bind 127.0.0.1:${ports[i]}\n log 127.0.0.1:${log} len 65535 format raw local0\n`;
      if (c.mode === "http") {
        config +=
          " option accept-invalid-http-request\n capture cookie C len 16\n unique-id-format %{+X}o%ci:%cp%[req.hdr(X-B)]\n";
        config +=
          " capture request header X-B len 20\n capture request header None len 5\n capture request header X-A len 9\n";
        config += " capture response header X-R len 20\n";
      }
      config += `${c.logasap ? " option logasap\n" : ""} log-format "${text}"\n default_backend ${c.down === true ? "down" : "b"}-${c.mode}\n`;
    }
    targetPort = await freePort();
    config += `frontend targets\n mode http\n bind 127.0.0.1:${targetPort}\n option log-separate-errors\n option dontlognull\n option httplog\n`;
    config += ` http-request deny if { path_beg /deny }\n http-request return status 200\n log-format-sd "${SD.replace(/[\\"]/g, "\\$&")}"\n`;
    for (const [i, t] of TARGETS.entries()) {
      const list = lines(byTarget, i);
      config += ` log 127.0.0.1:${await udp((line) => list.push(line))} ${t.words}\n`;
      if (i < STREAM_TARGETS) config += ` log stdout ${t.words}\n`;
    }
    defaultPort = await freePort();
    config += `frontend plain\n mode tcp\n bind 127.0.0.1:${defaultPort}\n default_backend b-tcp\n`;
    config += ` log 127.0.0.1:${await udp((line) => defaultLines.push(line))} format raw local0\n`;
    for (const mode of ["http", "tcp"])
      config += `backend b-${mode}\n mode ${mode}\n server s1 127.0.0.1:${backend.port}\n`;
    const dead = await freePort();
    for (const mode of ["http", "tcp"]) {
      config += `backend down-${mode}\n mode ${mode}\n retries 2\n option redispatch\n timeout connect 50ms\n`;
      config += ` server s1 127.0.0.1:${dead}\n server s2 127.0.0.1:${dead}\n`;
    }
    const file = join(folder, "c.cfg");
    await Bun.write(file, config);
    const out = join(folder, "out");
    const child = Bun.spawn([haproxy!, "-db", "-f", file], {
      stdout: Bun.file(out),
      stderr: Bun.file(join(folder, "err")),
    });
    cleanups.push(() => child.kill("SIGKILL"));
    pid = child.pid;
    for (let tries = 0; ; tries++) {
      if (tries === 100 || child.exitCode !== null) {
        throw new Error(`haproxy does not start: ${await Bun.file(join(folder, "err")).text()}`);
      }
      const up = await Bun.connect({ hostname: "127.0.0.1", port: targetPort, socket: { data() {} } }).catch(
        () => null,
      );
      if (up !== null) {
        up.terminate();
        break;
      }
      await Bun.sleep(20);
    }
    for (const [i, c] of CASES.entries()) {
      for (const request of requestsOf(c)) {
        const expected = byCase.get(i)!.length + 1;
        // A connection without a byte gets no answer.
        const patience = request === "" ? 200 : 5000;
        await ask(ports[i]!, request, patience);
        await until(() => byCase.get(i)!.length >= expected, patience);
      }
    }
    for (let n = 0; n < 11; n++) {
      await ask(targetPort, `GET /${n % 4 === 3 ? "deny" : "ok"}${n}"q HTTP/1.0\r\n\r\n`, 200);
    }
    await ask(defaultPort, "x", 50);
    await until(() => byTarget.get(0)!.length >= 11 && defaultLines.length > 0, 500);
    child.kill("SIGTERM");
    await child.exited;
    output = Buffer.from(await Bun.file(out).arrayBuffer()).toString("latin1");
  }, 60_000);

  afterAll(() => {
    for (const clean of cleanups) clean();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [i, c] of CASES.entries()) {
    test(`${c.mode}${c.logasap ? " logasap" : ""}${c.down === true ? " down" : ""}: ${c.format.slice(0, 60)}`, () => {
      const got = byCase.get(i)!;
      expect(got.length).toBeGreaterThanOrEqual(Math.max(1, requestsOf(c).length - 1));
      if (c.down === true) expect(got[0]).toMatch(/ \d+\/\d+\/\d+\/\d+\/\+\d |;rc=\+\d;/);
      for (const line of got) {
        expect(line.endsWith("\n")).toBe(true);
        const [known, theirs] = line.slice(0, -1).split(SEPARATOR + "@@") as [string, string];
        const diagnostics = new Diagnostics();
        // The header of the facts ends where the compared text begins: leading spaces meet its last character.
        const ours = compileLogFormat("@@" + c.format, at, { mode: c.mode, hostname: hostname(), pid }, diagnostics);
        expect(diagnostics.list).toEqual([]);
        const record = recordOf(known, c.mode, c.logasap);
        expect(ours!.format(record)).toBe("@@" + theirs);
        if (c.format === HTTPLOG) expect(httplog(record)).toBe(theirs);
        if (c.format.startsWith("%ci:%cp [%t] ")) expect(tcplog(record)).toBe(theirs);
      }
    });
  }

  /** What our logger sends for the requests of the targets' frontend, by the texts haproxy wrote. */
  function ourLines(model: LogTargetModel, texts: readonly string[], kind: "lines" | "datagrams"): string[] {
    const sent: string[] = [];
    const sink: Sink = {
      kind,
      dropped: 0,
      write: (line) => void sent.push(line + "\n"),
      send: ({ buffer }, start, end) => void sent.push(latin1(buffer, start, end + 1)),
      flush() {},
    };
    let text = "";
    const sd = compileLogFormat(SD, at, { mode: "http", hostname: "x", pid }, new Diagnostics())!.format;
    const logger = createLogger(
      { logs: [], logTag: "tlb", logSendHostname: "host.test" },
      { logs: [model], logTag: null },
      { format: () => text, write: (_, out) => out.text(text), structuredData: sd, pid, open: () => sink },
    );
    for (text of texts) {
      const requestLine = undo(/"([^"]*)"$/.exec(text)![1]!);
      const status = Number(/ (\d{3}) \d+ - - /.exec(text)![1]);
      logger.stream({ ...EMPTY_RECORD, requestLine, status }, status === 200 ? "info" : "err");
    }
    return sent.map(mask);
  }

  for (const [i, t] of TARGETS.entries()) {
    test(`log … ${t.words}`, () => {
      const raw = byTarget.get(TARGET_FORMATS.indexOf("raw"))!.map((line) => line.trimEnd());
      expect(raw.length).toBe(11);
      expect(byTarget.get(i)!.map(mask)).toEqual(ourLines(target(t.model), raw, "datagrams"));
    });
  }

  test("log stdout … in all formats", () => {
    const raw = byTarget.get(TARGET_FORMATS.indexOf("raw"))!.map((line) => line.trimEnd());
    const ours = TARGETS.slice(0, STREAM_TARGETS).map((t) => ourLines(target(t.model), raw, "lines"));
    const expected = raw.flatMap((_, n) => ours.map((list) => list[n]!));
    expect(mask(output)).toBe(expected.join(""));
  });

  test("the default format", () => {
    const [, port] = /^Connect from 127.0.0.1:(\d+) /.exec(defaultLines[0]!)!;
    const ours = connectFrom({
      ...EMPTY_RECORD,
      mode: "tcp",
      clientAddress: "127.0.0.1",
      clientPort: Number(port),
      frontendAddress: "127.0.0.1",
      frontendPort: defaultPort,
      frontendName: "plain",
      serverName: NO_SERVER,
    });
    expect(defaultLines[0]).toBe(ours + "\n");
  });
});
