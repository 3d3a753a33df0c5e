/** What the parser takes of TLS, compared with `haproxy -c` where it is installed, and what it says about it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issue, type Issued, revoke } from "../../net/tls/certificates.helper.ts";
import { type LoadResult, loadText } from "../load.ts";
import { daysLeft, describeValidity } from "./validity.ts";
import { newSettings, settingsModel, newDefaults, versionRange } from "./draft.ts";

const haproxy = Bun.which("haproxy");
if (haproxy === null) console.log("config/tls: not compared with haproxy, which is not on this machine");

const dir = mkdtempSync(join(tmpdir(), "tlb-tls-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let ca: Issued;
let middle: Issued;
let leaf: Issued;
let other: Issued;

function write(name: string, text: string): void {
  mkdirSync(join(dir, name, ".."), { recursive: true });
  writeFileSync(join(dir, name), text);
}

beforeAll(async () => {
  ca = await issue({ subject: "CN=CA", ca: true });
  middle = await issue({ subject: "CN=Middle", ca: true, by: ca });
  leaf = await issue({ subject: "CN=leaf.test", names: ["leaf.test", "www.leaf.test"], by: middle });
  other = await issue({ subject: "CN=other.test", key: "rsa", by: ca });
  const old = await issue({ subject: "CN=old.test", days: -3, by: ca });
  const soon = await issue({ subject: "CN=soon.test", days: 5.5, by: ca });
  write("leaf.pem", leaf.cert + leaf.key);
  write("backwards.pem", ca.cert + leaf.key + middle.cert + leaf.cert);
  write("apart.crt", leaf.cert);
  write("apart.crt.key", leaf.key);
  write("bare.crt", leaf.cert);
  write("bare.key", leaf.key);
  write("mixed.pem", leaf.cert + other.key);
  write("key.pem", leaf.key);
  write("empty.pem", "");
  write("broken.pem", leaf.cert.replace("M", "A") + leaf.key);
  write("other.pem", other.pem);
  write("old.pem", old.pem);
  write("soon.pem", soon.pem);
  write("pair.pem.rsa", other.pem);
  write("pair.pem.ecdsa", leaf.pem);
  write("folder/a.pem", leaf.pem);
  write("folder/b.pem", other.pem);
  write("folder/b.pem.ocsp", "");
  write("folder/.hidden", "junk");
  write("bad-folder/a.pem", leaf.pem);
  write("bad-folder/b.pem", "junk");
  write("chains/middle.pem", middle.cert + ca.cert);
  write("ca.pem", ca.cert);
  write("crl.pem", revoke(ca, [other]));
  write(
    "list.txt",
    `# comment\n\n${dir}/leaf.pem [alpn h2,http/1.1 verify none] *.leaf.test !no.leaf.test\n${dir}/other.pem\n`,
  );
  write("bad-list.txt", `${dir}/leaf.pem\n${dir}/leaf.pem [nonsense] a.test\n`);
  write("missing-list.txt", `${dir}/leaf.pem\n${dir}/missing.pem\n`);
  write("open-list.txt", `${dir}/leaf.pem [alpn h2\n`);
});

function load(body: string, global = ""): LoadResult {
  return loadText(text(body, global), "t.cfg");
}

function text(body: string, global: string): string {
  return `global\n${global}\ndefaults\n  mode http\n  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\n${body}\n`.replaceAll(
    "{dir}",
    dir,
  );
}

function front(words: string): string {
  return `frontend f\n  bind 127.0.0.1:18443 ssl ${words}\n  default_backend b\nbackend b\n  server s 127.0.0.1:1`;
}

function back(words: string): string {
  return `frontend f\n  bind 127.0.0.1:18443\n  default_backend b\nbackend b\n  server s 127.0.0.1:1 ${words}`;
}

const CRT = "crt {dir}/leaf.pem";

/** Configurations with what stands in the global section. */
const cases: readonly (readonly [string, string?])[] = [
  [front("")],
  [front("strict-sni")],
  ...[
    "leaf.pem",
    "apart.crt",
    "mixed.pem",
    "key.pem",
    "empty.pem",
    "missing.pem",
    "pair.pem",
    "folder",
    "bad-folder",
    "other.pem",
    "old.pem",
  ].map((name) => [front(`crt {dir}/${name}`)] as const),
  [front("crt {dir}/leaf.pem crt {dir}/other.pem crt {dir}/leaf.pem")],
  [front("crt leaf.pem"), "  crt-base {dir}"],
  [front("crt {dir}/bare.crt")],
  [front("crt {dir}/bare.crt"), "  ssl-load-extra-del-ext"],
  [front("crt {dir}/apart.crt"), "  ssl-load-extra-files none"],
  [front("crt {dir}/pair.pem"), "  ssl-load-extra-files key ocsp"],
  [front("crt {dir}/pair.pem"), "  ssl-load-extra-files bundle key"],
  [front("crt {dir}/apart.crt"), "  ssl-load-extra-files nonsense"],
  ...["list.txt", "bad-list.txt", "missing-list.txt", "open-list.txt", "none.txt"].map(
    (name) => [front(`crt-list {dir}/${name}`)] as const,
  ),
  ...[
    "verify none",
    "verify optional",
    "verify required",
    "verify maybe",
    "verify",
    "ca-file {dir}/ca.pem verify required",
    "ca-file {dir}/missing.pem",
    "ca-file {dir}/key.pem",
    "ca-file {dir}/ca.pem crl-file {dir}/crl.pem verify optional",
    "crl-file {dir}/missing.pem",
    "ca-verify-file {dir}/ca.pem",
    "ca-ignore-err 1,2,3",
    "ca-ignore-err all",
    "ca-ignore-err 0",
    "ca-ignore-err 95",
    "ca-ignore-err x",
    "crt-ignore-err 10",
    "crt-ignore-err",
    "alpn h2,http/1.1",
    "alpn",
    "alpn ,",
    "alpn h2,,http/1.1",
    "npn h2",
    "ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3",
    "ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.2",
    "ssl-min-ver TLSv1.4",
    "ssl-max-ver TLSv1.2",
    "ssl-max-ver SSLv3",
    "force-tlsv12",
    "force-tlsv13",
    "no-tlsv12",
    "no-tlsv13",
    "no-tlsv12 no-tlsv13",
    "force-sslv3",
    "no-sslv3",
    "ciphers ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256",
    "ciphers NONSENSE",
    "ciphers",
    "ciphersuites TLS_AES_128_GCM_SHA256",
    "curves X25519:P-256",
    "curves NONSENSE",
    "ecdhe secp384r1",
    "no-tls-tickets",
    "prefer-client-ciphers",
    "strict-sni",
    "allow-0rtt",
    "no-ca-names",
    "nonsense",
  ].map((words) => [front(`${CRT} ${words}`)] as const),
  [front("crt {dir}/leaf.pem ca-file ca.pem verify required"), "  ca-base {dir}"],
  ...[
    "ssl-default-bind-options no-sslv3 no-tls-tickets prefer-client-ciphers ssl-min-ver TLSv1.2",
    "ssl-default-bind-options nonsense",
    "ssl-default-bind-options strict-sni",
    "ssl-default-bind-options",
    "ssl-default-bind-ciphers ECDHE-ECDSA-AES256-GCM-SHA384",
    "ssl-default-bind-curves X25519",
    "ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256",
    "ssl-default-server-options ssl-min-ver TLSv1.2",
    "ssl-default-server-options prefer-client-ciphers",
    "ssl-default-server-options no-tls-tickets",
    "ssl-default-server-ciphers ECDHE-ECDSA-AES256-GCM-SHA384",
    "ssl-server-verify none",
    "ssl-server-verify maybe",
    "issuers-chain-path {dir}/chains",
    "ssl-skip-self-issued-ca",
    "tune.ssl.lifetime 10m",
    "tune.ssl.maxrecord 1400",
    "tune.ssl.capture-buffer-size 96",
    "tune.ssl.cachesize 1000",
    "tune.ssl.default-dh-param 2048",
    "tune.ssl.force-private-cache",
    "tune.ssl.keylog on",
    "tune.ssl.keylog maybe",
    "tune.ssl.ssl-ctx-cache-size 10",
    "tune.ssl.hard-maxrecord 4096",
  ].map((words) => [front(CRT), `  ${words}`] as const),
  ...[
    "ssl",
    "ssl verify none",
    "ssl verify required",
    "ssl verify optional",
    "ssl verify required ca-file {dir}/ca.pem",
    "ssl ca-file {dir}/missing.pem",
    "ssl ca-file @system-ca",
    "ssl verify none crt {dir}/leaf.pem",
    "ssl verify none crt {dir}/missing.pem",
    "ssl verify none crt {dir}/bare.crt",
    "ssl verify none sni req.hdr(host)",
    "ssl verify none sni nonsense",
    "ssl verify none sni str(a)",
    "ssl verify none verifyhost a.test",
    "ssl verify none alpn h2,http/1.1",
    "ssl verify none check-ssl check",
    "check-ssl check verify none",
    "check-ssl check",
    "ssl verify none check check-sni a.test check-alpn http/1.1",
    "ssl verify none no-ssl-reuse",
    "ssl verify none ssl-reuse",
    "ssl verify none no-tls-tickets",
    "ssl verify none tls-tickets",
    "ssl verify none ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3",
    "ssl verify none force-tlsv12 no-sslv3",
    "ssl verify none ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.2",
    "ssl verify none ciphers NONSENSE",
    "ssl no-ssl",
    "no-check-ssl ssl verify none check",
    "ssl verify none crl-file {dir}/crl.pem",
    "ssl verify none allow-0rtt",
  ].map((words) => [back(words)] as const),
  [back("ssl"), "  ssl-server-verify none"],
  [
    "defaults\n  mode http\n  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\n  default-server ssl verify none\nlisten l\n  bind 127.0.0.1:18443\n  server s 127.0.0.1:1",
  ],
];

