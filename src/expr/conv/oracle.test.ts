/** The same expressions here and in the real HAProxy 2.6. */
import { afterAll, describe, expect, test } from "bun:test";
import { createCipheriv, createHmac, generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { castValue } from "../cast.ts";
import { ExpressionOracle, HAPROXY, haveHaproxy } from "../oracle.helper.ts";
import type { SampleType, Value } from "../sample.ts";
import { compileText, PlainContext, plainCompileContext } from "../testing.helper.ts";
import { bytes, families, longHeader } from "./oracle.cases.ts";
import { converters } from "./index.ts";

if (!haveHaproxy) console.log("skipped: no HAProxy to compare with");

const oracles: ExpressionOracle[] = [];
afterAll(async () => {
  for (const oracle of oracles) await oracle.stop();
});

const bufsize = 262144;
const cc = plainCompileContext({ bufsize });
const rows = [...converters.values()];

/** Variables that the expressions read. */
const given: readonly string[] = [
  "set-var(txn.abc) str(abc)",
  "set-var(txn.seven) int(7)",
  "set-var(txn.text5) str(5)",
  "set-var(txn.empty) str()",
  "set-var(txn.ip) ipv4(192.0.2.9)",
  "set-var(txn.key) str(a2V5)",
  "set-var(txn.long) req.hdr(x-long)",
  ...Array.from({ length: 8 }, (_, i) => [
    `set-var(txn.seven${i}) int(7)`,
    `set-var(txn.blank${i}) str()`,
    `set-var(txn.abc${i}) str(abc)`,
    `set-var(txn.abd${i}) str(abd)`,
  ]).flat(),
];

function evaluate(text: string, ctx: PlainContext): { readonly value: Value; readonly type: SampleType } | null {
  const { expression, diagnostics } = compileText(text, {}, cc, rows);
  if (expression === null) throw new Error(`${text}: ${diagnostics.list.map((d) => d.message).join()}`);
  const value = expression.eval(ctx);
  if (value === null) return null;
  if (expression.type === "any") return { value, type: ctx.valueType };
  if (expression.type === "addr") return { value, type: (value as Uint8Array).length === 4 ? "ipv4" : "ipv6" };
  return { value, type: expression.type };
}

/** The value as HAProxy prints it. */
function ours(text: string, ctx: PlainContext): string | null {
  const sample = evaluate(text, ctx);
  return sample === null ? null : (castValue(sample.value, sample.type, "str") as string);
}

/**
 * Where this program differs on purpose. HAProxy 2.6 answers the largest integer to every sum of two negative numbers that does
 * fit 64 bits; the manual promises the sum.
 */
const corrected: Readonly<Record<string, string>> = {
  "int(-1),add(-1)": "-2",
  "int(-1),sub(3)": "-4",
  "int(-1),sub(9223372036854775807)": "-9223372036854775808",
  "int(-1),sub(txn.seven)": "-8",
  "int(-8),add(-1)": "-9",
  "int(-8),sub(3)": "-11",
  "int(-8),sub(txn.seven)": "-15",
};

describe.skipIf(!haveHaproxy)("as HAProxy", () => {
  const long = "ab/c,".repeat(longHeader / 5);
  for (const [name, expressions] of Object.entries(families)) {
    test(`${name}: ${expressions.length} expressions`, async () => {
      const request = `GET / HTTP/1.1\r\nhost: x\r\n${name === "limits" ? `x-long: ${long}\r\n` : ""}\r\n`;
      const oracle = new ExpressionOracle({ expressions, rules: given.map((rule) => `http-request ${rule}`) });
      oracles.push(oracle);
      const theirs = await oracle.evaluate(request);
      const ctx = new PlainContext().request(request);
      ctx.source = Uint8Array.of(127, 0, 0, 1);
      for (const rule of given) {
        const [, variable, expression] = /^set-var\(([^)]*)\) (.*)$/.exec(rule)!;
        evaluate(`${expression},set-var(${variable})`, ctx);
      }
      const wrong: string[] = [];
      expressions.forEach((text, i) => {
        const mine = ours(text, ctx);
        let their = theirs[i];
        if (Object.hasOwn(corrected, text)) {
          expect(their).toBe("9223372036854775807");
          their = corrected[text];
        }
        // HAProxy's text of bytes ends at a NUL; so does ours.
        if (mine !== their) wrong.push(`${text}: ours ${JSON.stringify(mine)}, HAProxy ${JSON.stringify(their)}`);
      });
      expect(wrong).toEqual([]);
      expect(theirs.length).toBe(expressions.length);
    }, 60_000);
  }
});

