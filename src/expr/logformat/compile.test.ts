import { describe, expect, test } from "bun:test";
import { Diagnostics } from "../../lang/diagnostic.ts";
import { EMPTY_RECORD, type LogRecord } from "../../log/record.ts";
import { type CompileOptions, compileLogFormat, proxyLogFormat } from "./compile.ts";
import { connectFrom, connectionError, httplog, httpslog, tcplog } from "./fast.ts";
import { HTTPLOG, HTTPSLOG, TCPLOG } from "./named.ts";
import { tags } from "./tags/index.ts";

const at = { file: "a.cfg", line: 7, column: 20 };
const options: CompileOptions = { mode: "http", hostname: "here", pid: 4242 };

function format(text: string, record: LogRecord, extra: Partial<CompileOptions> = {}): string {
  const diagnostics = new Diagnostics();
  const compiled = compileLogFormat(text, at, { ...options, ...extra }, diagnostics);
  expect(diagnostics.list).toEqual([]);
  return compiled!.format(record);
}

function faults(text: string, extra: Partial<CompileOptions> = {}): string[] {
  const diagnostics = new Diagnostics();
  expect(compileLogFormat(text, at, { ...options, ...extra }, diagnostics)).toBeNull();
  return diagnostics.list.map((d) => `${d.severity} ${d.code} ${d.at.line}:${d.at.column}-${d.endColumn} ${d.message}`);
}

const ACCEPT = Date.UTC(2026, 10, 2, 3, 4, 5, 6);

const full: LogRecord = {
  ...EMPTY_RECORD,
  clientAddress: "192.0.2.1",
  clientPort: 33317,
  frontendAddress: "2001:db8::1",
  frontendPort: 443,
  frontendName: "http-in",
  tls: true,
  tlsCipher: "TLS_AES_128_GCM_SHA256",
  tlsVersion: "TLSv1.3",
  tlsSni: "a.test",
  backendName: "static",
  serverName: "srv1",
  serverAddress: "10.0.0.1",
  serverPort: 8000,
  backendSourceAddress: "10.0.0.9",
  backendSourcePort: 40000,
  acceptDate: ACCEPT,
  requestDate: ACCEPT + 994,
  tHandshake: 3,
  tIdle: 991,
  tRequest: 10,
  tQueue: 0,
  tConnect: 30,
  tResponse: 69,
  tData: 1,
  tActive: 109,
  tTotal: 1103,
  status: 200,
  bytesRead: 2750,
  bytesUploaded: 99,
  requestCookie: "SRV=a",
  responseCookie: null,
  terminationState: "--VN",
  actconn: 5,
  feconn: 4,
  beconn: 3,
  srvconn: 2,
  retries: 1,
  redispatched: true,
  srvQueue: 6,
  backendQueue: 7,
  logCounter: 12,
  requestCounter: 26,
  requestLine: 'GET /index.html?a="b" HTTP/1.1',
  requestCaptures: ["1wt.eu", null, "a|b"],
  responseCaptures: [],
  uniqueId: "id-1",
};

const aborted: LogRecord = {
  ...EMPTY_RECORD,
  clientAddress: "::1",
  clientPort: 1,
  terminationState: "CR--",
  frontendName: "f",
};
const early: LogRecord = { ...full, logasap: true, tls: false, responseCaptures: [null, "x"] };
const unix: LogRecord = { ...full, clientAddress: "unix", clientPort: 3, requestDate: -1, requestCookie: "" };
const records: Record<string, LogRecord> = { full, aborted, early, unix };

describe("the fast path gives what the compiler makes of the format's text", () => {
  for (const [name, record] of Object.entries(records)) {
    test(`${name}: httplog`, () => expect(httplog(record)).toBe(format(HTTPLOG, record)));
    test(`${name}: tcplog`, () => expect(tcplog(record)).toBe(format(TCPLOG, record)));
  }
});

test("httpslog gives what its text gives when its expressions are answered", () => {
  const secure = ["0", "0000000000000000", "0", "0", "0", "a.test"];
  const plain = ["0", "-", "-", "-", "0", "-"];
  for (const [record, answers] of [
    [full, secure],
    [early, secure],
    [aborted, plain],
  ] as const) {
    let next = 0;
    const expression: CompileOptions["expression"] = () => {
      const answer = answers[next++]!;
      return () => answer;
    };
    expect(httpslog(record)).toBe(format(HTTPSLOG, record, { expression }));
  }
});

test("httplog, whole", () => {
  expect(httplog(full)).toBe(
    "192.0.2.1:33317 [02/Nov/2026:03:04:06.000] http-in~ static/srv1 10/0/30/69/109 200 2750 SRV=a - --VN 5/4/3/2/+1 6/7 " +
      '{1wt.eu||a#7Cb} "GET /index.html?a=#22b#22 HTTP/1.1"',
  );
  expect(httpslog(full)).toEndWith('HTTP/1.1" 0/0000000000000000/0/0/0 a.test/TLSv1.3/TLS_AES_128_GCM_SHA256');
  expect(httpslog(aborted)).toEndWith('"<BADREQ>" 0/-/-/-/0 -/-/-');
});