/** Where this program decides otherwise, and why. */
const differs: readonly (readonly [RegExp, string])[] = [
  [/crt \{dir\}\/folder$/, "an OCSP response is ignored with a warning"],
  [/open-list/, "a bracket without its end is an error"],
  [/alpn (?:,|h2,,)/, "names of protocols are not empty (RFC 7301 section 3.1)"],
];

describe("haproxy -c and the parser agree", () => {
  for (const [body, global = ""] of cases) {
    const line =
      global.trim() ||
      body
        .split("\n")
        .find((one) => /ssl|check/.test(one))
        ?.trim() ||
      body;
    test.skipIf(haproxy === null)(line.replaceAll(dir, ""), () => {
      const file = join(dir, "t.cfg");
      writeFileSync(file, text(body, global));
      const { exitCode, stderr } = Bun.spawnSync([haproxy!, "-c", "-f", file], { stdout: "ignore", stderr: "pipe" });
      const errors = load(body, global).diagnostics.list.filter(({ severity }) => severity === "error");
      const known = differs.some(([pattern]) => pattern.test(line));
      const said = exitCode === 0 ? "" : stderr.toString().replaceAll(dir, "");
      expect({
        refused: errors.length > 0 !== known,
        errors: errors.map(({ message }) => message),
        said,
      }).toMatchObject({
        refused: exitCode !== 0,
      });
    });
  }
});