describe.skipIf(!haveHaproxy)("secrets as HAProxy", () => {
  const dir = mkdtempSync(join(tmpdir(), "tlb-jwt-"));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
  const url = (bytes: Uint8Array | string): string => Buffer.from(bytes as string).toString("base64url");

  test("jwt_verify, jwt_header_query, jwt_payload_query, aes_gcm_dec", async () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const rsaFile = join(dir, "rsa.pem");
    const ecFile = join(dir, "ec.pem");
    writeFileSync(rsaFile, rsa.publicKey.export({ type: "spki", format: "pem" }));
    writeFileSync(ecFile, ec.publicKey.export({ type: "spki", format: "pem" }));
    const claims = url('{"iss":"me","n":5,"ok":true}');
    const signed = (alg: string, signature: (data: Buffer) => Uint8Array): string => {
      const data = `${url(`{"alg":"${alg}"}`)}.${claims}`;
      return `${data}.${url(signature(Buffer.from(data)))}`;
    };
    const hs = (hash: string) => (data: Buffer) => createHmac(hash, "secret").update(data).digest();
    const tokens = {
      hs256: signed("HS256", hs("sha256")),
      hs512: signed("HS512", hs("sha512")),
      rs256: signed("RS256", (data) => sign("sha256", data, rsa.privateKey)),
      rs384: signed("RS384", (data) => sign("sha384", data, rsa.privateKey)),
      es256: signed("ES256", (data) => sign("sha256", data, { key: ec.privateKey, dsaEncoding: "ieee-p1363" })),
      none: `${url('{"alg":"none"}')}.${claims}.`,
      two: `${url('{"alg":"HS256"}')}.${claims}`,
      four: `${signed("HS256", hs("sha256"))}.x`,
      empty: "",
      dots: "..",
      garbage: "a.b.!!!",
    };
    const expressions = Object.values(tokens).flatMap((token) =>
      [
        ...["HS256", "HS384", "HS512", "none", "txn.alg", "txn.badalg", "txn.nothing"].map(
          (alg) => `jwt_verify(${alg},secret)`,
        ),
        ...["RS256", "RS384", "ES256", "txn.badalg"].flatMap((alg) => [
          `jwt_verify(${alg},"${rsaFile}")`,
          `jwt_verify(${alg},"${ecFile}")`,
        ]),
        "jwt_verify(RS256,txn.nowhere)",
        "jwt_verify(txn.ps,txn.nowhere)",
        "jwt_header_query",
        "jwt_payload_query",
        'jwt_header_query("$.alg")',
        'jwt_payload_query("$.iss")',
        'jwt_payload_query("$.n",int)',
        'jwt_payload_query("$.ok")',
      ].map((chain) => `${bytes(token)},${chain}`),
    );

    for (const bits of [128, 192, 256] as const) {
      const key = Buffer.alloc(bits / 8, 7);
      const nonce = Buffer.alloc(12, 3);
      const cipher = createCipheriv(`aes-${bits}-gcm`, key, nonce);
      const sealed = Buffer.concat([cipher.update("attack at dawn"), cipher.final()]).toString("latin1");
      const tag = cipher.getAuthTag();
      const bad = Buffer.from(tag);
      bad[0]! ^= 1;
      for (const [k, n, t] of [
        [key, nonce, tag],
        [key, nonce, bad],
        [nonce, nonce, tag],
        [key, Buffer.alloc(16, 1), tag],
        [Buffer.concat([key, key]), nonce, tag],
      ]) {
        expressions.push(`${bytes(sealed)},aes_gcm_dec(${bits},"${b64(n!)}","${b64(k!)}","${b64(t!)}")`);
      }
      expressions.push(`${bytes(sealed)},aes_gcm_dec(${bits},txn.nothing,"${b64(key)}","${b64(tag)}")`);
    }

    const rules = [
      "set-var(txn.alg) str(HS256)",
      "set-var(txn.badalg) str(XX1)",
      "set-var(txn.ps) str(PS256)",
      "set-var(txn.nowhere) str(/nowhere)",
    ];
    const oracle = new ExpressionOracle({ expressions, rules: rules.map((rule) => `http-request ${rule}`) });
    oracles.push(oracle);
    const theirs = await oracle.evaluate("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    const ctx = new PlainContext();
    evaluate("str(HS256),set-var(txn.alg)", ctx);
    evaluate("str(XX1),set-var(txn.badalg)", ctx);
    evaluate("str(PS256),set-var(txn.ps)", ctx);
    evaluate("str(/nowhere),set-var(txn.nowhere)", ctx);
    const wrong: string[] = [];
    expressions.forEach((text, i) => {
      const mine = ours(text, ctx);
      // HAProxy 2.6.12 finds nothing without a path, where the manual promises the whole part.
      if (/,jwt_(?:header|payload)_query$/.test(text)) expect(theirs[i]).toBeNull();
      else if (mine !== theirs[i])
        wrong.push(`${text.slice(-200)}: ours ${JSON.stringify(mine)}, HAProxy ${JSON.stringify(theirs[i])}`);
    });
    expect(wrong).toEqual([]);
  }, 60_000);
});

