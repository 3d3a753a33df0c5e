/** Which expressions are accepted, and what conversions yield, here and in the real HAProxy 2.6. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseIp } from "../util/ip.ts";
import { addressType, castValue } from "./cast.ts";
import { converters } from "./conv/index.ts";
import { ExpressionOracle, HAPROXY, haveHaproxy } from "./oracle.helper.ts";
import { compileText, PlainContext } from "./testing.helper.ts";
import type { SampleType } from "./sample.ts";

if (!haveHaproxy) console.log("skipped: no HAProxy to compare with");

const rows = [...converters.values()];

const sources: readonly string[] = [
  "always_true",
  "bool(0)",
  "int(5)",
  "int(0)",
  "int(-1)",
  "int(3221225985)",
  "int(9223372036854775807)",
  "str(12abc)",
  "str(-7)",
  "str(+7)",
  "str()",
  "str(abc)",
  "str(99999999999999999999)",
  "str(-99999999999999999999)",
  "str(1.2.3.4)",
  "str(1.2.3.4:80)",
  "str(1.2.3.4x)",
  "str(1.2.3.4.)",
  "str(1..3.4)",
  "str(1.2.3.0004)",
  "str(1.2.3.256)",
  "str(::1%eth0)",
  "str(1.2.3)",
  "str(2001:db8::1)",
  "str(::ffff:1.2.3.4)",
  "bin(313233)",
  "bin(3132003334)",
  "ipv4(1.2.3.4)",
  "ipv6(2001:db8::1)",
  "ipv6(::ffff:1.2.3.4)",
  "ipv6(::1.2.3.4)",
  "ipv6(2002:102:304::1)",
  "method",
  "meth(PUT)",
  "src",
  "hdr_ip(x-ip)",
  "var(txn.none)",
  "var(txn.none,9)",
  "path",
  "url_ip",
  "req.body",
  "date(0)",
];

/** A converter for every input type. */
const sinks: readonly string[] = [
  "",
  ",add(0)",
  ",concat(x)",
  ",hex",
  ",ipmask(32,128)",
  ",ipmask(24)",
  ",iif(yes,no)",
  ",debug",
];

const odd: readonly string[] = [
  "",
  "(",
  "path(",
  "path)",
  "path()",
  "path(x)",
  "path( )",
  "path('')",
  "nosuch",
  "nosuch(1)",
  "path,nosuch",
  "path,",
  "path,,",
  "path,,lower",
  "path,lower,",
  "path lower",
  "path;lower",
  "path,lower)",
  "path,lower(",
  "path,lower()",
  "path,lower(1)",
  "lower",
  "hdr",
  "hdr()",
  "hdr(a",
  "hdr(a)b",
  "hdr(a,1",
  "hdr(a,)",
  "hdr(a,x)",
  "hdr(a,1x)",
  "hdr(a,1,2)",
  "hdr(a,-10)",
  "hdr(a,-11)",
  "hdr(a, 1)",
  'hdr("a")',
  'hdr("a)',
  "hdr(a\\,b)",
  'hdr("a,b",1)',
  "int",
  "int()",
  "int(x)",
  "int(1)",
  "int(+)",
  "int(99999999999999999999)",
  "str",
  "bool",
  "bool(x)",
  "bool(TRUE)",
  "bin()",
  "bin(1)",
  "bin(xx)",
  "bin(1f)",
  "ipv4(1.2.3)",
  "ipv4(::1)",
  "ipv6(1.2.3.4)",
  "ipv6(::g)",
  "meth",
  "env",
  "var",
  "var(x)",
  "var(txn)",
  "var(txn.)",
  "var(txn.a b)",
  "var(txn.a-b)",
  "var(foo.a)",
  "var(txn.a.b)",
  "var(proc.a)",
  "rand",
  "rand()",
  "rand(0)",
  "rand(-1)",
  "rand(5)",
  "uuid(3)",
  "uuid(4)",
  "date(1,s)",
  "date(1,x)",
  "date(,s)",
  "nbsrv",
  "nbsrv(b)",
  "nbsrv(f)",
  "nbsrv(none)",
  "fe_conn",
  "fe_conn(f)",
  "fe_conn(none)",
  "fe_conn(b)",
  "srv_conn",
  "srv_conn(s1)",
  "srv_conn(b/s1)",
  "srv_conn(b/none)",
  "srv_conn(none/s1)",
  "http_auth",
  "http_auth(none)",
  "req.payload(0)",
  "req.payload(-1,1)",
  "req.payload(0,-1)",
  "req.payload_lv(0,0)",
  "req.payload_lv(-1,1)",
  "req.payload_lv(0,1,x)",
  "req.payload_lv(0,1,-2)",
  "res.hdr(a)",
  "status",
  "bc_src",
  "srv_name",
  "be_name",
  "capture.req.hdr",
  "capture.req.hdr(0)",
  "capture.req.hdr(x)",
  "fc_rtt",
  "fc_rtt(us)",
  "fc_rtt(x)",
  "distcc_param(DIST)",
  "distcc_param(LONGER)",
  "urlp(a,b)",
  "path,concat()",
  "path,concat",
  "path,add",
  "path,add(x)",
  "path,field(1)",
  "path,field(x,y)",
  "src,ipmask(33)",
  "src,ipmask(255.255.255.0)",
  "src,ipmask(24,129)",
];