/** Codes of what is said, with the line and column of each. */
function said(body: string): string[] {
  return load(body).diagnostics.list.map(
    ({ code, at }) => `${code} ${at.file.replace(`${dir}/`, "")}:${at.line}:${at.column}`,
  );
}

test("a bundle in any order becomes leaf, issuers, and the key on its own", () => {
  const { model, diagnostics } = load(front("crt {dir}/backwards.pem"));
  expect(diagnostics.failed).toBe(false);
  const certificate = model.tls.certificates[join(dir, "backwards.pem")]!;
  expect(certificate.chain).toBe(leaf.cert + middle.cert + ca.cert);
  expect(certificate.key).toBe(leaf.key);
  expect(certificate.names).toEqual(["leaf.test", "www.leaf.test"]);
});

test("chains are completed from issuers-chain-path, and roots left out when told so", () => {
  const chain = (global: string): string =>
    load(front("crt {dir}/leaf.pem"), global).model.tls.certificates[join(dir, "leaf.pem")]!.chain;
  expect(chain("")).toBe(leaf.cert);
  expect(chain("  issuers-chain-path {dir}/chains")).toBe(leaf.cert + middle.cert + ca.cert);
  expect(chain("  issuers-chain-path {dir}/chains\n  ssl-skip-self-issued-ca")).toBe(leaf.cert + middle.cert);
});

