import { beforeAll, describe, expect, test } from "bun:test";
import type {
  BindTlsModel,
  CertificateModel,
  SniEntryModel,
  TlsSettingsModel,
  TlsStoreModel,
} from "../../config/model.ts";
import { type Issued, issue } from "./certificates.helper.ts";
import { orderChain, publicKeyOf, readCertificate } from "./certificate.ts";
import { NameTable } from "./names.ts";
import { pemBytes, readPem } from "./pem.ts";
import { chooseProtocol } from "./server.ts";
import { wireProtocols } from "./client.ts";
import { VerifiedClients } from "./verified.ts";
import { errorDepth, ignores, isVerifyCode, verifyNumber } from "./verify.ts";
import { nameEntry, onelineName, parseX509, rfc2253Name, timeOf } from "./x509.ts";

let root: Issued;
let middle: Issued;
let leaf: Issued;

beforeAll(async () => {
  root = await issue({ subject: "CN=Root", ca: true });
  middle = await issue({ subject: "CN=Middle", ca: true, by: root });
  leaf = await issue({
    subject: "CN=leaf.test, OU=Two, OU=One, O=Org\\, Inc, C=FR",
    names: ["A.test", "*.b.test"],
    by: middle,
  });
});

test("blocks of a PEM file in any order, with text around them", () => {
  const pem = readPem(`junk\n${leaf.key}text\n${leaf.cert}\r\n${root.cert.replaceAll("\n", "\r\n")}`);
  expect(pem.certificates.map(({ line }) => line)).toEqual([
    2 + leaf.key.split("\n").length,
    3 + leaf.key.split("\n").length + leaf.cert.split("\n").length - 1,
  ]);
  expect(pem.keys.length).toBe(1);
  expect(pemBytes(pem.certificates[0]!).equals(Buffer.from(leaf.certificate.rawData))).toBe(true);
  expect(pemBytes(pem.certificates[1]!).equals(Buffer.from(root.certificate.rawData))).toBe(true);
  expect(readPem(`${leaf.cert}-----BEGIN CERTIFICATE-----\nAAAA\n`).unfinished).toBe(leaf.cert.split("\n").length);
});

test("the chain is put in order around the key, whatever the order of the file", () => {
  const parsed = [root, leaf, middle].map(({ cert }) => {
    const block = readPem(cert).certificates[0]!;
    return [block, readCertificate(block)!] as const;
  });
  const key = publicKeyOf(readPem(leaf.key).keys[0]!)!;
  const identity = orderChain(parsed, key)!;
  expect(identity.chain.map(({ text }) => text)).toEqual([leaf.cert, middle.cert, root.cert]);
  expect(identity.leaf.names).toEqual(["a.test", "*.b.test", "leaf.test"]);
  expect(identity.leaf.keyType).toBe("ecdsa");
  expect(orderChain(parsed.slice(0, 1), key)).toBeNull();
});

test("names as HAProxy and OpenSSL print them", () => {
  const parsed = parseX509(new Uint8Array(leaf.certificate.rawData))!;
  expect(onelineName(parsed.subject)).toBe("/CN=leaf.test/OU=Two/OU=One/O=Org, Inc/C=FR");
  expect(rfc2253Name(parsed.subject)).toBe("C=FR,O=Org\\, Inc,OU=One,OU=Two,CN=leaf.test");
  expect(onelineName(parsed.issuer)).toBe("/CN=Middle");
  expect([1, 2, 3, -1, -2, -3].map((n) => nameEntry(parsed.subject, "OU", n))).toEqual([
    "Two",
    "One",
    null,
    "One",
    "Two",
    null,
  ]);
  expect(parsed.version).toBe(3);
  expect(parsed.keyAlgorithm).toBe("id-ecPublicKey");
  expect(parsed.signatureAlgorithm).toBe("ecdsa-with-SHA256");
  expect(Math.abs(timeOf(parsed.notAfter) - leaf.certificate.notAfter.getTime())).toBeLessThan(1000);
  expect(timeOf("491231235959Z")).toBe(Date.UTC(2049, 11, 31, 23, 59, 59));
  expect(timeOf("500101000000Z")).toBe(Date.UTC(1950, 0, 1));
  expect(timeOf("20510101000000Z")).toBe(Date.UTC(2051, 0, 1));
});

test("bytes that are no certificate never throw", () => {
  const der = new Uint8Array(leaf.certificate.rawData);
  for (let cut = 0; cut < der.length; cut += 3) {
    const parsed = parseX509(der.subarray(0, cut));
    if (parsed !== null) onelineName(parsed.subject);
  }
  for (let at = 0; at < der.length; at++) {
    const broken = Uint8Array.from(der);
    broken[at]! ^= 0xff;
    const parsed = parseX509(broken);
    if (parsed !== null) rfc2253Name(parsed.issuer);
  }
});

const DAY = 86_400_000;
const NOW = Date.UTC(2030, 0, 1);

function certificate(path: string, names: string[], more: Partial<CertificateModel> = {}): CertificateModel {
  return { path, chain: "", key: "", keyType: "rsa", names, notBefore: NOW - DAY, notAfter: NOW + DAY, ...more };
}

function table(certificates: CertificateModel[], entries: Partial<SniEntryModel>[]): NameTable {
  const store = {
    certificates: Object.fromEntries(certificates.map((c) => [c.path, c])),
    authorities: {},
    revocations: {},
    crtLists: {},
  };
  const model = { entries: entries.map((e) => ({ certificate: "", filters: null, settings: null, ...e })) };
  return new NameTable(model as unknown as BindTlsModel, store as TlsStoreModel);
}