test("lines without a stream", () => {
  expect(connectFrom(full)).toBe("Connect from 192.0.2.1:33317 to 2001:db8::1:443 (http-in/HTTP)");
  expect(connectFrom({ ...unix, mode: "tcp" })).toBe("Connect to unix:3 (http-in/TCP)");
  expect(connectionError(full, "1", "SSL handshake failure")).toMatch(
    /^192\.0\.2\.1:33317 \[.*\.006\] http-in\/1: SSL handshake failure$/,
  );
});

test("addresses in hexadecimal", () => {
  const hex = (clientAddress: string): string => format("%{+X}ci", { ...full, clientAddress });
  expect(hex("127.0.0.1")).toBe("7F000001");
  expect(hex("::1")).toBe("00000000000000000000000000000001");
  expect(hex("2001:db8::a:0:1")).toBe("20010DB800000000" + "0000000A00000001");
  expect(hex("fe80::")).toBe("FE80" + "0".repeat(28));
  expect(hex("::ffff:1.2.3.4")).toBe("0".repeat(20) + "FFFF01020304");
  expect(hex("unix")).toBe("unix");
});

test("expressions go to the hook, with flags and place", () => {
  const seen: unknown[] = [];
  const line = format('x%[src]-%{+Q}[str("a]b"),lower] y', full, {
    expression: (text, flags, where) => {
      seen.push([text, flags.quote, where.column]);
      return () => "E";
    },
  });
  expect(line).toBe("xE-E y");
  expect(seen).toEqual([
    ["src", false, 23],
    ['str("a]b"),lower', true, 34],
  ]);
});

test("faults have the column of the item, and all are reported", () => {
  expect(faults("%ci %foo %[src] %")).toEqual([
    "error logformat/truncated 7:36-37 the format ends after '%'",
    "error logformat/unknown 7:24-28 there is no log-format variable 'foo'",
    "error logformat/expression 7:29-35 sample expressions in log formats are not supported yet",
  ]);
  expect(faults("%r", { mode: "tcp" })).toEqual([
    "error logformat/mode 7:20-22 log-format variable 'r' needs a proxy in HTTP mode",
  ]);
  expect(faults("a% b")).toEqual(["error logformat/percent 7:21-23 no variable starts with ' '"]);
  expect(faults("%{+Q")).toEqual(["error logformat/truncated 7:20-24 the flags after '%{' are not closed by '}'"]);
  expect(faults("%{+Q}-")).toEqual(["error logformat/flags 7:20-25 no variable follows '%{+Q}'"]);
  expect(faults("%[src")).toEqual(["error logformat/truncated 7:20-25 the expression after '%[' is not closed by ']'"]);
});

test("styles: what stands for a missing value, and spaces", () => {
  const text = " a  b%CS %hs  c %{+Q}CS %{+M}CS ";
  expect(format(text, full)).toBe('a b- c "" - ');
  expect(format(text, full, { style: "id" })).toBe('a b c "" - ');
  expect(format(text, full, { style: "value" })).toBe(' a  b   c "" - ');
});

test("when a line can be written", () => {
  const when = (text: string): string => compileLogFormat(text, at, options, new Diagnostics())!.when;
  expect(when("%ci %r %ST %s %hr")).toBe("response");
  expect(when("%ci %r %B")).toBe("end");
  expect(when("%ci %hs %Ta")).toBe("end");
  expect(when("")).toBe("response");
});

test("an HTTP format of a TCP proxy becomes tcplog, with a warning", () => {
  const diagnostics = new Diagnostics();
  const proxy = { mode: "tcp", logFormat: { kind: "httplog" }, at } as const;
  expect(proxyLogFormat(proxy, options, diagnostics)!.format).toBe(tcplog);
  expect(diagnostics.list.map((d) => d.severity)).toEqual(["warning"]);
});

test("every tag of HAProxy 2.6 is there", () => {
  const names =
    "B CC CS H HM HP HPO HQ HU HV ID ST T Ta Tc Td Th Ti Tl Tq TR Tr Ts Tt Tu Tw U ac b bc bi bp bq ci cp f fc fi fp ft hr " +
    "hrl hs hsl lc ms pid r rc rt s sc si sp sq sslc sslv t tr trg trl ts tsc";
  expect([...tags.keys()].sort()).toEqual(names.split(" ").sort());
});

test("hostile texts never throw, and print no raw control characters", () => {
  let seed = 12345;
  const random = (n: number): number => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % n;
  for (let i = 0; i < 3000; i++) {
    const text = Array.from({ length: random(12) }, () => "%{}+-Qo[]() cirhsX,%"[random(20)]).join("");
    compileLogFormat(text, at, options, new Diagnostics())?.format(full);
    const bytes = Array.from({ length: random(20) }, () => String.fromCharCode(random(256))).join("");
    const line = httplog({ ...full, requestLine: bytes, requestCaptures: [bytes] });
    expect(line).toMatch(/^[ -~]*$/);
  }
});
