/** Samples of raw bytes, here and in the real HAProxy 2.6, which logs them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hello } from "./hello.helper.ts";
import { HAPROXY, haveHaproxy } from "./oracle.helper.ts";
import { castValue } from "./cast.ts";
import type { SampleType } from "./sample.ts";
import { compileText, PlainContext } from "./testing.helper.ts";

const expressions: readonly string[] = [
  "req.len",
  "req_len",
  "req.payload(0,0)",
  "req.payload(0,4)",
  "req.payload(2,3)",
  "req.payload(2,0)",
  "req.payload(5,100)",
  "payload(0,2)",
  "req.payload_lv(0,1)",
  "req.payload_lv(0,2)",
  "req.payload_lv(1,1,+1)",
  "req.payload_lv(1,1,-1)",
  "req.payload_lv(0,1,3)",
  "req.payload_lv(0,1,4)",
  "req.payload_lv(0,1,+2)",
  "payload_lv(0,1)",
  "req.rdp_cookie",
  "req.rdp_cookie(mstshash)",
  "req.rdp_cookie(other)",
  "req.rdp_cookie_cnt",
  "rdp_cookie_cnt(MSTShash)",
  "req.ssl_hello_type",
  "req.ssl_ver",
  "req.ssl_sni",
  "req.ssl_alpn",
  "req.ssl_ec_ext",
  "req.ssl_st_ext",
  "distcc_param(DIST)",
  "distcc_param(ARGV,2)",
  "distcc_body(ARGV,2)",
  "distcc_body(DOTI)",
  "wait_end",
  "path",
  "method",
];

const whole = hello({ name: "www.example.com", alpn: ["h2", "http/1.1"], groups: true, ticket: 4 });
const rdp = "\x03\x00\x00\x2a\x25\xe0\x00\x00\x00\x00\x00";

const inputs: readonly string[] = [
  "x",
  "\x05hello world",
  "\x00\x02ab",
  "\x03\x01abcdef",
  "\xff\xff\xff",
  whole,
  whole.slice(0, -1),
  whole.slice(0, 60),
  whole.slice(0, 8),
  whole.slice(0, 10),
  hello({ name: null, alpn: [], groups: false, ticket: -1 }),
  hello({ name: "a.b", alpn: ["x"], groups: false, ticket: 0 }),
  hello({ name: "a.b", alpn: ["x"], groups: true, ticket: 0 }).replace("\x16\x03\x01", "\x16\x02\x01"),
  `\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10${"c".repeat(37)}`,
  `${rdp}Cookie: mstshash=joe\r\nrest`,
  `${rdp}cookie:other=1.2.3\r\n`,
  `${rdp}Cookie: mstshash=joe`,
  `${rdp}Cookie: noequals\r\n`,
  "DIST00000001ARGC00000002ARGV00000003gccARGV00000002-cDOTI00000004code",
  "DIST0000000g",
  "GET /path HTTP/1.1\r\nhost: h\r\n\r\n",
];

if (!haveHaproxy) console.log("skipped: no HAProxy to compare with");

describe.skipIf(!haveHaproxy)("raw bytes, as HAProxy evaluates them", () => {
  const dir = mkdtempSync(join(tmpdir(), "tlb-expr-tcp-"));
  let child: Bun.Subprocess | null = null;
  let closeLogs = (): void => {};
  let port = 0;
  let waiting: ((line: string) => void) | null = null;

  beforeAll(async () => {
    const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    port = probe.port;
    probe.stop(true);
    const logs = await Bun.udpSocket({
      hostname: "127.0.0.1",
      socket: { data: (_: unknown, bytes: Buffer) => waiting?.(bytes.toString("latin1")) },
    });
    closeLogs = () => logs.close();
    const format = expressions.map((_, i) => `%[var(txn.v${i},!!),concat(.),hex]`).join("|");
    const config = [
      "global",
      "  maxconn 100",
      "defaults",
      "  mode tcp",
      "  timeout client 5s",
      "frontend f",
      `  bind 127.0.0.1:${port}`,
      `  log 127.0.0.1:${logs.port} len 60000 format raw local0`,
      `  log-format "${format}"`,
      "  tcp-request inspect-delay 50ms",
      ...expressions.map((text, i) => `  tcp-request content set-var(txn.v${i}) '${text}' if WAIT_END`),
      "  tcp-request content reject",
      "",
    ];
    writeFileSync(join(dir, "h.cfg"), config.join("\n"));
    child = Bun.spawn([HAPROXY, "-db", "-f", join(dir, "h.cfg")], { stdout: "ignore", stderr: "inherit" });
  });

  afterAll(async () => {
    child?.kill("SIGKILL");
    await child?.exited;
    closeLogs();
    rmSync(dir, { recursive: true, force: true });
  });

  async function ask(bytes: string): Promise<(string | null)[]> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    waiting = resolve;
    const timer = setTimeout(() => reject(new Error("no log line")), 4000);
    for (let attempt = 0; ; attempt++) {
      try {
        await Bun.connect({
          hostname: "127.0.0.1",
          port,
          socket: {
            open(socket) {
              const out = Buffer.from(bytes, "latin1");
              socket.write(out, 0, out.length);
            },
            data() {},
          },
        });
        break;
      } catch (error) {
        if (attempt === 50) throw error;
        await Bun.sleep(40);
      }
    }
    const line = await promise;
    clearTimeout(timer);
    return line
      .trim()
      .split("|")
      .map((hex) => Buffer.from(hex === "-" ? "" : hex, "hex").toString("latin1"))
      .map((text) => (text === "!!." ? null : text.slice(0, -1)));
  }

  test.each(inputs)("%#: %j", async (bytes) => {
    const theirs = await ask(bytes);
    const ctx = new PlainContext();
    ctx.mode = "tcp";
    ctx.rawIn = Buffer.from(bytes, "latin1");
    if (bytes.startsWith("GET ")) {
      ctx.request(bytes);
    }
    const differing = expressions
      .map((text, i) => {
        const { expression } = compileText(text);
        const value = expression!.eval(ctx);
        const tlb = value === null ? null : castValue(value, expression!.type as SampleType, "str");
        return { text, haproxy: theirs[i], tlb };
      })
      .filter(({ haproxy, tlb }) => haproxy !== tlb);
    expect(differing).toEqual([]);
  });
});