/** Arguments that one of the two might refuse. */
const doubtful: readonly string[] = [
  ..."add add_item bytes field word concat language ltrim json json_query jwt_verify hmac digest sha2 url_enc url_dec ltime iif strcmp secure_memcmp regsub set-var unset-var protobuf mqtt_field_value fix_tag_value ipmask be2dec be2hex aes_gcm_dec crc32 http_date capture-req debug lower".split(
    " ",
  ),
  "lower()",
  "lower(a)",
  "add(1,2)",
  "add(1x)",
  "add(txn.a-b)",
  "add( 1)",
  "field(1)",
  "field(1,)",
  "field(0,_)",
  "field(x,_)",
  "field(1,_,x)",
  "field(1,_,-1)",
  "word(0,_)",
  "word(1,)",
  "iif(a)",
  "iif(,)",
  "add_item(a)",
  "add_item(,)",
  "add_item(,b)",
  "concat(a,b)",
  "concat(a,txn.b,c,d)",
  "json(foo)",
  "json(utf8)",
  "bytes(a)",
  "bytes(1,)",
  "sha2(1)",
  "sha2(512)",
  "digest(foo)",
  "digest(SHA256)",
  "hmac(sha256,!!)",
  "hmac(foo,YQ==)",
  "hmac(sha256)",
  "aes_gcm_dec(100,a,b,c)",
  "aes_gcm_dec(128,!,AAAA,AAAA)",
  "aes_gcm_dec(128,AAAA,AAAA,AAAA)",
  "be2hex(:)",
  "be2hex(:,-1)",
  "be2hex(,0)",
  "be2hex(:,1,2)",
  "be2dec(:,9)",
  "be2dec(:,0)",
  "be2dec(:,2,2)",
  "url_enc(foo)",
  "url_enc(query)",
  "url_dec(x)",
  "ipmask(33)",
  "ipmask(24,129)",
  "ipmask(x)",
  "strcmp(a)",
  "strcmp(txn.a)",
  "set-var(foo)",
  "set-var(txn.q,bad)",
  "set-var(txn.q,ifset,ifgt)",
  "protobuf(a)",
  "protobuf(1.)",
  "protobuf(1,string)",
  "protobuf(1,int32)",
  "ungrpc(1.2.3)",
  "fix_tag_value(foo)",
  "fix_tag_value(0)",
  "fix_tag_value(-1)",
  "fix_tag_value(35)",
  "mqtt_field_value(publish,flags)",
  "mqtt_field_value(3,flags)",
  "mqtt_field_value(connect,18)",
  "mqtt_field_value(connack,username)",
  "mqtt_field_value(CONNECT,FLAGS)",
  'regsub("(",x)',
  "regsub(a,b,x)",
  "regsub(a,b,gi)",
  'regsub("",b)',
  "http_date(1,x)",
  "http_date(1,us)",
  "jwt_verify(XX1,a)",
  "jwt_verify(PS256,a)",
  "jwt_verify(HS256)",
  "json_query()",
  'json_query("$.a",str)',
  'json_query("a")',
  "debug(x,nope)",
  "debug(x,stderr)",
  "crc32(x)",
  "language(a,b,c)",
  "xxh64(5)",
];

test.skipIf(!haveHaproxy)(
  "arguments are refused where HAProxy refuses them",
  async () => {
    const dir = mkdtempSync(join(tmpdir(), "tlb-conv-"));
    try {
      const head = ["defaults", "  mode http", "  timeout client 1s", "frontend f", "  bind 127.0.0.1:1"];
      // HAProxy gives up at the first wrong rule: one run each.
      const refuses = (chain: string): boolean => {
        const file = join(dir, "args.cfg");
        writeFileSync(file, [...head, `  http-request set-var(txn.v) 'str(1),${chain}'`, ""].join("\n"));
        return Bun.spawnSync([HAPROXY, "-c", "-q", "-f", file]).exitCode !== 0;
      };
      const different = doubtful.filter(
        (chain) => refuses(chain) !== (compileText(`str(1),${chain}`, {}, cc, rows).expression === null),
      );
      expect(different).toEqual([]);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
  60_000,
);