describe("the certificate for a name", () => {
  const paths = (names: NameTable, name: string): string[] => names.find(name, NOW).map((n) => n.certificate.path);

  test("full names before wildcards, one label for a star", () => {
    const names = table(
      [certificate("wild", ["*.a.test"]), certificate("full", ["x.a.test"])],
      [{ certificate: "wild" }, { certificate: "full" }],
    );
    expect(paths(names, "x.a.test")).toEqual(["full"]);
    expect(paths(names, "y.a.test")).toEqual(["wild"]);
    expect(paths(names, "z.y.a.test")).toEqual([]);
    expect(paths(names, "a.test")).toEqual([]);
    expect(paths(names, "test")).toEqual([]);
  });

  test("filters replace names, and exclude from their own line only", () => {
    const names = table(
      [certificate("one", ["one.test"]), certificate("two", ["two.test"])],
      [
        { certificate: "one", filters: ["*.a.test", "!no.a.test"] },
        { certificate: "two", filters: ["*.a.test"] },
      ],
    );
    expect(paths(names, "one.test")).toEqual([]);
    expect(paths(names, "yes.a.test")).toEqual(["one"]);
    expect(paths(names, "no.a.test")).toEqual(["two"]);
  });

  test("one of each kind of key, in the order of the lines", () => {
    const names = table(
      [
        certificate("rsa", ["a.test"]),
        certificate("ec", ["a.test"], { keyType: "ecdsa" }),
        certificate("more", ["a.test"]),
      ],
      [{ certificate: "rsa" }, { certificate: "ec" }, { certificate: "more" }],
    );
    expect(paths(names, "a.test")).toEqual(["rsa", "ec"]);
  });

  test("never an expired one when another matches, nor one that is not valid yet", () => {
    const names = table(
      [
        certificate("old", ["a.test", "b.test"], { notAfter: NOW - 1 }),
        certificate("early", ["a.test"], { notBefore: NOW + DAY }),
        certificate("new", ["a.test"]),
      ],
      [{ certificate: "old" }, { certificate: "early" }, { certificate: "new" }],
    );
    expect(paths(names, "a.test")).toEqual(["new"]);
    expect(paths(names, "b.test")).toEqual(["old"]);
  });

  test("a wildcard that is good before a full name that has expired", () => {
    const old = certificate("old", ["x.a.test"], { notAfter: NOW - 1 });
    const both = table([old, certificate("wild", ["*.a.test"])], [{ certificate: "old" }, { certificate: "wild" }]);
    expect(paths(both, "x.a.test")).toEqual(["wild"]);
    const worse = certificate("wild", ["*.a.test"], { notAfter: NOW - 2 });
    expect(paths(table([old, worse], [{ certificate: "old" }, { certificate: "wild" }]), "x.a.test")).toEqual(["old"]);
  });

  test("an expired certificate of one kind of key does not stand beside a valid one of another", () => {
    const names = table(
      [certificate("rsa", ["a.test"], { notAfter: NOW - 1 }), certificate("ec", ["a.test"], { keyType: "ecdsa" })],
      [{ certificate: "rsa" }, { certificate: "ec" }],
    );
    expect(paths(names, "a.test")).toEqual(["ec"]);
  });
});

test("ALPN: the first of ours that the client offers", () => {
  const offer = wireProtocols(["http/1.0", "http/1.1", "h2"])!;
  expect(chooseProtocol(["h2", "http/1.1"], offer)).toBe("h2");
  expect(chooseProtocol(["http/1.1", "h2"], offer)).toBe("http/1.1");
  expect(chooseProtocol(["h", "http/1", "x"], offer)).toBeNull();
  expect(chooseProtocol(["h2"], Buffer.from("\x09h2", "latin1"))).toBeNull();
  expect(wireProtocols([])).toBeNull();
});

test("errors by OpenSSL's numbers and at their depth", () => {
  expect(verifyNumber("CERT_HAS_EXPIRED")).toBe(10);
  expect(verifyNumber("CERT_REVOKED")).toBe(23);
  expect(verifyNumber(undefined)).toBe(0);
  expect(verifyNumber("SOMETHING")).toBe(1);
  expect(isVerifyCode("EPROTO")).toBe(false);
  const der = new Uint8Array(leaf.certificate.rawData);
  expect(errorDepth(18, der, NOW)).toBe(0);
  expect(errorDepth(19, der, NOW)).toBe(1);
  expect(errorDepth(10, der, Date.now())).toBe(1);
  expect(errorDepth(10, der, Date.now() + 1000 * DAY)).toBe(0);
  expect([ignores([10, 23], 23), ignores([10], 23), ignores([-1], 23), ignores([], 23)]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});

test("a session counts only for names that trust what its certificate was checked against", () => {
  const settings = (caFile: string | null): TlsSettingsModel => ({
    minVersion: 0x303,
    maxVersion: 0x304,
    alpn: [],
    ciphers: null,
    curves: null,
    verify: "required",
    caFile,
    caVerifyFile: null,
    crlFile: null,
  });
  const line = (entries: (TlsSettingsModel | null)[]): BindTlsModel =>
    ({ settings: settings("a"), entries: entries.map((s) => ({ settings: s })) }) as unknown as BindTlsModel;
  expect(new VerifiedClients(line([null, settings("a")])).needed).toBe(false);
  const clients = new VerifiedClients(line([null, settings("b")]));
  expect(clients.needed).toBe(true);
  const certificate = Uint8Array.of(1, 2, 3);
  expect(clients.admits(settings("a"), certificate, true)).toBe(false);
  expect(clients.admits(settings("a"), certificate, false)).toBe(true);
  expect(clients.admits(settings("a"), certificate, true)).toBe(true);
  expect(clients.admits(settings("b"), certificate, true)).toBe(false);
  expect(clients.admits(settings("a"), Uint8Array.of(4), true)).toBe(false);
});