/** Where tlb says what HAProxy finds out later, or not at all. */
const stricter = new Set([
  // The names of proxies, servers and userlists are looked up when all sections are read: HAProxy gives up before.
  "nbsrv",
  "nbsrv(b)",
  "nbsrv(f)",
  "nbsrv(none)",
  "fe_conn",
  "fe_conn(f)",
  "fe_conn(none)",
  "fe_conn(b)",
  "srv_conn",
  "srv_conn(s1)",
  "srv_conn(b/s1)",
  "srv_conn(b/none)",
  "srv_conn(none/s1)",
  "http_auth",
  "http_auth(none)",
]);

describe.skipIf(!haveHaproxy)("what is accepted", () => {
  const texts = [...new Set([...odd, ...sources.flatMap((source) => sinks.map((sink) => source + sink))])].filter(
    (text) => !stricter.has(text),
  );

  test("as by HAProxy", () => {
    const dir = mkdtempSync(join(tmpdir(), "tlb-expr-c-"));
    try {
      const file = join(dir, "c.cfg");
      const refuses = (rules: readonly string[]): boolean => {
        const lines = rules.map((text) => `  http-request set-var(txn.x) '${text.replaceAll("'", "'\\''")}'`);
        writeFileSync(file, ["defaults", "  mode http", "frontend f", "  bind 127.0.0.1:1", ...lines, ""].join("\n"));
        const { stderr } = Bun.spawnSync([HAPROXY, "-c", "-f", file], { stdout: "ignore" });
        return /c\.cfg:\d+\]/.test(stderr.toString());
      };
      const results = texts.map((text) => {
        const options = { phase: "request", side: "frontend", invalid: "error" } as const;
        return { text, accepted: compileText(text, options, undefined, rows).expression !== null };
      });
      const accepted = results.filter((result) => result.accepted).map((result) => result.text);
      const refused = results.filter((result) => !result.accepted).map((result) => result.text);
      expect(refused.length).toBeGreaterThan(60);
      // HAProxy gives up at the first rule it does not understand: what it must refuse takes a run each.
      expect(refused.filter((text) => !refuses([text]))).toEqual([]);
      expect(refuses(accepted) ? accepted.filter((text) => refuses([text])) : []).toEqual([]);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }, 60_000);
});

describe.skipIf(!haveHaproxy)("conversions", () => {
  const accepted = sources
    .flatMap((source) => sinks.slice(1, -1).map((sink) => source + sink))
    // ipmask looks for mapped addresses itself: its own test covers that.
    .filter(
      (text) =>
        !text.startsWith("date") &&
        !text.includes("::ffff:") &&
        compileText(text, {}, undefined, rows).expression !== null,
    );
  const oracle = haveHaproxy ? new ExpressionOracle({ expressions: accepted }) : null;
  afterAll(() => oracle?.stop());

  test("yield what they yield in HAProxy", async () => {
    const request = "PUT /path HTTP/1.1\r\nhost: h\r\nx-ip: 2001:db8::7\r\ncontent-length: 3\r\n\r\n42x";
    const theirs = await oracle!.evaluate(request);
    const ctx = new PlainContext().request(request);
    ctx.source = parseIp("127.0.0.1");
    const differing = accepted
      .map((text, i) => {
        const { expression } = compileText(text, {}, undefined, rows);
        const value = expression!.eval(ctx);
        const { type } = expression!;
        const tlb =
          value === null
            ? null
            : castValue(
                value,
                type === "addr" ? addressType(value) : type === "any" ? ctx.valueType : (type as SampleType),
                "str",
              );
        return { text, haproxy: theirs[i], tlb };
      })
      .filter(({ haproxy, tlb }) => haproxy !== tlb);
    expect(differing).toEqual([]);
  });
});