test("folders by name, bundles by kind of key, files that belong to others left out", () => {
  const paths = (words: string): string[] =>
    load(front(words)).model.proxies[0]!.binds[0]!.tls!.entries.map(({ certificate }) =>
      certificate.slice(dir.length + 1),
    );
  expect(paths("crt {dir}/folder")).toEqual(["folder/a.pem", "folder/b.pem"]);
  expect(paths("crt {dir}/pair.pem")).toEqual(["pair.pem.ecdsa", "pair.pem.rsa"]);
});

test("a crt-list keeps filters and options of each line, and inherits what a line does not say", () => {
  const { model, diagnostics } = load(front("crt-list {dir}/list.txt alpn http/1.1 ssl-min-ver TLSv1.3"));
  expect(diagnostics.failed).toBe(false);
  const { entries, settings } = model.proxies[0]!.binds[0]!.tls!;
  expect(entries.map(({ filters }) => filters)).toEqual([["*.leaf.test", "!no.leaf.test"], null]);
  expect(entries[0]!.settings).toMatchObject({ alpn: ["h2", "http/1.1"], minVersion: 0x304, verify: "none" });
  expect(entries[1]!.settings).toBeNull();
  expect(settings.alpn).toEqual(["http/1.1"]);
});

test("findings stand where they belong", () => {
  expect(said(front("crt {dir}/old.pem"))).toEqual([`tls/expired t.cfg:9:32`]);
  expect(said(front("crt {dir}/soon.pem"))).toEqual([`tls/expires-soon t.cfg:9:32`]);
  expect(said(front("crt-list {dir}/bad-list.txt"))).toContain(
    "config/unknown-keyword bad-list.txt:2:" + (dir.length + 12),
  );
  expect(said(front("crt-list {dir}/missing-list.txt"))).toContain("tls/unreadable missing-list.txt:2:1");
  expect(said(front("crt {dir}/folder"))).toEqual(["config/no-effect t.cfg:9:32"]);
  expect(said(`listen l\n  bind :18443 crt {dir}/leaf.pem\n  server s 127.0.0.1:1`)).toContain("tls/unused t.cfg:9:15");
});

test("a certificate is named with the days it has left", () => {
  const now = Date.UTC(2030, 0, 1);
  const day = 86_400_000;
  const message = (from: number, to: number): string =>
    describeValidity("/x", { notBefore: now + from * day, notAfter: now + to * day, names: ["a.test"] }, now)[0]
      ?.message ?? "";
  expect(message(-10, 100)).toBe("");
  expect(message(-10, 29.5)).toBe("the certificate '/x' (a.test) expires in 29 days, on 2030-01-30");
  expect(message(-10, 1.5)).toBe("the certificate '/x' (a.test) expires in 1 day, on 2030-01-02");
  expect(message(-10, -2.5)).toBe("the certificate '/x' (a.test) expired 2 days ago, on 2029-12-29");
  expect(message(5, 10)).toBe("the certificate '/x' (a.test) is not valid before 2030-01-06");
  expect(daysLeft(now + 0.5 * day, now)).toBe(0);
});

test("ranges of versions", () => {
  const none = { min: 0, max: 0, without: [] } as const;
  const range = (draft: object): unknown => versionRange({ ...none, without: [], ...draft }, { ...none, without: [] });
  expect(range({})).toEqual({ min: 0x303, max: 0x304, gap: false });
  expect(range({ max: 0x302 })).toEqual({ min: 0x302, max: 0x302, gap: false });
  expect(range({ min: 0x301 })).toEqual({ min: 0x301, max: 0x304, gap: false });
  expect(range({ min: 0x301, without: [0x302] })).toEqual({ min: 0x303, max: 0x304, gap: true });
  expect(range({ min: 0x300, max: 0x300 })).toBeNull();
  const lines = { ...newSettings(), alpn: ["h2"], verify: "optional" as const };
  expect(settingsModel(newSettings(), lines, newDefaults(), "none")).toMatchObject({
    alpn: ["h2"],
    verify: "optional",
  });
});
